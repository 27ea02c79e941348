"""What one panel of the report says: rows of numbers with their intervals and targets, figures, examples, findings.

Everything shown is in the reader's language already; keys are for scripts and stay English.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from training.statistics import Value

LETTERS = {
    "style": "A",
    "likelihood": "B",
    "context": "C",
    "memory": "D",
    "decision": "E",
    "personality": "F",
    "privacy": "G",
    "talk": "H",
}
"""Of the panels of the standard."""


class Kind(StrEnum):
    """What a row stands for, in the order of the rows. Where a control has no meaning, its row says why."""

    AVATAR = "avatar"
    AGAINST = "against"  # a second avatar, for comparison
    CEILING = "real held-out"
    FLOOR = "nearest other person"
    BASE = "base model, prompt only"
    SHUFFLED = "shuffled labels"
    DEGENERATE = "degenerate"
    BASELINE = "baseline"  # a simple method of the panel's own


@dataclass(frozen=True, slots=True)
class Target:
    """A target, met from `low` to `high`, both included."""

    low: float = -math.inf
    high: float = math.inf

    def met(self, value: Value) -> bool | None:
        """Whether the number meets the target; None where there is no number."""
        return None if math.isnan(value.number) else self.low <= value.number <= self.high

    def sure(self, value: Value) -> bool:
        """Whether the whole interval meets it, or the whole interval misses it. Without an interval nobody is sure."""
        if math.isnan(value.low) or math.isnan(value.high):
            return False
        inside = self.low <= value.low and value.high <= self.high
        return inside or value.high < self.low or value.low > self.high


@dataclass(frozen=True, slots=True)
class Metric:
    """A column. unit: `%` shows a share of 1 as per cent; else the number as it is, with `digits` behind the point."""

    key: str
    label: str
    target: Target | None = None  # for the avatar's row
    unit: str = ""
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Row:
    """values by metric key. note: why a control has no meaning here, or what it is made of.

    refuted: by metric key, a sentence why the number, however good, does not say what it seems to.
    """

    kind: Kind
    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    note: str = ""
    refuted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """svg: a drawing to stand in the page as it is; caption: what to see in it, in a sentence."""

    title: str
    svg: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Side by side: what was said before (lines), and who wrote what in answer (name → bubbles)."""

    before: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]
    photos: tuple[str, ...] = ()  # digests
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """key: `style`, `likelihood`, …; letter: A to H of the standard; what: how to read it, in a sentence or two.

    not_measurable: why there is no verdict for this person (then targets are not judged); the rest may still be shown.
    differences: the avatar's measure less that of `against`, by metric, with the interval of the pairs.
    """

    key: str
    letter: str
    title: str
    what: str
    metrics: tuple[Metric, ...] = ()
    rows: tuple[Row, ...] = ()
    not_measurable: str | None = None
    figures: tuple[Figure, ...] = ()
    examples: tuple[Example, ...] = ()
    findings: tuple[str, ...] = ()  # plain sentences, the most important first
    differences: Mapping[str, Value] = field(default_factory=dict)

    def row(self, kind: Kind) -> Row | None:
        """The first row of a kind."""
        return next((row for row in self.rows if row.kind is kind), None)

    def met(self, row: Row, metric: Metric) -> bool | None:
        """Whether a row reaches a metric's target; None where nobody can say, or there is none to reach."""
        if self.not_measurable or metric.key not in row.values:
            return None
        if metric.key in row.refuted:
            return False
        return metric.target.met(row.values[metric.key]) if metric.target else None

    def sure_of(self, row: Row, metric: Metric) -> bool:
        """Whether `met` would say the same anywhere in the row's interval."""
        if metric.key in row.refuted:
            return True
        return metric.key in row.values and metric.target is not None and metric.target.sure(row.values[metric.key])

    def verdicts(self) -> dict[str, bool | None]:
        """For each metric with a target, whether the avatar meets it; None where nobody can say."""
        avatar = self.row(Kind.AVATAR)
        return {metric.key: self.met(avatar, metric) if avatar else None for metric in self.metrics if metric.target}

    def sure(self) -> frozenset[str]:
        """The metrics whose verdict would be the same anywhere in the avatar's interval."""
        avatar = self.row(Kind.AVATAR)
        return frozenset(metric.key for metric in self.metrics if avatar and self.sure_of(avatar, metric))
