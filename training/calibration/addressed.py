"""Fits what decides on messages addressed to the person: they must not be lost among the many that are not.

A person is named mostly while they are talking. So what is said of the chat around (how much of the last minutes was
theirs, how fast it goes) looks like the reason for their answer, and an avatar that has been silent for a while, or a
chat at typing speed, would be held against whoever names it. Hence only the message itself and the model count here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.chat.decision import Addressed
from bot.chat.features import ITSELF, is_addressed
from training.calibration.combining import Inputs, choose
from training.calibration.thresholds import own_rate_threshold
from training.data.points import Point
from training.data.splits import Split
from training.statistics import Floats

PRIOR = 2 / 3
"""How often people answer what is addressed to them, before anything is known of one: 0.68 in a public group."""

_WEIGHT = 10
"""Messages that a prior counts for: as many as a fit needs of each kind."""


@dataclass(frozen=True, slots=True)
class FittedAddressed:
    """rate: how often the person answers what is addressed to them. messages, answered: of the validation days.

    compared: each candidate's ranking (AUROC) within validation days not fitted on.
    """

    rule: Addressed
    rate: float
    messages: int
    answered: int
    inputs: Inputs
    compared: Mapping[Inputs, float]


def fit_addressed(known: Sequence[Point], log_odds: Mapping[int, float]) -> FittedAddressed:
    """Fits on the addressed among these, of training and validation days; log_odds: the model's, by message.

    The threshold is where as many are answered as the person did on the validation days. The fewer they are, the more
    the training days count, and the fewer those, the more what people do in general. With none, each is answered.
    Few messages rank by chance, too: what needs more must rank better by more than chance would.
    """
    called = [point for point in known if is_addressed(point.seen)]
    learnt = [point for point in called if point.split is Split.TRAIN]
    judged = [point for point in called if point.split is Split.VALIDATION]
    rate = own_rate(judged, own_rate(learnt, PRIOR))
    about = rate, len(judged), sum(point.answered for point in judged)
    if not called:
        return FittedAddressed(Addressed(), *about, Inputs.NONE, {})
    names = tuple(name for name in ITSELF if name in called[0].seen)
    chosen = choose(called, log_odds, names, _chance(judged))
    found = chosen.logistic
    if found.model:
        probabilities = chosen.probabilities()
    else:  # then those of the training days tell as well where a share of them lies
        probabilities = np.array([found.probability(0.5, point.seen) for point in called])
    threshold = _threshold(probabilities, rate)
    rule = Addressed(found.bias, found.model, found.weights, threshold, usual=found.usual)
    return FittedAddressed(rule, *about, chosen.inputs, chosen.compared)


def _chance(points: Sequence[Point]) -> float:
    """Returns the standard error of the AUROC of what knows nothing (Mann and Whitney 1947)."""
    spoke = sum(point.spoke for point in points)
    pairs = spoke * (len(points) - spoke)
    return math.sqrt((len(points) + 1) / (12 * pairs)) if pairs else math.inf


def own_rate(points: Sequence[Point], prior: float) -> float:
    """Returns how often these were answered, drawn towards the prior: the mean of a beta distribution."""
    return (sum(point.answered for point in points) + _WEIGHT * prior) / (len(points) + _WEIGHT)


def _threshold(probabilities: Floats, rate: float) -> float:
    """Returns where that share of them is answered; 0 where that is every one."""
    answers = round(rate * len(probabilities))
    threshold = own_rate_threshold(probabilities, answers) if answers < len(probabilities) else 0.0
    return threshold if (probabilities < threshold).any() else 0.0
