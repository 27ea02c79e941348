"""The odds of answering, from the log-probability of silence. No torch here."""

import math


def log_answer(silence: float) -> float:
    """Returns log p(answer), from log p(silence)."""
    return math.log(max(-math.expm1(min(silence, 0.0)), 1e-300))


def log_odds(silence: float) -> float:
    """Returns log p(answer) − log p(silence), from the latter."""
    return log_answer(silence) - silence
