"""A judge of two ways of speaking: which of them a handful of replies is in, by their form and not by their words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from training.evaluation.panels.style.masking import Mask
from training.evaluation.panels.style.shape import shapes
from training.evaluation.respondent import Bubbles
from training.statistics import NAN, Bools, Draws, Floats, Value, chance, value

BUNDLE = 5
"""Messages that are judged together: a single one tells little."""
FEWEST = 8
"""Replies on each side, to learn from and to measure on."""
CHANCE = 0.5
SEPARATE = 0.7
"""Accuracy on real bundles from which on the subject can be said to speak differently."""

_DRAWN = 200  # bundles on each side
_SHUFFLES = 40


@dataclass(frozen=True)
class Spoken:
    """A reply, whether it is in the first of the two ways, and the day that it is drawn with."""

    reply: Bubbles
    first: bool
    day: object


@dataclass(frozen=True)
class Judge:
    """A logistic regression on the standardised shapes of single replies: the topic must not decide."""

    model: Pipeline
    mask: Mask

    @classmethod
    def of(cls, mask: Mask, learnt: Sequence[Spoken]) -> "Judge":
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000))
        judge = cls(model, mask)
        model.fit(judge._shapes(learnt), _first(learnt))
        return judge

    def accuracy(self, spoken: Sequence[Spoken]) -> Value:
        """The share of bundles of BUNDLE replies that are put on their side, both sides counting the same.

        A bundle is drawn from one side by chance, and judged by the mean of its replies' log-odds. Days drawn whole.
        """
        spoken = [one for one in spoken if one.reply]
        first = _first(spoken)
        if not first.any() or first.all():
            return Value(NAN)
        odds = self._odds(spoken)
        return value(Draws([one.day for one in spoken]).each(lambda rows: _right(odds[rows], first[rows])))

    def shuffled(self, spoken: Sequence[Spoken]) -> Value:
        """What chance gives: the accuracy where each day is given to one of the sides anew, as many to each."""
        odds, first = self._odds(spoken), dict(zip((one.day for one in spoken), _first(spoken), strict=True))
        found = []
        for seed in range(_SHUFFLES):
            sides = dict(zip(first, np.random.default_rng(seed).permutation(list(first.values())), strict=True))
            found.append(_right(odds, np.array([sides[one.day] for one in spoken], dtype=np.bool_)))
        return chance(found)

    def _odds(self, spoken: Sequence[Spoken]) -> Floats:
        found: Floats = self.model.decision_function(self._shapes(spoken))
        return found

    def _shapes(self, spoken: Sequence[Spoken]) -> Floats:
        return shapes([self.mask.bubbles(one.reply) for one in spoken])


def _right(odds: Floats, first: Bools) -> float:
    rng, right = np.random.default_rng(0), []
    for side in (True, False):
        there = odds[first == side]
        if not len(there):
            return NAN
        drawn = there[rng.integers(len(there), size=(_DRAWN, BUNDLE))].mean(axis=1)
        right.append(float(((drawn > 0) == side).mean()))
    return sum(right) / len(right)


def separates(real: Value) -> bool:
    """Whether real bundles are told apart: well, and surely better than by chance."""
    return real.number >= SEPARATE and not real.low <= CHANCE


def ratio(found: Value, real: Value) -> Value:
    """An accuracy over that of real bundles, both above chance; not below 0."""
    room = real.number - CHANCE
    return Value(*(max(0.0, (number - CHANCE) / room) for number in (found.number, found.low, found.high)))


def _first(spoken: Sequence[Spoken]) -> Bools:
    return np.array([one.first for one in spoken], dtype=np.bool_)
