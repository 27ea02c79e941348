"""The report of an evaluation: what it holds, and how it is read: as a page, as numbers, at the terminal."""

from training.evaluation.report.model import Header, Mark, Period, Report, mark, training_facts
from training.evaluation.report.numbers import to_json
from training.evaluation.report.page import to_html
from training.evaluation.report.terminal import Table, lines, summary, tables

__all__ = [
    "Header",
    "Mark",
    "Period",
    "Report",
    "Table",
    "lines",
    "mark",
    "summary",
    "tables",
    "to_html",
    "to_json",
    "training_facts",
]
