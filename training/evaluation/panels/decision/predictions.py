"""Answer or stay silent: what the avatar and four simple baselines predict for days that they did not learn.

Both ways: with what the person really said as the past, and left to themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.chat.decision import Calibration
from training.alone import left_alone
from training.calibration import fit_linear, own_rate_threshold, table
from training.data.groups import Group
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


def baselines(learnt: Sequence[Point]) -> dict[str, Calibration]:
    """Each baseline, by its name. It speaks as often as the person did on the days that it learnt."""
    spoke = np.array([point.spoke for point in learnt], dtype=np.bool_)
    found = {}
    for name, features in BASELINES.items():
        fitted = fit_linear(table(learnt, features), spoke)
        known = _sigmoid(fitted(table(learnt, features)))
        threshold = own_rate_threshold(known, int(spoke.sum())) if features else 0.5
        weights = dict(zip(features, fitted.weights, strict=True))
        found[name] = Calibration(fitted.bias, 0.0, weights, threshold, threshold)
    return found


def uncalibrated(tested: Sequence[Point], log_odds: Mapping[int, float], correction: float = 0.0) -> Predictions:
    """The model's own probability. log_odds: by the message decided on. correction: of these, as training needs it."""
    probability = _sigmoid(np.array([log_odds[point.message] for point in tested], dtype=np.float64) + correction)
    return Predictions(probability, probability >= 0.5)


def calibrated(tested: Sequence[Point], calibration: Calibration, raw: Predictions | None = None) -> Predictions:
    """What is decided with the person's own past. raw: the model's own, from `uncalibrated`, where it has a part."""
    model = _model(tested, raw)
    decided = [calibration.decide(p, point.seen, point.chance) for p, point in zip(model, tested, strict=True)]
    return Predictions(
        np.array([one.probability for one in decided], dtype=np.float64),
        np.array([one.answer for one in decided], dtype=np.bool_),
    )


def by_itself(
    tested: Sequence[Point], groups: Sequence[Group], calibration: Calibration, raw: Predictions | None = None
) -> Bools | None:
    """Whether each message is answered where the own answers are the past; None where not all are in the groups.

    raw: see `calibrated`. It stays what the model said with the person's own past.
    """
    model = {point.message: p for p, point in zip(_model(tested, raw), tested, strict=True)}

    def decide(point: Point, seen: Mapping[str, float]) -> bool:
        return calibration.decide(model[point.message], seen, point.chance).answer

    decided = left_alone(groups, tested, decide)
    if len(decided) < len(tested):
        return None
    return np.array([decided[point.message].answer for point in tested], dtype=np.bool_)


def _model(tested: Sequence[Point], raw: Predictions | None) -> Sequence[float]:
    return [0.5] * len(tested) if raw is None else [float(p) for p in raw.probability]


def _sigmoid(log_odds: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -60, 60)))
    return p
