"""Sets the thresholds where the avatar, left to itself on the validation days, speaks as often as the person did.

Who has just spoken is likelier to speak again, so that what an avatar says depends on what it said. A fixed threshold
that is right with the person's own messages as the past makes it fall silent with its own; one that is a little lower
makes it talk without end, and the place between the two is another one on other days. Where each answer is drawn by its
probability, as if from the person's own logistic, a little lower is a little more. So answers are drawn, and going
through the days again tells where.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from bot.chat.decision import Calibration, expit, logit
from bot.chat.features import is_addressed, is_out
from training.alone import left_alone
from training.calibration.thresholds import drawn_threshold
from training.data.groups import Group
from training.data.points import Point

ENOUGH = 10
"""Answers of the person's, in a conversation, to what is not addressed to them: with fewer, chance would be fitted."""

_WIDE, _STEPS = 3.0, 7  # log-odds to both sides in which the threshold is looked for first, and how often it is halved
_NARROW, _AGAIN = 0.5, 4  # and once the other one has moved
_ALIKE = 0.5  # chi-square: nearer than that is chance


@dataclass(frozen=True, slots=True)
class Spoken:
    """How often somebody speaks to what is not addressed to them: in a conversation, and out of it."""

    within: int
    joining: int

    @property
    def total(self) -> int:
        return self.within + self.joining

    @classmethod
    def of(cls, said: Sequence[Mapping[str, float]]) -> Self:
        """Counts messages that were answered, by what was seen there."""
        free = [is_out(seen) for seen in said if not is_addressed(seen)]
        return cls(free.count(False), free.count(True))

    def apart(self, other: "Spoken") -> float:
        """How far the other one is from this, each count by its own chance (Pearson's chi-square)."""
        within, joining = max(self.within, 1), max(self.joining, 1)
        return (self.within - other.within) ** 2 / within + (self.joining - other.joining) ** 2 / joining


@dataclass(frozen=True, slots=True)
class FittedAlone:
    """before: with fixed thresholds that are right for the person's own past; after: drawn, with these."""

    threshold: float
    joining: float
    person: Spoken
    before: Spoken
    after: Spoken


def fit_alone(
    found: Calibration, judged: Sequence[Point], log_odds: Mapping[int, float], groups: Sequence[Group]
) -> FittedAlone | None:
    """Fits both thresholds of a decision that is drawn; None where too little was said, or nothing can be gone through.

    found: with fixed thresholds. log_odds: the model's, by message. They were read with the person's own past, and are
    taken as they are: how they would be with the avatar's own would take a model for every try.
    """
    known = {group.chat for group in groups}
    judged = [point for point in judged if point.chat in known]
    person = Spoken.of([point.seen for point in judged if point.answered])
    if person.within < ENOUGH:
        return None
    trials = _Trials(judged, log_odds, groups)
    best = min(trials.search(found, person), key=lambda one: person.apart(one.spoken))
    chosen = best.calibration
    return FittedAlone(chosen.threshold, chosen.joining, person, trials.tried(found).spoken, best.spoken)


@dataclass(frozen=True, slots=True)
class _Tried:
    """outside: the log-odds where it was out of the conversation, and was not addressed."""

    calibration: Calibration
    spoken: Spoken
    outside: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Trials:
    points: Sequence[Point]
    log_odds: Mapping[int, float]
    groups: Sequence[Group]

    def search(self, found: Calibration, person: Spoken) -> Iterator[_Tried]:
        """Yields what is tried, ever nearer. One threshold is halved down to, the other follows from what was seen.

        Out of a conversation nothing of its own is seen, so that where it joins in can be read from one try.
        """
        middle = joining = 0.0
        for wide, steps in ((_WIDE, _STEPS), (_NARROW, _AGAIN)):
            low, high = middle - wide, middle + wide
            every: list[_Tried] = []
            for _ in range(steps):
                drawn = replace(found, threshold=expit(middle), joining=expit(joining), drawn=True)
                every.append(tried := self.tried(drawn))
                yield tried
                if person.apart(tried.spoken) <= _ALIKE:
                    return
                low, high = (middle, high) if tried.spoken.within > person.within else (low, middle)
                middle = (low + high) / 2
                if 0 < person.joining < len(tried.outside):
                    joining = drawn_threshold(np.array(tried.outside), person.joining)
            middle = logit(min(every, key=lambda one: person.apart(one.spoken)).calibration.threshold)

    def tried(self, calibration: Calibration) -> _Tried:
        def decide(point: Point, seen: Mapping[str, float]) -> bool:
            return calibration.decide(self._model(point.message), seen, point.chance).answer

        decided = left_alone(self.groups, self.points, decide)
        outside = [
            logit(calibration.probability(self._model(message), one.seen))
            for message, one in decided.items()
            if is_out(one.seen) and not is_addressed(one.seen)
        ]
        return _Tried(calibration, Spoken.of([one.seen for one in decided.values() if one.answer]), outside)

    def _model(self, message: int) -> float:
        return expit(self.log_odds.get(message, 0.0))
