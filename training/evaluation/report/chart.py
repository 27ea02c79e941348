"""One metric as a picture: where each row's dot and whisker stand, the target's band, the ticks. Plain numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from training.evaluation.panel import Kind, Metric, Panel, Row, Target
from training.evaluation.report import values
from training.evaluation.words import Words
from training.statistics import Value

_CENTRAL = (Kind.AVATAR, Kind.CEILING)
_JUDGED = (Kind.AVATAR, Kind.AGAINST, Kind.DEGENERATE)
_NEXT = (Kind.AGAINST, Kind.FLOOR, Kind.BASE)
_ROOM = 0.06  # of the width, left free on both sides
_EDGE = 4.0  # per cent: where the arrow of a dot beyond the edge stands
_FAR, _FARTHER = 1.0, 8.0  # spans: what is farther out does not stretch the axis; the next rows may lie farther


@dataclass(frozen=True, slots=True)
class Band:
    """The band of a target, in per cent of the width."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of the picture. at, whisker: per cent of the width; off: -1 or 1 where the dot lies beyond an edge.

    bad: a number that an avatar must not have; of a trick, that it has it shows the measure to be good.
    """

    row: Row
    at: float
    off: int
    whisker: Band | None
    text: str
    interval: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """met: whether the avatar reaches the target; None where nobody can say, or there is none; sure: with all of its
    interval. ticks: where they stand, in per cent of the width, and what they say.
    """

    metric: Metric
    label: str
    marks: tuple[Mark, ...]
    band: Band | None
    ticks: tuple[tuple[float, str], ...]
    target: str
    met: bool | None
    sure: bool
    difference: str


def charts(panel: Panel, words: Words) -> list[Chart]:
    """Makes a chart of every metric that has a number, those with a target first."""
    ordered = sorted(panel.metrics, key=lambda metric: metric.target is None)
    return [chart for chart in (_chart(panel, metric, words) for metric in ordered) if chart]


def is_bad(panel: Panel, row: Row, metric: Metric) -> bool:
    """Whether a number is refuted, or that of an avatar or of a trick misses the target."""
    return panel.met(row, metric) is False and (row.kind in _JUDGED or metric.key in row.refuted)


def _chart(panel: Panel, metric: Metric, words: Words) -> Chart | None:
    rows = [row for row in panel.rows if metric.key in row.values and not math.isnan(row.values[metric.key].number)]
    if not rows:
        return None
    low, high = _domain(rows, metric)

    def place(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (high - low), 2)

    def stretch(first: float, last: float) -> Band:
        return Band(place(first), round(place(last) - place(first), 2))

    def mark(row: Row) -> Mark:
        value = row.values[metric.key]
        whisker = None if math.isnan(value.low) or math.isnan(value.high) else stretch(value.low, value.high)
        off = (value.number > high) - (value.number < low)
        return Mark(
            row,
            {0: place(value.number), -1: _EDGE, 1: 100 - _EDGE}[off],
            off,
            whisker,
            values.reached(metric, value.number) if row.kind is Kind.AVATAR else values.number(metric, value.number),
            values.interval(metric, value),
            is_bad(panel, row, metric),
        )

    wanted = metric.target
    return Chart(
        metric,
        values.label(panel, metric),
        tuple(mark(row) for row in rows),
        None if wanted is None else stretch(wanted.low, wanted.high),
        tuple((place(at), values.short(metric, at) + metric.unit * (metric.unit == "%")) for at in ticks(low, high)),
        values.target(metric, words),
        panel.verdicts().get(metric.key),
        metric.key in panel.sure(),
        _difference(panel, metric),
    )


def _difference(panel: Panel, metric: Metric) -> str:
    value = panel.differences.get(metric.key)
    if value is None or math.isnan(value.number):
        return ""
    span = values.interval(metric, value, signed=True)
    return values.number(metric, value.number, signed=True) + (f" ({span})" if span else "")


def _domain(rows: Sequence[Row], metric: Metric) -> tuple[float, float]:
    """From the least to the greatest, but one control far away does not squeeze the others."""
    target = metric.target or Target()
    ends = [end for end in (target.low, target.high) if math.isfinite(end) and abs(end) > 1e-6]
    central = [end for row in rows if row.kind in _CENTRAL for end in _ends(row.values[metric.key])] or [
        row.values[metric.key].number for row in rows
    ]
    beside = [row.values[metric.key].number for row in rows if row.kind in _NEXT]
    every = [end for row in rows for end in _ends(row.values[metric.key])]
    low, high = _stretched(min(central + ends), max(central + ends), beside, _FARTHER)
    outer_low, outer_high = _stretched(low, high, every, _FAR)
    room = _ROOM * (outer_high - outer_low or abs(outer_high) or 1.0)
    positive = min([outer_low, *every, *ends]) >= 0
    least = max(outer_low - room, -room / 2) if positive else outer_low - room
    return least, outer_high + room


def _stretched(low: float, high: float, ends: Sequence[float], spans: float) -> tuple[float, float]:
    """To hold those of the ends that are not farther out than so many spans."""
    reach = spans * (high - low or abs(high) or 1.0)
    near = [end for end in ends if low - reach <= end <= high + reach]
    return min([low, *near]), max([high, *near])


def _ends(value: Value) -> list[float]:
    return [end for end in (value.number, value.low, value.high) if math.isfinite(end)]


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between the two, about so many of them."""
    step = 10.0 ** math.floor(math.log10((high - low) / about))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (factor * step) <= about + 0.5)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]
