"""A report for scripts: numbers, targets and verdicts, and no one's words or names."""

import json
import math
from dataclasses import asdict
from typing import Any

from training.evaluation.panel import Kind, Metric, Panel, Row, Target
from training.evaluation.report.model import Report, mark
from training.statistics import Value

FORMAT = 1
_PEOPLE = (Kind.CEILING, Kind.FLOOR)  # rows that may be called by somebody's name


def to_json(report: Report) -> str:
    """Returns the measures as JSON; what cannot be said is null."""
    header = report.header
    saved = {
        "format": FORMAT,
        "made_at": header.made_at.isoformat(timespec="seconds"),
        "version": header.version,
        "base": header.base,
        "precision": header.precision,
        "lora": header.lora,
        "against": header.against,
        "days": {
            one.split.value: {"days": one.days, "first": f"{one.first}", "last": f"{one.last}", "replies": one.replies}
            for one in header.periods
        },
        "quick": header.quick,
        "limits": asdict(header.limits),
        "seed": header.seed,
        "seconds": round(report.seconds, 1),
        "panels": {panel.key: _panel(panel) for panel in report.panels},
    }
    return json.dumps(saved, indent=2, ensure_ascii=False, allow_nan=False)


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "letter": panel.letter,
        "verdict": mark(panel).value,
        "not_measurable": panel.not_measurable,
        "metrics": {metric.key: _metric(panel, metric) for metric in panel.metrics},
        "rows": [_row(row) for row in panel.rows],
        "differences": {key: _floats(value) for key, value in panel.differences.items()},
    }


def _metric(panel: Panel, metric: Metric) -> dict[str, Any]:
    met = panel.verdicts().get(metric.key)
    target = metric.target and _floats(metric.target)
    return {"target": target, "met": met, "sure": None if met is None else metric.key in panel.sure()}


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "name": None if row.kind in _PEOPLE else row.name,
        "values": {key: _floats(value) for key, value in row.values.items()},
        "refuted": sorted(row.refuted),
    }


def _floats(found: Value | Target) -> dict[str, float | None]:
    """With null for what is no number."""
    return {key: float(number) if math.isfinite(number) else None for key, number in asdict(found).items()}
