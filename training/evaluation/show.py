"""An evaluation as a person reads it at the terminal."""

import math

from training.evaluation.decision import DecisionReport, GateResult
from training.evaluation.likelihood import LikelihoodResult
from training.evaluation.run import Evaluation

Table = tuple[list[str], list[list[str | int]]]


def heading(evaluation: Evaluation) -> str:
    days = ", ".join(f"{number} to {split}" for split, number in evaluation.days.items())
    lines = [f"Days on which the subject wrote: {days}."]
    if evaluation.base:
        lines.append(f"Base model {evaluation.base}; LoRA {evaluation.lora or 'none'}.")
        lines.append(
            f"{evaluation.read} of the {evaluation.dialogues} dialogues of the test days were read, "
            f"of at most {evaluation.tokens_per_dialogue} tokens each."
        )
    return "\n".join(lines)


def decision_heading(report: DecisionReport) -> str:
    return (
        f"Answer or stay silent: {report.messages:,} messages on {report.days} days while the subject was present. "
        f"They spoke next after {percent(report.answered)} (W1), within three turns after "
        f"{percent(report.answered_soon)} (W3). The simple gates were fitted on {report.learnt:,} earlier messages."
    )


def gates(report: DecisionReport) -> Table:
    head = ["gate", "AUROC W1", "95 %", "AP W1", "AUROC W3", "AP W3", "Brier skill", "ECE", "rate", "95 %", "balanced"]
    return head, [_gate(gate) for gate in report.gates]


def _gate(gate: GateResult) -> list[str | int]:
    return [
        gate.name,
        number(gate.auroc),
        span(gate.auroc_interval),
        number(gate.average_precision),
        number(gate.auroc_soon),
        number(gate.average_precision_soon),
        number(gate.brier_skill),
        number(gate.calibration_error),
        number(gate.rate_ratio, 2),
        span(gate.rate_ratio_interval, 2),
        number(gate.balanced_accuracy),
    ]


def strata(report: DecisionReport) -> Table:
    """AUROC W1 of each gate by whom the message was for."""
    head = ["to whom", "messages", "W1", "W3", *(gate.name for gate in report.gates)]
    return head, [
        [
            name,
            stratum.messages,
            percent(stratum.answered),
            percent(stratum.answered_soon),
            *(number(gate.strata[name]) for gate in report.gates),
        ]
        for name, stratum in report.strata.items()
    ]


def differences(report: DecisionReport) -> list[str]:
    return [
        f"AUROC W1 of {one.better} less that of {one.worse}: {one.auroc:+.3f} ({span(one.interval, signed=True)})."
        for one in report.differences
    ]


def likelihood(results: tuple[LikelihoodResult, ...]) -> Table:
    head = ["bits per character", "replies", "characters", "base model", "LoRA", "lower by", "95 %"]
    return head, [
        [
            one.where,
            one.replies,
            one.characters,
            number(one.base),
            number(one.lora),
            percent(one.lower),
            f"{percent(one.lower_interval[0])} to {percent(one.lower_interval[1])}"
            if not math.isnan(one.lower_interval[0])
            else "-",
        ]
        for one in results
    ]


def number(value: float, digits: int = 3, *, signed: bool = False) -> str:
    return "-" if math.isnan(value) else f"{value:{'+' if signed else ''}.{digits}f}"


def percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def span(interval: tuple[float, float], digits: int = 3, *, signed: bool = False) -> str:
    low, high = interval
    return "-" if math.isnan(low) else f"{number(low, digits, signed=signed)} to {number(high, digits, signed=signed)}"
