"""What a report holds: whom it is about, how it was made, and its panels."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from jinja2 import UndefinedError

from training.data.splits import Split
from training.evaluation.limits import Limits
from training.evaluation.panel import Panel
from training.evaluation.words import Words

RECORD = "training.json"
"""How a LoRA was trained, in its folder."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days of one split on which the subject wrote. replies: turns of the subject on them."""

    split: Split
    days: int
    first: date
    last: date
    replies: int


@dataclass(frozen=True, slots=True)
class Header:
    """subject: their name. base, lora, against: what was examined, as the workspace calls it; None: not there.

    precision: where and in which precision the model was asked, in the reader's language; empty without a model.
    training: how the LoRA was made, label → value, in the reader's language. unknown: what this report cannot say, in
    sentences of the reader's language, beyond what is so for everybody.
    """

    subject: str
    language: str
    made_at: datetime
    version: str
    base: str | None
    lora: str | None
    against: str | None
    periods: tuple[Period, ...]
    limits: Limits
    seed: int = 0
    quick: bool = False
    precision: str = ""
    training: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """seconds: what the evaluation took this time."""

    header: Header
    panels: tuple[Panel, ...]
    seconds: float

    @property
    def words(self) -> Words:
        """The words of its language."""
        return Words(self.header.language)


class Mark(StrEnum):
    """What a panel says of the avatar."""

    PASSES = "passes"
    MISSES = "misses"
    UNKNOWN = "not measurable"

    @property
    def sign(self) -> str:
        return {Mark.PASSES: "✓", Mark.MISSES: "✗", Mark.UNKNOWN: "–"}[self]


def mark(panel: Panel) -> Mark:
    """Marks a panel. It passes where every target that can be judged is met, and there is one."""
    return mark_of(panel.verdicts().values())


def mark_of(verdicts: Iterable[bool | None]) -> Mark:
    judged = [verdict for verdict in verdicts if verdict is not None]
    return (Mark.PASSES if all(judged) else Mark.MISSES) if judged else Mark.UNKNOWN


def training_facts(lora: Path | None, language: str) -> dict[str, str]:
    """How a LoRA came about, label → value; empty where there is no LoRA or no record of it that can be read."""
    if lora is None:
        return {}
    words = Words(language)
    try:
        record = json.loads((lora / RECORD).read_text("utf-8"))
        preset, position = record["preset"], record["position"]
        return {
            words("report.made.preset"): str(preset["name"]),
            "LoRA": words("report.made.size", preset=preset, weights=f"{record['weights']:,}"),
            words("report.made.learnt"): words("report.made.read", record=record, tokens=position["tokens"]),
            words("report.made.took"): words("report.made.run", seconds=position["seconds"], record=record),
            words("report.made.training_seed"): str(record["seed"]),
        }
    except (OSError, ValueError, KeyError, TypeError, UndefinedError):
        return {}
