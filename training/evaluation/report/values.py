"""Numbers and names as people read them."""

import math

from training.evaluation.panel import Metric, Panel, Target
from training.evaluation.words import Words
from training.statistics import Value

_SPACE = "\N{NO-BREAK SPACE}"


def number(metric: Metric, value: float, *, signed: bool = False, more: int = 0) -> str:
    """`64 %`, `0.71`, `−3.0`, `∞`; a dash where there is no number. more: digits beyond what is usual."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    share = metric.unit == "%"
    digits = max(metric.digits - 2, 0) if share else metric.digits
    text = f"{100 * value if share else value:{'+' if signed else ''},.{digits + more}f}"
    if not float(text.replace(",", "")):
        text = text.replace("-", "").replace("+", "")
    return text.replace("-", "−") + (_SPACE + metric.unit if metric.unit else "")


def reached(metric: Metric, value: float) -> str:
    """The number, with as many digits as it takes to look missed where its target is missed."""
    missed = metric.target is not None and metric.target.met(Value(value)) is False
    ends = (metric.target.low, metric.target.high) if metric.target and missed else ()
    for more in range(4):
        text = number(metric, value, more=more)
        if all(text != number(metric, end, more=more) for end in ends):
            return text
    return number(metric, value)


def interval(metric: Metric, value: Value, *, signed: bool = False) -> str:
    """`0.68–0.74`, `−3 to 2`: the unit is left out; empty where there is none."""
    if math.isnan(value.low) or math.isnan(value.high):
        return ""
    ends = [number(metric, end, signed=signed).removesuffix(_SPACE + metric.unit) for end in (value.low, value.high)]
    return (" … " if any(end[0] in "−+" for end in ends) else "–").join(ends)


def target(metric: Metric, words: Words) -> str:
    """`≥ 70`, `0.80 to 1.25`; empty where there is none."""
    wanted: Target | None = metric.target
    if wanted is None or (math.isinf(wanted.low) and math.isinf(wanted.high)):
        return ""
    low, high = (
        short(metric, end) + (_SPACE + metric.unit if metric.unit else "") for end in (wanted.low, wanted.high)
    )
    if wanted.low == wanted.high:
        return f"={_SPACE}{low}"
    if math.isinf(wanted.high):
        return f"≥{_SPACE}{low}"
    if math.isinf(wanted.low) and not wanted.high:
        return high
    if math.isinf(wanted.low):
        return f"≤{_SPACE}{high}"
    return words("report.range", low=low, high=high)


def short(metric: Metric, value: float) -> str:
    """A round number without its unit and without needless zeros."""
    return f"{100 * value if metric.unit == '%' else value:,.10g}".replace("-", "−")


def name(panel: Panel, words: Words) -> str:
    """What a panel is called where there is little room: its title may be a question."""
    key = f"panels.{panel.key}"
    return words(key) if key in words else panel.title


def label(panel: Panel, metric: Metric) -> str:
    """A metric's label where it stands alone: one that begins with dots goes on from one before, of its unit."""
    if not metric.label.startswith("…"):
        return metric.label[:1].upper() + metric.label[1:]
    before = [one for one in panel.metrics[: panel.metrics.index(metric)] if not one.label.startswith("…")]
    start = next((one.label for one in reversed(before) if one.unit == metric.unit), "")
    return f"{start[:1].upper()}{start[1:]} {metric.label}".strip()
