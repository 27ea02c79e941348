"""Every measure of a gate, with its interval where days can be drawn anew.

Days are drawn whole with replacement, the same ones for each gate. A measure is a function of how often each day was
drawn; of one that is made of sums over days, a thousand draws are one product of matrices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training import statistics
from training.data.points import Point, Stratum
from training.evaluation.panels.decision.gates import Gate
from training.statistics import Bools, Floats, Value

STRATA = {"w1_addressed": Stratum.ADDRESSED, "w1_other": Stratum.OTHER, "w1_open": Stratum.OPEN}

_AT_ONCE = 50  # draws

Measure = Callable[[Floats], Floats]
"""draws × days, how often each day was drawn → the measure of each draw."""


@dataclass(frozen=True)
class Truth:
    """What the person did, message by message. spoke: next (W1); soon: within three turns (W3).

    day: the number of each message's day. drawn: draws × days.
    """

    spoke: Bools
    soon: Bools
    strata: tuple[Stratum, ...]
    day: NDArray[np.intp]
    drawn: Floats

    @classmethod
    def of(cls, points: Sequence[Point], seed: int = 0) -> "Truth":
        """The draws are those of `statistics.interval`."""
        names, day = np.unique([str(point.day) for point in points], return_inverse=True)
        rng = np.random.default_rng(seed)
        draws = [
            np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
            for _ in range(statistics.RESAMPLES)
        ]
        return cls(
            np.array([point.spoke for point in points], dtype=np.bool_),
            np.array([point.spoke_soon for point in points], dtype=np.bool_),
            tuple(point.stratum for point in points),
            day,
            np.array(draws, dtype=np.float64),
        )

    @property
    def days(self) -> int:
        return int(self.drawn.shape[1])

    def sums(self, values: NDArray[np.generic]) -> Floats:
        """Of the values of each day's messages."""
        found: Floats = np.bincount(self.day, values.astype(np.float64), self.days).astype(np.float64)
        return found

    def value(self, measure: Measure) -> Value:
        """The measure of the days as they are, and its 95 % interval."""
        whole = float(measure(np.ones((1, self.days)))[0])
        found = self.draws(measure)
        if self.days < 2 or not len(found):
            return Value(whole)
        low, high = np.quantile(found, (0.025, 0.975))
        return Value(whole, float(low), float(high))

    def draws(self, measure: Measure) -> Floats:
        """The measure of each draw in which it is defined."""
        found = measure(self.drawn)
        return found[~np.isnan(found)]


def measured(gate: Gate, truth: Truth) -> dict[str, Value]:
    """By metric key. AUROC: Fawcett 2006. AP: Manning et al. 2008, 8.4. Brier skill: Murphy 1973. ECE: Naeini 2015.

    The rate is how often the gate speaks at its threshold over how often the person did; the balanced accuracy is that
    of speaking exactly as often as the person.
    """
    p, spoke, soon = gate.probability, truth.spoke, truth.soon
    found = {
        "w1": truth.value(auroc(truth, spoke, p)),
        "ece": truth.value(calibration_error(truth, p)),
        "rate": truth.value(rate_ratio(truth, gate.speaks)),
        "ap": truth.value(average_precision(truth, spoke, p)),
        "w3": truth.value(auroc(truth, soon, p)),
        "ap_w3": truth.value(average_precision(truth, soon, p)),
        "brier": truth.value(brier_skill(truth, p)),
        "balanced": truth.value(balanced_accuracy(truth, p)),
    }
    for key, stratum in STRATA.items():
        there = np.array([one is stratum for one in truth.strata], dtype=np.bool_)
        if spoke[there].any() and not spoke[there].all():
            found[key] = truth.value(auroc(truth, spoke, p, there))
    return found


def gain(gate: Gate, other: Gate, truth: Truth) -> dict[str, Value]:
    """AUROC W1 above the other gate's, and in which share of the draws it is above."""
    less = minus(auroc(truth, truth.spoke, gate.probability), auroc(truth, truth.spoke, other.probability))
    draws = truth.draws(less)
    sure = float((draws > 1e-9).mean()) if truth.days > 1 and len(draws) else float("nan")
    return {"gain": truth.value(less), "sure": Value(sure)}


def differences(gate: Gate, other: Gate, truth: Truth) -> dict[str, Value]:
    """The measures of one gate less those of the other, on the same messages."""
    one, two = gate.probability, other.probability
    return {
        "w1": truth.value(minus(auroc(truth, truth.spoke, one), auroc(truth, truth.spoke, two))),
        "ece": truth.value(minus(calibration_error(truth, one), calibration_error(truth, two))),
        "rate": truth.value(minus(rate_ratio(truth, gate.speaks), rate_ratio(truth, other.speaks))),
    }


def minus(one: Measure, other: Measure) -> Measure:
    return lambda drawn: one(drawn) - other(drawn)


def auroc(truth: Truth, spoke: Bools, score: Floats, there: Bools | None = None) -> Measure:
    """The share of pairs of an answered message and another in which the answered one scores higher; ties are halves.

    Such pairs are counted for each two days; a draw repeats its days' pairs. there: the messages that count.
    """
    there = np.ones(len(spoke), dtype=np.bool_) if there is None else there
    yes, no = there & spoke, there & ~spoke
    higher = np.zeros((truth.days, truth.days))
    for day in range(truth.days):
        others = np.sort(score[no & (truth.day == day)])
        beaten = (np.searchsorted(others, score[yes], "left") + np.searchsorted(others, score[yes], "right")) / 2
        higher[:, day] = np.bincount(truth.day[yes], beaten, truth.days)
    positives, negatives = truth.sums(yes), truth.sums(no)
    return lambda drawn: _over(((drawn @ higher) * drawn).sum(1), (drawn @ positives) * (drawn @ negatives))


def average_precision(truth: Truth, spoke: Bools, score: Floats) -> Measure:
    """As scikit-learn's average_precision_score with the draws as weights, for many draws at once."""
    ranked = _Ranked.of(truth, spoke, score)

    def mean(drawn: Floats) -> Floats:
        hits, taken = ranked.counts(drawn)
        steps = np.diff(hits, prepend=0.0, axis=1)
        return _over((_over(hits, taken, 0.0) * steps).sum(1), hits[:, -1])

    return _in_pieces(mean)


def balanced_accuracy(truth: Truth, score: Floats) -> Measure:
    """Mean of the shares of answers and of silences found, when it speaks exactly as often as the person.

    Ties at the border are counted in part, as if broken by chance.
    """
    ranked = _Ranked.of(truth, truth.spoke, score)

    def mean(drawn: Floats) -> Floats:
        hits, taken = (np.pad(counts, ((0, 0), (1, 0))) for counts in ranked.counts(drawn))
        spoke, every = hits[:, -1], taken[:, -1]
        rows, border = np.arange(len(drawn)), (taken < spoke[:, None]).sum(1)  # the run in which it falls silent
        before = np.maximum(border - 1, 0)
        part = _over(spoke - taken[rows, before], (taken[rows, border] - taken[rows, before]), 0.0)
        found = hits[rows, before] + part * (hits[rows, border] - hits[rows, before])
        return (_over(found, spoke) + _over(every - spoke - (spoke - found), every - spoke)) / 2

    return _in_pieces(mean)


@dataclass(frozen=True)
class _Ranked:
    """Messages by falling score. ends: the last place of each run of equal scores."""

    day: NDArray[np.intp]
    spoke: Bools
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, truth: Truth, spoke: Bools, score: Floats) -> "_Ranked":
        order = np.argsort(-score, kind="stable")
        return cls(truth.day[order], spoke[order], np.flatnonzero(np.diff(score[order], append=-np.inf)))

    def counts(self, drawn: Floats) -> tuple[Floats, Floats]:
        """How many are answered, and how many there are, down to the end of each run: draws × runs."""
        weight = drawn[:, self.day]
        return np.cumsum(weight * self.spoke, axis=1)[:, self.ends], np.cumsum(weight, axis=1)[:, self.ends]


def _in_pieces(measure: Measure) -> Measure:
    """A few draws at once: these measures need an array of draws × messages."""

    def whole(drawn: Floats) -> Floats:
        return np.concatenate([measure(drawn[start : start + _AT_ONCE]) for start in range(0, len(drawn), _AT_ONCE)])

    return whole


def calibration_error(truth: Truth, probability: Floats) -> Measure:
    """As statistics.calibration_error, with the bins of the days as they are."""
    edges = np.quantile(probability, np.arange(1, statistics.BINS) / statistics.BINS)
    number = np.searchsorted(edges, probability, side="right")
    gaps = np.stack([truth.sums((probability - truth.spoke) * (number == one)) for one in np.unique(number)], 1)
    messages = truth.sums(np.ones_like(probability))
    return lambda drawn: np.abs(drawn @ gaps).sum(1) / (drawn @ messages)


def rate_ratio(truth: Truth, speaks: Bools) -> Measure:
    ours, theirs = truth.sums(speaks), truth.sums(truth.spoke)
    return lambda drawn: _over(drawn @ ours, drawn @ theirs)


def brier_skill(truth: Truth, probability: Floats) -> Measure:
    squared, spoke = truth.sums((probability - truth.spoke) ** 2), truth.sums(truth.spoke)
    messages = truth.sums(np.ones_like(probability))

    def skill(drawn: Floats) -> Floats:
        answered, every = drawn @ spoke, drawn @ messages
        return 1 - _over(drawn @ squared, answered * (1 - answered / every))

    return skill


def _over(above: Floats, below: Floats, nothing: float = float("nan")) -> Floats:
    """`nothing` where there is nothing below."""
    found: Floats = np.divide(above, below, out=np.full(above.shape, nothing), where=below > 0)
    return found
