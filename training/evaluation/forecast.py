"""How long an evaluation will take on this machine, told before it begins.

It is rehearsed with a model that only counts, then the first of each kind of work is done and timed. What is answered
there is kept, so that it is not asked again.
"""

import time
from asyncio import Runner
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bot.errors import EchoesError
from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.durations import in_words
from training.evaluation.asking.counting import WRITTEN, counting
from training.evaluation.data import EvaluationData
from training.evaluation.limits import Limits
from training.evaluation.opened import ModelUnderTest
from training.evaluation.respondent import Bubbles, Likelihood, Question, Respondent, Respondents
from training.evaluation.standard import PANELS, Examined
from training.scoring import Scores

_TRIED = 32
"""So many questions of a kind are timed first: with fewer the batches in which all are asked would not be full."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """seconds: from now to the report. replies: to be written yet. tokens: to be read yet."""

    seconds: float = 0.0
    replies: int = 0
    tokens: int = 0

    def __add__(self, other: "Forecast") -> "Forecast":
        return Forecast(self.seconds + other.seconds, self.replies + other.replies, self.tokens + other.tokens)

    def __str__(self) -> str:
        return (
            f"This will take about {in_words(self.seconds)} here: {self.replies:,} replies are to be written and "
            f"{self.tokens:,} tokens to be read. Ctrl-C stops it; what was answered till then is kept."
        )


@dataclass(frozen=True, slots=True)
class _Call:
    """Something that a respondent was asked. ask: asks another one, only so many of the questions.

    work: how much of each kind of `counting` was not known yet.
    """

    ask: Callable[[Respondent, int], object]
    size: int
    work: Counter[str]


@dataclass
class _Noting:
    """See `Respondent`. Notes what another one is asked, and what that has to do."""

    asked: Respondent
    counted: Counter[str]
    calls: list[_Call] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.asked.name

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        with self._noted(lambda one, most: one.score(dialogues[:most]), len(dialogues)):
            return self.asked.score(dialogues)

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        with self._noted(lambda one, most: one.write(questions[:most], seed), len(questions)):
            return self.asked.write(questions, seed)

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        with self._noted(lambda one, most: one.likelihood(questions[:most], candidates[:most]), len(questions)):
            return self.asked.likelihood(questions, candidates)

    @contextmanager
    def _noted(self, ask: Callable[[Respondent, int], object], size: int) -> Iterator[None]:
        before = self.counted.copy()
        yield
        self.calls.append(_Call(ask, size, self.counted - before))


def forecast(
    data: EvaluationData,
    model: ModelUnderTest,
    examine: Callable[[ModelUnderTest], Examined],
    keys: Iterable[str],
    limits: Limits,
) -> Forecast:
    """Tells how long panels will take that ask one model. examine: makes of a model those who are examined."""
    words = ["\n".join(one.bubbles) for one in data.own(Split.TRAIN)] or [data.persona.name]
    began = time.monotonic()
    with Runner() as runner:

        def counted() -> tuple[Examined, list[_Noting]]:
            stand_in, work = counting(model, words, runner)
            examined = examine(stand_in)
            base, *others = [_Noting(one, work) for one in _all_of(examined.asked)]
            return replace(examined, respondents=Respondents(base, *others)), [base, *others]

        rehearsed, noting = counted()
        for key in keys:
            try:
                PANELS[key](data, rehearsed, limits)
            except EchoesError:
                continue  # the panel itself will say why it cannot be
        statistics = time.monotonic() - began
        _, fresh = counted()
        real = _all_of(examine(model).asked)
        every = zip(noting, fresh, real, strict=True)
        model_seconds = sum(_seconds(noted.calls, stand_in, one) for noted, stand_in, one in every)
    work = noting[0].counted
    return Forecast(statistics + model_seconds, work[WRITTEN], work.total() - work[WRITTEN])


def _all_of(respondents: Respondents) -> list[Respondent]:
    every = (respondents.base, respondents.avatar, respondents.against)
    return [one for one in every if one]


def _seconds(calls: Sequence[_Call], stand_in: _Noting, real: Respondent) -> float:
    """Times the first part of each kind of work; returns how long the rest will take."""
    seconds = 0.0
    for kind in {kind for call in calls for kind in call.work}:
        every = sum(call.work[kind] for call in calls)
        largest = max(calls, key=lambda call: call.work[kind])
        tried, before = _TRIED, stand_in.counted[kind]
        largest.ask(stand_in.asked, tried)
        while stand_in.counted[kind] == before and tried < largest.size:
            tried *= 2
            largest.ask(stand_in.asked, tried)
        began = time.monotonic()
        largest.ask(real, tried)
        seconds += (time.monotonic() - began) * (every / (stand_in.counted[kind] - before) - 1)
    return seconds
