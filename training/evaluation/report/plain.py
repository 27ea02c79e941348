"""The first page: what the avatar gets right and what not, in sentences without a term or a number, and what to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.config.embedded import EMBEDDED_MODELS
from training.data.splits import Split
from training.evaluation.panel import Example
from training.evaluation.report.model import Mark, Report, mark

_TALKS = 2
_LITTLE = 3000  # replies to learn from, below which more chats help most
_WRITING = ("style", "likelihood", "context", "talk")
"""Panels that more to learn from, longer training or a larger model would better."""

_SHOWN = ("talk", "style", "likelihood")
"""Panels whose examples are shown first, as far as they were examined."""


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Sentences in the reader's language. talks: examples, of the panel that shows it best."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    open: tuple[str, ...]
    next: tuple[str, ...]
    talks: tuple[Example, ...]


def first_page(report: Report) -> FirstPage:
    marks = {panel.key: mark(panel) for panel in report.panels}
    said = {
        one: tuple(_say(report, f"{key}.{one.name.lower()}") for key, found in marks.items() if found is one)
        for one in (Mark.PASSES, Mark.MISSES)
    }
    unsaid = tuple(report.words(f"panels.{key}") for key, found in marks.items() if found is Mark.UNKNOWN)
    examples = {panel.key: panel.examples for panel in report.panels if panel.examples}
    talks = next((examples[key] for key in _SHOWN if key in examples), ())[:_TALKS]
    return FirstPage(said[Mark.PASSES], said[Mark.MISSES], unsaid, tuple(_next(report, marks)), talks)


def _next(report: Report, marks: Mapping[str, Mark]) -> Iterator[str]:
    """What would help most, first."""
    header = report.header
    missed: Sequence[str] = [key for key, found in marks.items() if found is Mark.MISSES]
    if header.lora is None:
        yield _say(report, "next.train")
        return
    if "memory" in missed or "privacy" in missed:
        yield _say(report, "next.careful")
    if any(key in missed for key in _WRITING):
        learnt = next((one.replies for one in header.periods if one.split is Split.TRAIN), 0)
        if learnt < _LITTLE:
            yield _say(report, "next.chats", replies=learnt)
        yield _say(report, "next.longer")
        if header.base in EMBEDDED_MODELS:
            yield _say(report, "next.larger")
    if "decision" in missed:
        yield _say(report, "next.groups")
    if header.quick:
        yield _say(report, "next.full")
    elif Mark.UNKNOWN in marks.values():
        yield _say(report, "next.measure")
    yield _say(report, "next.ask")


def _say(report: Report, key: str, **names: object) -> str:
    return report.words(f"report.plain.{key}", subject=report.header.subject, **names)
