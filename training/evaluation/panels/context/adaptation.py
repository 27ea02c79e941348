"""Whether the subject speaks differently to those close to them and to others, and whether what is written does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from training.evaluation.panels.context.relationships import is_close
from training.evaluation.panels.style.masking import Mask
from training.evaluation.panels.style.shape import shapes
from training.evaluation.voice import Bubbles, Occasion
from training.statistics import NAN, Bools, Floats, Value, interval

BUNDLE = 5
"""Messages that are judged together: a single one tells little."""
FEWEST = 8
"""Replies on each side, to learn from and to measure on."""
CHANCE = 0.5
SEPARATE = 0.7
"""Accuracy on real bundles from which on the subject can be said to speak differently."""

_DRAWN = 200  # bundles on each side


@dataclass(frozen=True, slots=True)
class Side:
    """Two ways of speaking: of some relationships, and of the others. first: which are on the one side."""

    first: frozenset[str]
    second: frozenset[str]

    def of(self, occasion: Occasion) -> bool | None:
        """True for the first; None for a relationship on neither side."""
        relationship = occasion.question.scene.partner.relationship
        return True if relationship in self.first else False if relationship in self.second else None


@dataclass(frozen=True, slots=True)
class Said:
    """Replies to judge, real or written: of which side, and when."""

    replies: tuple[Bubbles, ...]
    first: Bools
    days: tuple[date, ...]


def sides(learnt: Sequence[Occasion], measured: Sequence[Occasion]) -> Side | None:
    """Close relationships against the others; where one of the two is missing, the two most frequent relationships.

    None where nothing has FEWEST replies on both sides, to learn from and to measure on.
    """
    counts = [Counter(one.question.scene.partner.relationship for one in found) for found in (learnt, measured)]
    there = [one for one, _ in sum(counts, Counter[str]()).most_common()]
    close = frozenset(filter(is_close, there))
    candidates = [Side(close, frozenset(there) - close)]
    candidates += [Side(frozenset({there[0]}), frozenset({other})) for other in there[1:]]
    for side in candidates:
        if all(sum(count[one] for one in half) >= FEWEST for count in counts for half in (side.first, side.second)):
            return side
    return None


def said(occasions: Sequence[Occasion], replies: Sequence[Bubbles], side: Side) -> Said:
    """What belongs to one of the sides."""
    found = [
        (reply, first, occasion.day)
        for occasion, reply in zip(occasions, replies, strict=True)
        if reply and (first := side.of(occasion)) is not None
    ]
    return Said(
        tuple(reply for reply, _, _ in found),
        np.array([first for _, first, _ in found], dtype=np.bool_),
        tuple(day for _, _, day in found),
    )


@dataclass(frozen=True)
class Judge:
    """Tells the sides apart by the shape of what is said, without its words: the topic must not decide."""

    model: Pipeline
    mask: Mask

    @classmethod
    def learnt(cls, real: Said, mask: Mask) -> "Judge":
        """A logistic regression on the standardised shapes of single replies, both sides weighing the same."""
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000))
        return cls(model.fit(shapes([mask.bubbles(reply) for reply in real.replies]), real.first), mask)

    def accuracy(self, found: Said) -> Value:
        """The share of bundles of BUNDLE replies that are put on their side, both sides counting the same.

        A bundle is drawn from one side by chance, and judged by the mean of its replies' log-odds. Days drawn whole.
        """
        if not found.first.any() or found.first.all():
            return Value(NAN)
        odds: Floats = self.model.decision_function(shapes([self.mask.bubbles(reply) for reply in found.replies]))

        def measure(rows: NDArray[np.intp]) -> float:
            rng = np.random.default_rng(0)
            right = []
            for side in (True, False):
                there = odds[rows][found.first[rows] == side]
                if not len(there):
                    return NAN
                drawn = there[rng.integers(len(there), size=(_DRAWN, BUNDLE))].mean(axis=1)
                right.append(float(((drawn > 0) == side).mean()))
            return sum(right) / len(right)

        return Value(measure(np.arange(len(odds))), *interval(found.days, measure))


def separates(real: Value) -> bool:
    """Whether real bundles are told apart: well, and surely better than by chance."""
    return real.number >= SEPARATE and not real.low <= CHANCE


def ratio(written: Value, real: Value) -> Value:
    """The written bundles' accuracy over the real ones', both above chance; not below 0."""
    room = real.number - CHANCE
    if not room > 0:
        return Value(NAN)
    return Value(*(max(0.0, (number - CHANCE) / room) for number in (written.number, written.low, written.high)))
