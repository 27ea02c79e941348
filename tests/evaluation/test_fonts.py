"""Drawings with Chinese words, on machines that have a font for them, get one later, lose it, or have none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

pytestmark = pytest.mark.drawing

WORDS = "概率分身"
DRAW = f"""
from training.evaluation import figures
def paint(drawing):
    figures.axes(drawing, "{WORDS[:2]}", "{WORDS[2:]}")
print(figures.draw(paint))
"""
LIST = """
import sys, matplotlib
from pathlib import Path
from matplotlib import font_manager
font_manager.fontManager.addfont(sys.argv[1])
listed, = Path(matplotlib.get_cachedir()).glob("fontlist-*.json")
font_manager.json_dump(font_manager.fontManager, listed)
"""


class Machine:
    """A home of its own, where matplotlib finds fonts and keeps its list of them."""

    def __init__(self, root: Path) -> None:
        self.fonts = root / "data" / "fonts"
        self.fonts.mkdir(parents=True)
        self._home = {"HOME": str(root), "XDG_DATA_HOME": str(root / "data"), "MPLCONFIGDIR": str(root / "matplotlib")}

    def draws(self, *, bare: bool = False) -> str:
        """A drawing's SVG, by a process of its own. bare: it is shown no fonts but those of matplotlib."""
        return self._runs(DRAW, bare=bare)

    def lists(self, font: Path) -> None:
        """matplotlib's list of fonts holds this one, and no other but its own."""
        self._runs(LIST, str(font), bare=True)

    def _runs(self, script: str, *arguments: str, bare: bool) -> str:
        env = {**os.environ, **self._home, "MPL_IGNORE_SYSTEM_FONTS": "1" if bare else ""}
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        assert not done.stderr, "nothing to complain of"
        return done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def font(path: Path) -> None:
    """A tiny font for Chinese, named like the one looked for first: each character a box."""
    pen = TTGlyphPen(None)
    for step, corner in enumerate(((100, 0), (100, 700), (800, 700), (800, 0))):
        (pen.lineTo if step else pen.moveTo)(corner)
    pen.closePath()
    glyphs = {".notdef": TTGlyphPen(None).glyph(), **{f"uni{ord(one):04X}": pen.glyph() for one in WORDS}}
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(one): f"uni{ord(one):04X}" for one in WORDS})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (900, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Noto Sans CJK SC", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def test_with_no_font_the_words_stay_words(machine: Machine) -> None:
    svg = machine.draws(bare=True)
    assert f">{WORDS[:2]}</text>" in svg, "the reader's own font writes them"


def test_a_font_that_came_after_the_list_of_fonts_is_found(machine: Machine) -> None:
    assert "<text" in machine.draws(bare=True)
    (listed,) = (machine.fonts.parents[1] / "matplotlib").glob("fontlist-*.json")
    before = listed.read_bytes()
    (machine.fonts / "damaged.ttf").write_bytes(b"\0\1\0\0 torn")
    font(machine.fonts / "chinese.ttf")
    svg = machine.draws()
    assert "<text" not in svg and not any(one in svg for one in WORDS)
    assert listed.read_bytes() == before, "matplotlib's own list is left as it is"


def test_a_font_that_is_gone_is_not_drawn_with(machine: Machine) -> None:
    """matplotlib would complain of each word, and draw boxes."""
    font(machine.fonts / "chinese.ttf")
    machine.lists(machine.fonts / "chinese.ttf")
    (machine.fonts / "chinese.ttf").unlink()
    machine.draws()
