"""What each variant is worth on days that were not learnt: rows of one table, all over the same words and decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat.decision import Calibration
from training.data.points import of_split
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.driver import values as drawn_values
from training.evaluation.panel import Metric
from training.evaluation.panels.decision import predictions
from training.evaluation.panels.decision.measures import Truth, measures, often
from training.evaluation.panels.decision.predictions import LOGISTIC
from training.evaluation.panels.likelihood.panel import bits, lower
from training.scoring import Reply, Scores
from training.statistics import Value, value

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
    """What a respondent says of the test days' dialogues, in their order."""

    scores: Sequence[Scores]

    @property
    def replies(self) -> list[Reply]:
        return [reply for one in self.scores for reply in one.replies]

    @property
    def bits(self) -> Value:
        """Bits per character."""
        return value(bits(self.replies, [reply.day for reply in self.replies]))

    def lower(self, other: "Read") -> Value:
        """By what share it needs fewer bits than the other."""
        return value(lower(self.replies, other.replies, [reply.day for reply in self.replies]))

    @property
    def decisions(self) -> dict[int, float]:
        return {message: odds for one in self.scores for message, odds in one.decisions.items()}


def base_values(base: Read) -> Measured:
    return {"bits": base.bits}


def values(data: EvaluationData, base: Read, lora: Read, calibration: Calibration, reference: Read | None) -> Measured:
    """The columns of one LoRA. reference: what it is compared with, None for that one itself."""
    found = {"bits": lora.bits, "lower": lora.lower(base)}
    if reference is not None:
        found["than_reference"] = lora.lower(reference)
    return found | _decision(data, lora.decisions, calibration)


def _decision(data: EvaluationData, log_odds: Mapping[int, float], calibration: Calibration) -> dict[str, Value]:
    """Nothing where there is nothing to decide: no groups, or too few answers to compare."""
    learnt = of_split(data.points, Split.TRAIN, Split.VALIDATION)
    tested = [point for point in of_split(data.points, Split.TEST) if point.message in log_odds]
    if not learnt or len({point.spoke for point in tested}) < 2:
        return {}
    truth = Truth.of(tested)
    raw = predictions.uncalibrated(tested, log_odds)
    rule = measures(predictions.calibrated(tested, predictions.baselines(learnt)[LOGISTIC]), truth)["w1"]
    alone = drawn_values(measures(raw, truth))
    shipped = drawn_values(
        measures(predictions.calibrated(tested, calibration, raw), truth, rule)
        | often(predictions.by_itself(tested, data.groups, calibration, raw), truth)
    )
    return {
        "auroc_alone": alone["w1"],
        "auroc": shipped["w1"],
        "over_logistic": shipped["gain"],
        "rate_alone": alone["rate"],
        "rate": shipped.get("left_alone", shipped["rate"]),
        "calibration_error": shipped["ece"],
    }
