"""A report for scripts: numbers, targets and verdicts, and no one's words or names."""

import dataclasses
import json
import math
from typing import Any

from training.evaluation.panel import Kind, Metric, Panel, Row
from training.evaluation.report.model import Header, Report, mark
from training.statistics import Value

FORMAT = 1
_PEOPLE = (Kind.CEILING, Kind.FLOOR)  # rows that may be called by somebody's name


def to_json(report: Report) -> str:
    """The vector of measures; what cannot be said is null."""
    saved = {
        "format": FORMAT,
        **_header(report.header),
        "seconds": round(report.seconds, 1),
        "panels": {panel.key: _panel(panel) for panel in report.panels},
    }
    return json.dumps(saved, indent=2, ensure_ascii=False, allow_nan=False)


def _header(header: Header) -> dict[str, Any]:
    return {
        "made_at": header.made_at.isoformat(timespec="seconds"),
        "version": header.version,
        "base": header.base,
        "lora": header.lora,
        "against": header.against,
        "days": {
            one.split.value: {
                "days": one.days,
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "replies": one.replies,
            }
            for one in header.periods
        },
        "quick": header.quick,
        "limits": dataclasses.asdict(header.limits),
        "seed": header.seed,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    verdicts, sure = panel.verdicts(), panel.sure()
    return {
        "letter": panel.letter,
        "verdict": mark(panel).value,
        "not_measurable": panel.not_measurable,
        "metrics": {metric.key: _metric(metric, verdicts.get(metric.key), sure) for metric in panel.metrics},
        "rows": [_row(row) for row in panel.rows],
        "differences": {key: _value(value) for key, value in panel.differences.items()},
    }


def _metric(metric: Metric, met: bool | None, sure: frozenset[str]) -> dict[str, Any]:
    target = metric.target and {"low": _number(metric.target.low), "high": _number(metric.target.high)}
    return {"target": target, "met": met, "sure": None if met is None else metric.key in sure}


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "name": None if row.kind in _PEOPLE else row.name,
        "values": {key: _value(value) for key, value in row.values.items()},
        "refuted": sorted(row.refuted),
    }


def _value(value: Value) -> dict[str, float | None]:
    return {"number": _number(value.number), "low": _number(value.low), "high": _number(value.high)}


def _number(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
