"""A report as a page: one file that needs nothing else, for a phone or a desk, by day or by night."""

import base64
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from bot.errors import DataError
from training.evaluation.panel import Example, Kind, Metric, Panel, Row
from training.evaluation.report import values
from training.evaluation.report.chart import charts, is_bad
from training.evaluation.report.model import Report, mark
from training.evaluation.report.plain import first_page
from training.evaluation.report.verdict import aim, answer, headline, unknown, verdict
from training.statistics import NAN, Value

_THUMBNAIL = 360  # pixels: twice what is shown, for fine screens
OpenPhoto = Callable[[str], Image.Image]


def to_html(report: Report, open_photo: OpenPhoto) -> str:
    """The page. All that people wrote is escaped; `open_photo` opens a photo by its digest, or raises DataError."""
    folder, words = Path(__file__).parent, report.words
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.jinja").render(
        header=report.header,
        words=words,
        style=Markup((folder / "page.css").read_text("utf-8")),
        answer=answer(report),
        verdict=verdict(report),
        unknown=unknown(report),
        first=(page := first_page(report)),
        talks=[_without_base(_side_by_side(talk, _styles(report.panels), open_photo)) for talk in page.talks],
        panels=[_shown(panel, report, open_photo) for panel in report.panels],
        kinds=[kind.name.lower() for kind in Kind if kind is not Kind.AGAINST or report.header.against],
        row_name=lambda row: row.name or words(f"report.kinds.{row.kind.name.lower()}.name"),
        cell=_cell,
        target=lambda metric: values.target(metric, words),
        seconds=report.seconds,
    )


def _shown(panel: Panel, report: Report, open_photo: OpenPhoto) -> dict[str, Any]:
    """A panel as the template takes it: with the strip at the top, its charts, drawings and examples.

    tile: a measure, its number and target. more: the charts without a target, where there are others with one.
    """
    words, found = report.words, headline(panel)
    drawn = charts(panel, words)
    aimed = [chart for chart in drawn if chart.target] or drawn
    styles = _styles([panel])
    return {
        "panel": panel,
        "name": values.name(panel, words),
        "mark": mark(panel),
        "tile": found and (values.label(panel, found[0]), values.reached(*found), aim(panel, found[0], words)),
        "charts": aimed,
        "more": [chart for chart in drawn if chart not in aimed],
        "figures": [
            (figure, _apart(figure.svg, f"{panel.key}{number}"), _width(figure.svg))
            for number, figure in enumerate(panel.figures)
        ],
        "examples": [_side_by_side(example, styles, open_photo) for example in panel.examples],
    }


_Sides = tuple[Example, list[tuple[str, str, tuple[str, ...]]], list[str | None]]


def _side_by_side(example: Example, styles: Mapping[str, str], open_photo: OpenPhoto) -> _Sides:
    """An example, who wrote what in which style, and its photos."""
    sides = [(name, styles.get(name, "plain"), bubbles) for name, bubbles in example.answers.items()]
    return example, sides, [_photo(digest, open_photo) for digest in example.photos]


def _without_base(sides: _Sides) -> _Sides:
    example, every, photos = sides
    return example, [side for side in every if side[1] != Kind.BASE.name.lower()], photos


def _styles(panels: Sequence[Panel]) -> dict[str, str]:
    """The kind of row by its name, of the first row that is called so."""
    return {row.name: row.kind.name.lower() for panel in reversed(panels) for row in reversed(panel.rows)}


def _cell(panel: Panel, row: Row, metric: Metric) -> tuple[str, str, bool]:
    """A number, its interval, and whether it is bad."""
    value = row.values.get(metric.key, Value(NAN))
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
