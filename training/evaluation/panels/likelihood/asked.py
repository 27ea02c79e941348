"""What each voice made of the real replies, and of the choices among ten."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.message import ChatKind
from training.data.splits import Split
from training.evaluation.asking.scoring import Reply
from training.evaluation.held import Held
from training.evaluation.limits import Limits, spread
from training.evaluation.panel import Kind, tell
from training.evaluation.panels.likelihood import ranking
from training.evaluation.panels.likelihood.bits import Words
from training.evaluation.panels.likelihood.ranking import Choice, Ranked
from training.evaluation.voice import Likelihood, Voice, Voices, some_occasions
from training.statistics import NAN, Value, interval


@dataclass(frozen=True)
class Read:
    """replies: every real one of the test days. ranked: what it made of the choices among ten."""

    name: str
    replies: tuple[Reply, ...]
    ranked: Ranked

    def words(self, kind: ChatKind | None = None) -> Words:
        chosen = [reply for reply in self.replies if kind in (None, reply.kind)]
        return Words.of(chosen, [reply.day for reply in chosen])


@dataclass(frozen=True)
class Asked:
    """All that was asked, of every voice the same."""

    held: Held
    choices: tuple[Choice, ...]
    base: Read
    avatar: Read | None
    against: Read | None

    @property
    def trained(self) -> tuple[tuple[Kind, Read], ...]:
        pairs = ((Kind.AVATAR, self.avatar), (Kind.AGAINST, self.against))
        return tuple((kind, voice) for kind, voice in pairs if voice)

    def tell(self, en: str, zh: str) -> str:
        return tell(self.held.language, en, zh)

    def average(self, numbers: Sequence[float]) -> Value:
        """Over the choices, days drawn whole."""
        found = np.array(numbers, dtype=np.float64)
        if not len(found):
            return Value(NAN)
        days = [choice.occasion.day for choice in self.choices]
        return Value(float(found.mean()), *interval(days, lambda rows: float(found[rows].mean())))

    def candidates(self, places: Sequence[Sequence[Likelihood]], which: slice) -> Words:
        """Some of the ten candidates of every choice."""
        found = [
            (one, choice.occasion.day)
            for choice, place in zip(self.choices, places, strict=True)
            for one in place[which]
        ]
        return Words.of([one for one, _ in found], [day for _, day in found])


def ask_all(held: Held, voices: Voices, limits: Limits) -> Asked:
    """Real replies are of the test days; distractors are of validation days too."""
    test = held.dialogues.get(Split.TEST, ())
    choices = ranking.choices(held, some_occasions(test, limits.ranked))

    def ask(voice: Voice) -> Read:
        scores = voice.score(spread(test, limits.read)) if test else []
        replies = tuple(reply for one in scores for reply in one.replies)
        return Read(voice.name, replies, ranking.ask(voice, choices, held.persona))

    return Asked(
        held,
        tuple(choices),
        ask(voices.base),
        ask(voices.avatar) if voices.avatar else None,
        ask(voices.against) if voices.against else None,
    )
