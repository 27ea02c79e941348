"""Answer or stay silent, measured: the avatar's decision beside four simple gates, on days that were not learnt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.decision import Calibration
from training.calibration import fit_linear, own_rate_threshold, table
from training.evaluation import metrics
from training.evaluation.metrics import Bools, Floats
from training.evaluation.points import Point, Stratum

LOGISTIC = "logistic"
CALIBRATED = "calibrated"
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
"""Each a logistic on these features, fitted on the train and judge days. They stay, for others are measured by them."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gate:
    """A probability for each message, and whether it speaks then. name: as the report calls it."""

    name: str
    probability: Floats
    speaks: Bools


@dataclass(frozen=True, slots=True)
class GateResult:
    """W1: the person spoke next. W3: within three turns. NaN where it cannot be said.

    rate_ratio: how often it speaks at its threshold, over how often the person did. strata: AUROC W1 of each.
    """

    name: str
    auroc: float
    auroc_interval: Interval
    average_precision: float
    auroc_soon: float
    average_precision_soon: float
    brier_skill: float
    calibration_error: float
    rate_ratio: float
    rate_ratio_interval: Interval
    balanced_accuracy: float
    strata: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StratumResult:
    messages: int
    answered: float  # share
    answered_soon: float


@dataclass(frozen=True, slots=True)
class Difference:
    """AUROC W1 of one gate less that of another."""

    better: str
    worse: str
    auroc: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class DecisionReport:
    messages: int
    days: int
    answered: float
    answered_soon: float
    learnt: int  # messages that the simple gates were fitted on
    gates: tuple[GateResult, ...]
    strata: Mapping[str, StratumResult]
    differences: tuple[Difference, ...]


def baselines(learnt: Sequence[Point], tested: Sequence[Point]) -> list[Gate]:
    """The simple gates; each speaks as often as the person did on the days it was fitted on."""
    spoke = np.array([point.spoke for point in learnt], dtype=np.bool_)
    gates = []
    for name, names in BASELINES.items():
        fitted = fit_linear(table(learnt, names), spoke)
        known = _sigmoid(fitted(table(learnt, names)))
        threshold = own_rate_threshold(known, int(spoke.sum())) if names else 0.5
        probability = _sigmoid(fitted(table(tested, names)))
        gates.append(Gate(name, probability, probability >= threshold))
    return gates


def model_gate(name: str, tested: Sequence[Point], log_odds: Mapping[int, float]) -> Gate:
    """The model's own probability."""
    probability = _sigmoid(np.array([log_odds[point.message] for point in tested], dtype=np.float64))
    return Gate(name, probability, probability >= 0.5)


def calibrated_gate(tested: Sequence[Point], raw: Gate, calibration: Calibration) -> Gate:
    """As the avatar decides."""
    decided = [calibration.decide(float(p), point.seen) for p, point in zip(raw.probability, tested, strict=True)]
    return Gate(
        CALIBRATED,
        np.array([one.probability for one in decided], dtype=np.float64),
        np.array([one.answer for one in decided], dtype=np.bool_),
    )


def report(learnt: Sequence[Point], tested: Sequence[Point], gates: Sequence[Gate]) -> DecisionReport:
    """Measures the gates on `tested`. Differences are those of every model's gate to the logistic."""
    spoke = np.array([point.spoke for point in tested], dtype=np.bool_)
    soon = np.array([point.spoke_soon for point in tested], dtype=np.bool_)
    days = [point.day for point in tested]
    strata = {one: np.array([point.stratum is one for point in tested], dtype=np.bool_) for one in Stratum}
    logistic = next(gate for gate in gates if gate.name == LOGISTIC)
    return DecisionReport(
        len(tested),
        len(set(days)),
        float(spoke.mean()),
        float(soon.mean()),
        len(learnt),
        tuple(_measure(gate, spoke, soon, days, strata) for gate in gates),
        {
            one.value: StratumResult(int(rows.sum()), float(spoke[rows].mean()), float(soon[rows].mean()))
            for one, rows in strata.items()
            if rows.any()
        },
        tuple(_difference(gate, logistic, spoke, days) for gate in gates if gate.name not in BASELINES),
    )


def _measure(
    gate: Gate, spoke: Bools, soon: Bools, days: Sequence[object], strata: Mapping[Stratum, Bools]
) -> GateResult:
    p = gate.probability

    def resampled(measure: Callable[[Bools, Floats], float]) -> Interval:
        return metrics.interval(days, lambda rows: measure(spoke[rows], p[rows]))

    return GateResult(
        gate.name,
        metrics.auroc(spoke, p),
        resampled(metrics.auroc),
        metrics.average_precision(spoke, p),
        metrics.auroc(soon, p),
        metrics.average_precision(soon, p),
        metrics.brier_skill(spoke, p),
        metrics.calibration_error(spoke, p),
        metrics.rate_ratio(spoke, gate.speaks),
        metrics.interval(days, lambda rows: metrics.rate_ratio(spoke[rows], gate.speaks[rows])),
        metrics.balanced_accuracy(spoke, p),
        {one.value: metrics.auroc(spoke[rows], p[rows]) for one, rows in strata.items() if rows.any()},
    )


def _difference(gate: Gate, other: Gate, spoke: Bools, days: Sequence[object]) -> Difference:
    def less(rows: NDArray[np.intp]) -> float:
        there = spoke[rows]
        return metrics.auroc(there, gate.probability[rows]) - metrics.auroc(there, other.probability[rows])

    return Difference(gate.name, other.name, less(np.arange(len(spoke))), metrics.interval(days, less))


def _sigmoid(log_odds: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -60, 60)))
    return p
