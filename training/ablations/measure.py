"""What each variant is worth on days that were not learnt: rows of one table, all over the same words and decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.decision import Calibration
from training.evaluation.asking.scoring import Reply, Scores
from training.evaluation.held import Held
from training.evaluation.metrics import interval
from training.evaluation.panel import Metric, Value
from training.evaluation.panels.decision import gates
from training.evaluation.panels.decision.gates import LOGISTIC, GateResult
from training.evaluation.panels.likelihood import report as likelihood
from training.evaluation.points import of_split
from training.splits import Split

ALONE = "alone"

COLUMNS = (
    Metric("bits", "Bits per character", digits=3),
    Metric("lower", "lower than the base model's", unit="%"),
    Metric("than_reference", "lower than tuned's", unit="%"),
    Metric("auroc_alone", "Decision: AUROC of the model alone", digits=3),
    Metric("auroc", "as it ships", digits=3),
    Metric("over_logistic", "above the logistic", digits=3),
    Metric("rate_alone", "Speaks, alone, times the person"),
    Metric("rate", "as it ships"),
    Metric("calibration_error", "Calibration error", digits=3),
)


Measured = Mapping[str, Value]
"""By a column's key; what cannot be said is not there, or NaN."""


@dataclass(frozen=True, slots=True)
class Row:
    """note: instead of values."""

    name: str
    what: str
    values: Measured
    note: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What a voice says of the test days' dialogues, in their order."""

    scores: Sequence[Scores]

    @property
    def replies(self) -> list[Reply]:
        return [reply for one in self.scores for reply in one.replies]

    @property
    def decisions(self) -> dict[int, float]:
        return {message: odds for one in self.scores for message, odds in one.decisions.items()}


def base_values(base: Read) -> Measured:
    found, *_ = likelihood.report(base.replies, None)
    return {"bits": Value(found.base)}


def values(held: Held, base: Read, lora: Read, calibration: Calibration, reference: Read | None) -> Measured:
    """The columns of one LoRA. reference: what it is compared with, None for that one itself."""
    bits, *_ = likelihood.report(base.replies, lora.replies)
    found = {"bits": Value(bits.lora), "lower": Value(bits.lower, *bits.lower_interval)}
    if reference is not None:
        found["than_reference"] = _lower(reference.replies, lora.replies)
    return found | _decision(held, lora.decisions, calibration)


def _lower(before: Sequence[Reply], after: Sequence[Reply]) -> Value:
    """By what share of `before`'s nats `after`'s are fewer, reply by reply the same."""
    old, new = (np.array([reply.nats for reply in replies]) for replies in (before, after))

    def share(rows: NDArray[np.intp]) -> float:
        return 1 - float(new[rows].sum() / old[rows].sum())

    return Value(share(np.arange(len(old))), *interval([reply.day for reply in before], share))


def _decision(held: Held, log_odds: Mapping[int, float], calibration: Calibration) -> dict[str, Value]:
    """Nothing where there is nothing to decide: no groups, or too few answers to compare."""
    learnt = of_split(held.points, Split.TRAIN, Split.JUDGE)
    tested = [point for point in of_split(held.points, Split.TEST) if point.message in log_odds]
    if not learnt or len({point.spoke for point in tested}) < 2:
        return {}
    raw = gates.model_gate(ALONE, tested, log_odds)
    ships = gates.calibrated_gate(tested, raw, calibration)
    report = gates.report(learnt, tested, [*gates.baselines(learnt, tested), raw, ships])
    by_name: dict[str, GateResult] = {gate.name: gate for gate in report.gates}
    alone, shipped = by_name[ALONE], by_name[ships.name]
    over = next(one for one in report.differences if (one.better, one.worse) == (ships.name, LOGISTIC))
    return {
        "auroc_alone": Value(alone.auroc, *alone.auroc_interval),
        "auroc": Value(shipped.auroc, *shipped.auroc_interval),
        "over_logistic": Value(over.auroc, *over.interval),
        "rate_alone": Value(alone.rate_ratio, *alone.rate_ratio_interval),
        "rate": Value(shipped.rate_ratio, *shipped.rate_ratio_interval),
        "calibration_error": Value(shipped.calibration_error),
    }
