"""One test for every condition of a prompt: are the real words likelier under the right one than under another?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.statistics import Floats, Value, interval

FEWEST_DAYS = 8
"""With fewer, resampling whole days says little, and the replies are counted as if independent."""


@dataclass(frozen=True, slots=True)
class Pair:
    """−log p of one real reply, in nats, under the right condition and under another. place: what it belongs to."""

    right: float
    other: float
    day: date
    place: str = ""


def win_rate(pairs: Sequence[Pair]) -> Value:
    """The share of replies that are likelier under the right condition; equal ones count half.

    The interval is the bootstrap's with days drawn whole (Cameron, Gelbach & Miller 2008) where there are FEWEST_DAYS,
    else that of the exact sign test (Clopper & Pearson 1934), which leaves equal ones out (Dixon & Mood 1946).
    """
    if not pairs:
        return Value(float("nan"))
    gains = _gains(pairs)
    wins = (gains > 0) + 0.5 * (gains == 0)
    if len({pair.day for pair in pairs}) >= FEWEST_DAYS:
        return Value(float(wins.mean()), *interval([pair.day for pair in pairs], lambda rows: float(wins[rows].mean())))
    decided = int((gains != 0).sum())
    if not decided:
        return Value(float(wins.mean()))
    exact = binomtest(int((gains > 0).sum()), decided).proportion_ci()
    return Value(float(wins.mean()), float(exact.low), float(exact.high))


def mean_gain(pairs: Sequence[Pair]) -> Value:
    """By how many nats a reply is likelier under the right condition, on average; days drawn whole."""
    if not pairs:
        return Value(float("nan"))
    gains = _gains(pairs)
    return Value(float(gains.mean()), *interval([pair.day for pair in pairs], lambda rows: float(gains[rows].mean())))


def difference(pairs: Sequence[Pair], against: Sequence[Pair]) -> Value:
    """How much higher the first win rate is, the replies of both being the same; days drawn whole."""
    if not pairs:
        return Value(float("nan"))
    wins: list[NDArray[np.float64]] = [(gains > 0) + 0.5 * (gains == 0) for gains in (_gains(pairs), _gains(against))]
    less = wins[0] - wins[1]
    return Value(float(less.mean()), *interval([pair.day for pair in pairs], lambda rows: float(less[rows].mean())))


def _gains(pairs: Sequence[Pair]) -> Floats:
    return np.array([pair.other - pair.right for pair in pairs], dtype=np.float64)
