"""The report of an evaluation: what it holds, and how it is read: as a page, as numbers, at the terminal."""

from training.evaluation.report.model import Header, Mark, Period, Report, mark

__all__ = ["Header", "Mark", "Period", "Report", "mark"]
