"""Numbers as people read them."""

import math

from training.evaluation.panel import Metric, Target, Value, tell


def number(metric: Metric, value: float, *, signed: bool = False) -> str:
    """`64 %`, `0.71`, `−3.0`; a dash where there is no number."""
    if math.isnan(value):
        return "–"
    share = metric.unit == "%"
    digits = max(metric.digits - 2, 0) if share else metric.digits
    text = f"{100 * value if share else value:{'+' if signed else ''},.{digits}f}"
    if not float(text.replace(",", "")):
        text = text.replace("-", "").replace("+", "")
    return text.replace("-", "−") + (f" {metric.unit}" if metric.unit else "")


def interval(metric: Metric, value: Value, *, signed: bool = False) -> str:
    """`0.68–0.74`, `−3 to 2`: the unit is left out; empty where there is none."""
    if math.isnan(value.low) or math.isnan(value.high):
        return ""
    ends = [number(metric, end, signed=signed).removesuffix(f" {metric.unit}") for end in (value.low, value.high)]
    return (" … " if any(end[0] in "−+" for end in ends) else "–").join(ends)


def target(metric: Metric, language: str) -> str:
    """`≥ 70`, `0.80 to 1.25`; empty where there is none."""
    wanted: Target | None = metric.target
    if wanted is None or (math.isinf(wanted.low) and math.isinf(wanted.high)):
        return ""
    if wanted.low == wanted.high:
        return f"= {number(metric, wanted.low)}"
    if math.isinf(wanted.high):
        return f"≥ {number(metric, wanted.low)}"
    if math.isinf(wanted.low):
        return f"≤ {number(metric, wanted.high)}"
    return f"{number(metric, wanted.low)}{tell(language, ' to ', ' 至 ')}{number(metric, wanted.high)}"
