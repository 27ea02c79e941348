"""Where the avatar begins to answer: so that it answers as often as the person did."""

import numpy as np

from training.statistics import Floats


def own_rate_threshold(probabilities: Floats, answers: int) -> float:
    """Returns the threshold at which `answers` of the probabilities mean an answer, or as nearly as ties allow."""
    if not 0 < answers < len(probabilities):
        return 0.5
    ordered = np.unique(probabilities)
    speaking = len(probabilities) - np.searchsorted(np.sort(probabilities), ordered, side="left")
    best = int(np.abs(speaking - answers).argmin())
    if best == 0:
        return float(ordered[0])
    return float(ordered[best - 1 : best + 1].mean())
