"""A report as a page: one file that needs nothing else, for a phone or a desk, by day or by night."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from bot.errors import DataError
from training.evaluation.panel import Example, Figure, Kind, Metric, Panel, Row, tell
from training.evaluation.report import values, words
from training.evaluation.report.chart import Chart, charts, is_bad
from training.evaluation.report.model import Mark, Report, mark
from training.statistics import Value

_THUMBNAIL = 360  # pixels: twice what is shown, for fine screens
_MARKS = {
    Kind.AVATAR: "avatar",
    Kind.AGAINST: "against",
    Kind.CEILING: "real",
    Kind.FLOOR: "other",
    Kind.BASE: "base",
    Kind.SHUFFLED: "shuffled",
    Kind.DEGENERATE: "trick",
    Kind.BASELINE: "simple",
}
"""The style of each kind of row."""

OpenPhoto = Callable[[str], Image.Image]


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    style: str
    bubbles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A panel as the template takes it.

    name: for the strip at the top; tile: a measure, its number and target. more: the charts without a target, where
    there are others with one.
    """

    panel: Panel
    name: str
    mark: Mark
    tile: tuple[str, str, str] | None
    charts: list[Chart]
    more: list[Chart]
    notes: list[tuple[str, Row]]
    figures: list[tuple[Figure, Markup, int]]
    examples: list[tuple[Example, list[_Side], list[str | None]]]


def to_html(report: Report, open_photo: OpenPhoto) -> str:
    """The page. All that people wrote is escaped; `open_photo` opens a photo by its digest, or raises DataError."""
    language = report.header.language
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.jinja").render(
        report=report,
        header=report.header,
        language=language,
        style=Markup((Path(__file__).parent / "page.css").read_text("utf-8")),
        answer=words.answer(report),
        verdict=words.verdict(report),
        unknown=words.unknown(report),
        panels=[_shown(panel, report, open_photo) for panel in report.panels],
        kinds=[(kind, _MARKS[kind]) for kind in Kind if kind is not Kind.AGAINST or report.header.against],
        explained=lambda kind: words.explained(kind, report.header.subject, language),
        kind_name=lambda kind: words.kind(kind, language),
        marked=lambda found: words.marked(found, language),
        row_name=lambda row: row.name or words.kind(row.kind, language),
        row_style=lambda row: _MARKS[row.kind],
        split_name=partial(_split, language),
        cell=_cell,
        target=lambda metric: values.target(metric, language),
        duration=_duration(report.seconds, language),
        tell=partial(tell, language),
    )


def _shown(panel: Panel, report: Report, open_photo: OpenPhoto) -> _Shown:
    language = report.header.language
    styles = {row.name: _MARKS[row.kind] for row in reversed(panel.rows)}
    headline = words.headline(panel)
    wanted = values.target(headline[0], language) if headline else ""
    avatar = panel.row(Kind.AVATAR)
    if headline and avatar and headline[0].key in avatar.refuted:
        wanted = words.refuted(language)
    drawn = charts(panel, language)
    aimed = [chart for chart in drawn if chart.target] or drawn
    return _Shown(
        panel,
        words.short(panel, language),
        mark(panel),
        (words.label(panel, headline[0]), values.reached(*headline), wanted) if headline else None,
        aimed,
        [chart for chart in drawn if chart not in aimed],
        [(_MARKS[row.kind], row) for row in panel.rows if row.note],
        [
            (figure, _apart(figure.svg, f"{panel.key}{number}"), _width(figure.svg))
            for number, figure in enumerate(panel.figures)
        ],
        [
            (
                example,
                [_Side(name, styles.get(name, "plain"), bubbles) for name, bubbles in example.answers.items()],
                [_photo(digest, open_photo) for digest in example.photos],
            )
            for example in panel.examples
        ],
    )


def _cell(panel: Panel, row: Row, metric: Metric) -> tuple[str, str, bool]:
    """A number, its interval, and whether it is bad."""
    value = row.values.get(metric.key, Value(float("nan")))
    return values.number(metric, value.number), values.interval(metric, value), is_bad(panel, row, metric)


def _apart(svg: str, name: str) -> Markup:
    """The drawing with ids of its own: several stand in one page."""
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'\bhref="#', f'href="#{name}-', svg)
    return Markup(svg.replace("url(#", f"url(#{name}-"))


def _width(svg: str) -> int:
    """Of a drawing, in points."""
    found = re.search(r'viewBox="0 0 ([\d.]+)', svg)
    return round(float(found[1])) if found else 0


def _photo(digest: str, open_photo: OpenPhoto) -> str | None:
    """A small copy as a data URI; None where the photo cannot be opened."""
    try:
        photo = open_photo(digest)
    except DataError:
        return None
    photo.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = io.BytesIO()
    photo.convert("RGB").save(buffer, "JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _split(language: str, split: str) -> str:
    en = {"train": "learnt from", "validation": "for validation", "test": "examined"}
    zh = {"train": "用于训练", "validation": "用于验证", "test": "用于评估"}
    return tell(language, en[split], zh[split])


def _duration(seconds: float, language: str) -> str:
    if seconds < 90:
        return tell(language, f"{seconds:.0f} seconds", f"{seconds:.0f} 秒")
    return tell(language, f"{seconds / 60:.0f} minutes", f"{seconds / 60:.0f} 分钟")
