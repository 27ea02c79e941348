"""Drawings for the report: matplotlib to an SVG that takes its colours from the page, light or dark.

Give `draw` a function that paints on a figure, `axes` the places to paint in, and colours from this list alone.
"""

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from training.evaluation.panel import Kind
from training.statistics import Value

INK, SOFT, GRID = "#1f2933", "#66717d", "#d5dae0"
AVATAR, AGAINST, REAL, OTHER, BASE = "#0b7285", "#9c36b5", "#2b8a3e", "#b35c00", "#5f6b76"
GOOD, BAD = "#2b8a3f", "#c92a2a"
COLOURS = {
    INK: "--ink",
    SOFT: "--soft",
    GRID: "--line",
    AVATAR: "--avatar",
    AGAINST: "--against",
    REAL: "--real",
    OTHER: "--other",
    BASE: "--base",
    GOOD: "--good",
    BAD: "--bad",
}
"""Each with the page's name for it; outside of a page the colour itself is shown."""

OF_KIND = {
    Kind.CEILING: REAL,
    Kind.AVATAR: AVATAR,
    Kind.AGAINST: AGAINST,
    Kind.FLOOR: OTHER,
    Kind.BASE: BASE,
}
"""The colours of rows."""

Paint = Callable[[Figure], None]

_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",  # as the collection of all of them calls itself
    "Arial Unicode MS",
    "Droid Sans Fallback",
)


def draw(paint: Paint, width: float = 4.8, height: float = 3.0) -> str:
    """Returns an `<svg>` element of what `paint` puts on a figure of so many inches; the same each time.

    Text becomes outlines, so that the reader needs no font; where this machine has none for Chinese, text stays text.
    """
    chinese = chinese_font()
    settings: Any = {
        "font.family": ["DejaVu Sans", *([chinese] if chinese else [])],
        "font.size": 9.5,
        "axes.unicode_minus": False,
        "text.parse_math": False,  # chat text may hold dollar signs
        "svg.fonttype": "path" if chinese else "none",
        "svg.hashsalt": "echoes",
    }
    buffer = io.StringIO()
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
        FigureCanvasSVG(figure)
        paint(figure)
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _for_a_page(buffer.getvalue())


def axes(figure: Figure, x: str = "", y: str = "", title: str = "", place: tuple[int, int, int] = (1, 1, 1)) -> Axes:
    """Adds quiet axes. place: rows, columns and number, as add_subplot takes them."""
    found = figure.add_subplot(*place)
    found.set_facecolor("none")
    found.set_title(title, loc="left", color=INK, fontsize=10, fontweight="bold")
    found.set_xlabel(x, color=SOFT)
    found.set_ylabel(y, color=SOFT)
    found.tick_params(colors=GRID, labelcolor=SOFT, labelsize=8.5, length=3)
    found.grid(axis="y", color=GRID, linewidth=0.7)
    found.set_axisbelow(True)
    for side, spine in found.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(GRID)
    return found


def legend(axes: Axes, **where: Any) -> None:
    """Adds a legend without a frame; `where` as matplotlib takes it (loc, ncols, …)."""
    axes.legend(frameon=False, labelcolor=INK, fontsize=8.5, handlelength=1.4, **where)


def intervals(
    axes: Axes, places: Sequence[str], lines: Mapping[Kind, Sequence[Value]], names: Mapping[Kind, str]
) -> None:
    """Paints dots on their intervals. lines: a value for each place, by the kind of row; names: of these."""
    for number, (kind, values) in enumerate(lines.items()):
        at = np.arange(len(places)) + (number - (len(lines) - 1) / 2) * 0.22
        axes.hlines(at, [one.low for one in values], [one.high for one in values], color=OF_KIND[kind], linewidth=2)
        axes.plot([one.number for one in values], at, "o", color=OF_KIND[kind], label=names[kind])
    axes.set_yticks(range(len(places)), places)
    axes.set_ylim(len(places) - 0.4, -0.6)
    legend(axes)


@cache
def chinese_font() -> str | None:
    """Finds a font on this machine that has Chinese characters; None without one.

    matplotlib makes its list of fonts once and keeps it for good; what was installed or removed since counts, too.
    """
    if (found := _listed()) is None:
        _list_new_fonts()
        found = _listed()
    return found


def _listed() -> str | None:
    there = {one.name for one in font_manager.fontManager.ttflist if one.name in _CHINESE and Path(one.fname).is_file()}
    return next((name for name in _CHINESE if name in there), None)


def _list_new_fonts() -> None:
    known = {one.fname for one in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(Exception):  # of any kind where a font is damaged; matplotlib passes over those, too
                font_manager.fontManager.addfont(path)


def _for_a_page(svg: str) -> str:
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)  # they repeat the text
    svg = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", svg, flags=re.DOTALL)  # a style would hold for the whole page
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(?:width|height|version|xmlns:xlink)="[^"]*"', "", head)
    svg = f"{head}>{rest.replace('xlink:href', 'href')}"
    return re.sub(r"#[0-9a-f]{6}\b", lambda colour: _coloured(colour[0]), svg)


def _coloured(colour: str) -> str:
    return f"var({COLOURS[colour]}, {colour})" if colour in COLOURS else colour
