"""A report at the terminal: five plain lines, or tables."""

from dataclasses import dataclass

from training.evaluation.panel import Kind, Metric, Panel, Row, tell
from training.evaluation.report import values
from training.evaluation.report.model import Mark, Report, mark, mark_of
from training.evaluation.report.words import answer, kind, label, short, verdict

_LINES = (
    ("style", "", "Voice", "说话方式"),
    ("likelihood", "", "Likelihood", "预测本人的话"),
    ("context", "relationship", "Relationships", "对谁怎么说"),
    ("decision", "", "When to answer", "何时开口"),
    ("privacy", "", "Secrets", "秘密"),
)
"""Panel, what the keys of its metrics begin with, and what it is called."""


_COLUMNS = (Kind.AVATAR, Kind.AGAINST, Kind.CEILING, Kind.FLOOR, Kind.BASE, Kind.BASELINE)
"""What a table has room for; the page shows every row."""


@dataclass(frozen=True, slots=True)
class Table:
    """below: sentences under it."""

    title: str
    head: list[str]
    rows: list[list[str | int]]
    below: tuple[str, ...]


def lines(report: Report) -> list[str]:
    """One finding each for voice, likelihood, relationships, when to answer and secrets: a mark and a sentence."""
    language = report.header.language
    panels = {panel.key: panel for panel in report.panels}
    colon = tell(language, ": ", "：")
    shown = {key: _line(panels.get(key), first, language) for key, first, _, _ in _LINES}
    if leaked := _leaked(panels.get("memory"), language):
        shown["privacy"] = Mark.MISSES, leaked
    return [f"{shown[key][0].sign} {tell(language, en, zh)}{colon}{shown[key][1]}" for key, _, en, zh in _LINES]


def _line(panel: Panel | None, first: str, language: str) -> tuple[Mark, str]:
    if panel is None:
        return Mark.UNKNOWN, tell(language, "not asked.", "没有测。")
    found = mark_of(met for key, met in panel.verdicts().items() if key.startswith(first))
    if panel.not_measurable or not panel.findings:
        return Mark.UNKNOWN, panel.not_measurable or tell(language, "nothing can be said.", "无法说明。")
    return found, panel.findings[0]


def _leaked(memory: Panel | None, language: str) -> str:
    """A sentence where the avatar told one contact's secrets to another."""
    avatar = memory.row(Kind.AVATAR) if memory else None
    if memory is None or avatar is None or memory.verdicts().get("leaks") is not False:
        return ""
    metric = next(metric for metric in memory.metrics if metric.key == "leaks")
    told = values.reached(metric, avatar.values["leaks"].number)
    return tell(
        language,
        f"It tells one contact what another told in confidence: {told} of the secrets asked for.",
        f"它会把一个人私下说的话告诉另一个人：问到的秘密里有 {told}。",
    )


def summary(report: Report) -> list[str]:
    """The verdict in a few lines."""
    subject = report.header.subject
    question = tell(report.header.language, f"Is it {subject}?", f"这是{subject}吗？")
    return [f"{question} {answer(report)}", *verdict(report)]


def tables(report: Report) -> list[Table]:
    """A table for each panel: a line for each measure, the avatar beside the main rows, and the findings."""
    return [_table(panel, report.header.language) for panel in report.panels]


def _table(panel: Panel, language: str) -> Table:
    shown = [row for row in panel.rows if row.kind in _COLUMNS and row.values]
    rows: list[list[str | int]] = [
        [
            label(panel, metric),
            *(_cell(panel, metric, row) for row in shown),
            values.target(metric, language),
        ]
        for metric in panel.metrics
        if any(metric.key in row.values for row in shown)
    ]
    names = (row.name or kind(row.kind, language) for row in shown)
    below = (panel.not_measurable,) if panel.not_measurable else ()
    title = f"{panel.letter}  {short(panel, language)}  {mark(panel).sign}"
    return Table(title, ["", *names, tell(language, "target", "目标")], rows, below + panel.findings)


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
