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


def average_precision(spoke: Bools, score: Floats) -> float:
    """The mean precision over the answered messages; those of equal score share theirs. NaN without any."""
    if not spoke.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(spoke[order])
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf))  # the last place of each run of equal scores
    precision, recall = hits[ends] / (ends + 1), hits[ends] / hits[-1]
    return float((precision * np.diff(recall, prepend=0.0)).sum())


def brier_skill(spoke: Bools, probability: Floats) -> float:
    """1 − squared error over that of always saying the base rate: 1 is perfect, 0 no better, below 0 worse."""
    reference = float(((spoke - spoke.mean()) ** 2).mean())
    return 1 - float(((probability - spoke) ** 2).mean()) / reference if reference else float("nan")


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


def balanced_accuracy(spoke: Bools, score: Floats) -> float:
    """Mean of the shares of answers and of silences found, when it speaks exactly as often as the person.

    Ties at the border are counted in part, as if broken by chance.
    """
    number = int(spoke.sum())
    if not number or number == len(spoke):
        return float("nan")
    border = np.sort(score)[-number]
    above, at = score > border, score == border
    chosen = above + at * (number - above.sum()) / at.sum()
    return float((chosen[spoke].mean() + (1 - chosen[~spoke]).mean()) / 2)


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
