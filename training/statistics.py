"""How good a probability is, and how sure a number is: plain numbers over arrays, with days drawn again whole."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, rankdata

T = TypeVar("T")

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Index = NDArray[np.intp]
Numbers = Sequence[float] | NDArray[np.generic]

RESAMPLES = 1000
NAN = math.nan


@dataclass(frozen=True, slots=True)
class Value:
    """A measure and its 95 % interval; NaN where it cannot be said."""

    number: float
    low: float = NAN
    high: float = NAN


class Draws:
    """Days drawn whole with replacement: the cluster bootstrap (Field and Welsh, 2007).

    All that is measured over the same days is drawn alike, so two measures can be subtracted draw by draw. A measure
    is an array: what all days give, and then what each draw gives; `value` reads it. One day alone is not drawn.
    """

    def __init__(self, days: Sequence[object], resamples: int = RESAMPLES, seed: int = 0) -> None:
        self._names, self.day = np.unique([str(day) for day in days], return_inverse=True)
        number, rng = len(self._names), np.random.default_rng(seed)
        self._chosen = [rng.integers(number, size=number) for _ in range(resamples if number > 1 else 0)]

    @property
    def times(self) -> Floats:
        """How often each day counts: (1 + draws) × days. In the first row, that of all days, once each."""
        number = len(self._names)
        found = [np.bincount(chosen, minlength=number) for chosen in self._chosen]
        return np.array([np.ones(number), *found], dtype=np.float64)

    def sums(self, values: Numbers) -> Floats:
        """Sums values, one for each of the `days` that were given: (1 + draws,)."""
        each = np.bincount(self.day, np.asarray(values, dtype=np.float64), len(self._names))
        return np.asarray(self.times @ each, dtype=np.float64)

    def ratio(self, above: Numbers, below: Numbers) -> Floats:
        """Divides one sum by another; NaN where the other is 0."""
        over = self.sums(below)
        found: Floats = np.divide(self.sums(above), over, out=np.full(len(over), NAN), where=over > 0)
        return found

    def mean(self, values: Numbers) -> Floats:
        """Returns the mean of the values; NaN of none."""
        return self.ratio(values, np.ones(len(values)))

    def rows(self, days: Sequence[object] | None = None) -> list[Index]:
        """The places in `days` that count, as often as their day was drawn. days: of another sample, if not of ours."""
        known = self.day if days is None else np.searchsorted(self._names, [str(day) for day in days])
        places = [np.flatnonzero(known == number) for number in range(len(self._names))]
        drawn = [np.concatenate([places[number] for number in chosen]) for chosen in self._chosen]
        return [np.arange(len(known), dtype=np.intp), *drawn]

    def each(self, measure: Callable[[Index], float]) -> Floats:
        """Computes a measure of the places that count, for all days and for each draw."""
        return np.array([measure(rows) for rows in self.rows()], dtype=np.float64)


def value(found: Floats) -> Value:
    """Returns what all days give, with the 95 % interval of the draws; none where fewer than half give a number."""
    rest = found[1:][np.isfinite(found[1:])]
    if len(rest) < max(len(found) // 2, 2):
        return Value(float(found[0]))
    low, high = np.quantile(rest, (0.025, 0.975))
    return Value(float(found[0]), float(low), float(high))


def centred(found: Floats) -> Floats:
    """Ratios with their draws moved to the measure: a day drawn twice says the same twice, which shifts them all."""
    rest = found[1:][np.isfinite(found[1:])]
    middle = float(rest.mean()) if len(rest) else 0.0
    return np.concatenate([found[:1], found[1:] * (found[0] / middle)]) if middle > 0 and found[0] > 0 else found[:1]


def chance(found: Sequence[float]) -> Value:
    """Returns what a measure gives with its labels shuffled: the mean, and the range of 95 %."""
    if np.isnan(found).all():
        return Value(NAN)
    low, high = np.nanquantile(found, (0.025, 0.975))
    return Value(float(np.nanmean(found)), float(low), float(high))


def share(count: int, number: int) -> Value:
    """The share of things counted one by one, with its exact interval (Clopper and Pearson, Biometrika 1934)."""
    if not number:
        return Value(NAN)
    exact = binomtest(count, number).proportion_ci()
    return Value(count / number, float(exact.low), float(exact.high))


def auroc(spoke: Bools, score: Floats) -> float:
    """Returns the chance that an answered message scores above one that was not; NaN without both kinds."""
    positives = int(spoke.sum())
    negatives = len(spoke) - positives
    if not positives or not negatives:
        return NAN
    ranks = rankdata(score)
    return float((ranks[spoke].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def spread(found: Sequence[T], limit: int | None) -> list[T]:
    """Picks at most `limit` of them, evenly spaced, in order."""
    if limit is None or limit >= len(found):
        return list(found)
    return [found[number * len(found) // limit] for number in range(limit)]
