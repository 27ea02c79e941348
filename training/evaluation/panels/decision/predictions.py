"""Answer or stay silent: what the avatar and four simple baselines predict for days that they did not learn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.chat.decision import Calibration
from training.calibration import fit_linear, own_rate_threshold, table
from training.data.points import Point
from training.statistics import Bools, Floats

LOGISTIC = "logistic"
BASELINES: Mapping[str, tuple[str, ...]] = {
    "constant": (),
    "mention only": ("addressed",),
    "recency": ("recency_messages",),
    LOGISTIC: (
        "addressed",
        "addressed_other",
        "recency_messages",
        "recency_seconds",
        "share",
        "spoke_last",
        "same_speaker",
        "answered_them",
        "addressed_recently",
        "new_speaker",
        "question",
        "length",
        "photo",
        "voices",
        "pace",
    ),
}
"""Each a logistic on these features, fitted on training and validation days. They stay: others are measured by them."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """The probability of an answer to each message, and whether one is given. Both: (messages,)."""

    probability: Floats
    speaks: Bools


def baselines(learnt: Sequence[Point], tested: Sequence[Point]) -> dict[str, Predictions]:
    """Each baseline's predictions, by its name. It speaks as often as the person did on the days that it learnt."""
    spoke = np.array([point.spoke for point in learnt], dtype=np.bool_)
    predictions = {}
    for name, features in BASELINES.items():
        fitted = fit_linear(table(learnt, features), spoke)
        known = _sigmoid(fitted(table(learnt, features)))
        threshold = own_rate_threshold(known, int(spoke.sum())) if features else 0.5
        probability = _sigmoid(fitted(table(tested, features)))
        predictions[name] = Predictions(probability, probability >= threshold)
    return predictions


def uncalibrated(tested: Sequence[Point], log_odds: Mapping[int, float]) -> Predictions:
    """The model's own probability. log_odds: by the message decided on."""
    probability = _sigmoid(np.array([log_odds[point.message] for point in tested], dtype=np.float64))
    return Predictions(probability, probability >= 0.5)


def calibrated(tested: Sequence[Point], raw: Predictions, calibration: Calibration) -> Predictions:
    """What the avatar decides when it runs. raw: the model's own, from `uncalibrated`."""
    decided = [calibration.decide(float(p), point.seen) for p, point in zip(raw.probability, tested, strict=True)]
    return Predictions(
        np.array([one.probability for one in decided], dtype=np.float64),
        np.array([one.answer for one in decided], dtype=np.bool_),
    )


def _sigmoid(log_odds: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -60, 60)))
    return p
