"""Where the avatar begins to answer: so that it answers as often as the person did."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

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


def drawn_threshold(log_odds: Floats, answers: int) -> float:
    """Returns the threshold, in log-odds, at which so many are expected where answers are drawn.

    log_odds: of answering each message. There must be more of them than answers, and at least one answer.
    """
    return float(
        brentq(lambda threshold: expit(log_odds - threshold).sum() - answers, log_odds.min() - 40, log_odds.max() + 40)
    )
