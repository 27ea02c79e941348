"""Measures of decisions in their plainest form, to hold those of the evaluation against."""

import math

import numpy as np

from training.evaluation.panels.decision.measures import BINS
from training.statistics import Bools, Floats


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
    return float(speaks.mean() / spoke.mean()) if spoke.any() else math.nan
