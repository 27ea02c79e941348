"""A report at the terminal: a plain line for each of the panels that count most, or tables."""

from dataclasses import dataclass

from training.evaluation.panel import Kind, Metric, Panel, Row
from training.evaluation.report import values
from training.evaluation.report.model import Mark, Report, mark, mark_of
from training.evaluation.report.values import label, name
from training.evaluation.report.verdict import answer, verdict
from training.evaluation.words import Words

_LINES = {"style": "", "likelihood": "", "context": "relationship", "decision": "", "privacy": ""}
"""Panels, and what the keys of the metrics begin with that count."""

_COLUMNS = (Kind.AVATAR, Kind.AGAINST, Kind.CEILING, Kind.FLOOR, Kind.BASE, Kind.BASELINE)
"""What a table has room for; the page shows every row."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the terminal. below: sentences under it."""

    title: str
    head: list[str]
    rows: list[list[str | int]]
    below: tuple[str, ...]


def lines(report: Report) -> list[str]:
    """One finding each for voice, likelihood, relationships, when to answer and secrets, where they were examined.

    It is a mark and a sentence.
    """
    panels, words = {panel.key: panel for panel in report.panels}, report.words
    shown = {key: _line(panels[key], first, words) for key, first in _LINES.items() if key in panels}
    if leaked := _leaked(panels.get("memory"), words):
        shown["privacy"] = Mark.MISSES, leaked
    return [
        words("report.lines.line", sign=found.sign, panel=words(f"panels.{key}"), said=said)
        for key, (found, said) in shown.items()
    ]


def _line(panel: Panel, first: str, words: Words) -> tuple[Mark, str]:
    if panel.not_measurable or not panel.findings:
        return Mark.UNKNOWN, panel.not_measurable or words("report.lines.nothing")
    return mark_of(met for key, met in panel.verdicts().items() if key.startswith(first)), panel.findings[0]


def _leaked(memory: Panel | None, words: Words) -> str:
    """A sentence where the avatar told one contact's secrets to another."""
    avatar = memory.row(Kind.AVATAR) if memory else None
    if memory is None or avatar is None or memory.verdicts().get("leaks") is not False:
        return ""
    metric = next(metric for metric in memory.metrics if metric.key == "leaks")
    return words("report.lines.leaked", told=values.reached(metric, avatar.values["leaks"].number))


def summary(report: Report) -> list[str]:
    """The verdict in a few lines."""
    question = report.words("report.question", subject=report.header.subject)
    return [f"{question} {answer(report)}", *verdict(report)]


def tables(report: Report) -> list[Table]:
    """A table for each panel: a line for each measure, the avatar beside the main rows, and the findings."""
    return [_table(panel, report.words) for panel in report.panels]


def _table(panel: Panel, words: Words) -> Table:
    shown = [row for row in panel.rows if row.kind in _COLUMNS and row.values]
    rows: list[list[str | int]] = [
        [label(panel, metric), *(_cell(panel, metric, row) for row in shown), values.target(metric, words)]
        for metric in panel.metrics
        if any(metric.key in row.values for row in shown)
    ]
    names = (row.name or words(f"report.kinds.{row.kind.name.lower()}.name") for row in shown)
    below = (panel.not_measurable,) if panel.not_measurable else ()
    title = f"{panel.letter}  {name(panel, words)}  {mark(panel).sign}"
    return Table(title, ["", *names, words("report.target")], rows, below + panel.findings)


def _cell(panel: Panel, metric: Metric, row: Row) -> str:
    """The number; of an avatar with its interval and verdict, questioned where the interval says both."""
    value = row.values.get(metric.key)
    if value is None:
        return ""
    if row.kind not in (Kind.AVATAR, Kind.AGAINST):
        return values.number(metric, value.number)
    span = values.interval(metric, value)
    sign = {True: " ✓", False: " ✗", None: ""}[panel.met(row, metric)]
    doubt = "?" if sign and not panel.sure_of(row, metric) else ""
    return values.reached(metric, value.number) + (f" ({span})" if span else "") + sign + doubt
