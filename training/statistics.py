"""How good a probability of speaking is, and how sure that is: plain numbers over arrays, days resampled whole."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 10
RESAMPLES = 1000


def auroc(spoke: Bools, score: Floats) -> float:
    """The chance that a message that was answered scores above one that was not; NaN without both kinds."""
    positives = int(spoke.sum())
    negatives = len(spoke) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[spoke].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(spoke: Bools, probability: Floats) -> float:
    """The mean distance of probability and share answered, over about BINS bins of equally many messages.

    Messages of the same probability are never parted.
    """
    edges = np.quantile(probability, np.arange(1, BINS) / BINS)
    number = np.searchsorted(edges, probability, side="right")
    bins = [number == one for one in np.unique(number)]
    gaps = [rows.sum() * abs(float(probability[rows].mean() - spoke[rows].mean())) for rows in bins]
    return float(sum(gaps) / len(spoke))


def rate_ratio(spoke: Bools, speaks: Bools) -> float:
    """How often it would speak, over how often the person did."""
    return float(speaks.mean() / spoke.mean()) if spoke.any() else float("nan")


def interval(
    days: Sequence[object], measure: Callable[[NDArray[np.intp]], float], seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The 95 % interval of measure(indices), days being drawn whole with replacement; NaN for fewer than two days."""
    _, number = np.unique([str(day) for day in days], return_inverse=True)
    groups = [np.flatnonzero(number == day) for day in range(number.max() + 1)] if len(number) else []
    if len(groups) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    found = [
        measure(np.concatenate([groups[day] for day in rng.integers(len(groups), size=len(groups))]))
        for _ in range(resamples)
    ]
    if np.isnan(found).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(found, (0.025, 0.975))
    return float(low), float(high)
