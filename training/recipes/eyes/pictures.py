"""Fetches the styles and draws every picture once, into a cache that training reads from."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from bot.errors import ConfigError, DataError
from bot.workspace import write_private
from training.recipes.eyes.concepts import Concept, StylePictures, choose, read_style
from training.recipes.eyes.config import Recipe, Style

SIDE = 128
"""Pixels a side of a kept picture, RGBA."""

_DRAWING = 2  # raised whenever the same SVG would give other pixels
_LINE = 0.028  # width of the lines that a lined picture gets, of its side


@dataclass(frozen=True)
class Pictures:
    """pixels: pictures × SIDE × SIDE × 4 (RGBA, colour times opacity); for each its concept, its style, and whether
    lines were drawn around its shapes."""

    concepts: tuple[Concept, ...]
    pixels: NDArray[np.uint8]
    concept: NDArray[np.int64]
    style: tuple[str, ...]
    lined: NDArray[np.bool_]

    def of(self, styles: Sequence[str], *, lined: bool | None = None) -> NDArray[np.int64]:
        """The numbers of the pictures in these styles."""
        right = np.array([name in styles for name in self.style])
        if lined is not None:
            right &= self.lined == lined
        return np.flatnonzero(right)


def fetch(recipe: Recipe) -> None:
    """Fetches each style's package with npm, unless it is there already."""
    for style in recipe.styles:
        folder = recipe.work / "styles" / style.name
        if (folder / "icons.json").is_file() and _version(folder) == style.package.rpartition("@")[2]:
            continue
        if shutil.which("npm") is None:
            raise ConfigError("npm is not installed: the pictures come as npm packages.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            print(f"fetching {style.package}", flush=True)
            done = subprocess.run(
                ["npm", "pack", "--silent", style.package], cwd=place, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise DataError(f"npm could not fetch {style.package}: {done.stderr.strip()[-300:]}")
            with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
                archive.extractall(place, filter="data")
            shutil.rmtree(folder, ignore_errors=True)
            (Path(place) / "package").rename(folder)


def draw(recipe: Recipe) -> Pictures:
    """Every concept in every style, drawn or read from the cache."""
    styles = {style.name: read_style(style, recipe.work / "styles" / style.name) for style in recipe.styles}
    learnt = [styles[style.name] for style in recipe.styles if not style.test]
    concepts = choose(learnt, _keys(recipe.work / "styles" / recipe.styles[0].name))
    return drawn(recipe.work / "pictures", recipe.styles, styles, concepts)


def drawn(
    folder: Path, styles: Sequence[Style], sets: Mapping[str, StylePictures], concepts: Sequence[Concept]
) -> Pictures:
    """Draws the pictures of the concepts, or reads the cache where it holds just these."""
    jobs = [
        (number, style.name, lined, svg)
        for style in styles
        for number, concept in enumerate(concepts)
        if (svg := sets[style.name].svg(concept)) is not None
        for lined in ((False,) if style.test else (False, True))
    ]
    index: dict[str, Any] = {
        "fingerprint": hashlib.sha256(repr((_DRAWING, SIDE, _LINE, jobs)).encode()).hexdigest(),
        "concepts": [concept.name for concept in concepts],
        "concept": [job[0] for job in jobs],
        "style": [job[1] for job in jobs],
        "lined": [job[2] for job in jobs],
    }
    kept, listed = folder / "pixels.npy", folder / "index.json"
    if not (kept.is_file() and listed.is_file() and json.loads(listed.read_text("utf-8")) == index):
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / "pixels.part.npy"
        pixels = np.lib.format.open_memmap(part, "w+", np.uint8, (len(jobs), SIDE, SIDE, 4))
        for place, (_, _, lined, svg) in enumerate(tqdm(jobs, "drawing", mininterval=2.0)):
            pixels[place] = rasterize(_with_lines(svg) if lined else svg)
        pixels.flush()
        listed.unlink(missing_ok=True)
        part.replace(kept)  # who reads the old pixels goes on reading those
        write_private(listed, json.dumps(index).encode())  # last: an index means whole pixels
    return Pictures(
        tuple(concepts),
        np.load(kept, mmap_mode="r"),
        np.array(index["concept"], dtype=np.int64),
        tuple(index["style"]),
        np.array(index["lined"], dtype=bool),
    )


def rasterize(svg: str) -> NDArray[np.uint8]:
    """SIDE × SIDE × 4, colour times opacity, the drawing as large as it goes."""
    import resvg_py

    try:
        raw = resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE)
    except ValueError as error:
        raise DataError(f"a picture could not be drawn: {error}") from error
    image = Image.open(io.BytesIO(bytes(raw))).convert("RGBA")
    canvas = Image.new("RGBA", (SIDE, SIDE))
    canvas.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return np.asarray(canvas.convert("RGBa"))


def _with_lines(svg: str) -> str:
    """The same drawing with a dark line around every shape, as some styles draw."""
    head, body = re.match(r"(<svg[^>]*>)(.*)</svg>$", svg, re.S).groups()  # type: ignore[union-attr]  # we wrote it
    box = [float(value) for value in re.search(r'viewBox="([^"]*)"', head)[1].split()]  # type: ignore[index]
    line = f'stroke="#1c1c1c" stroke-width="{_LINE * max(box[2:]):.3f}" stroke-linejoin="round"'
    return f"{head}<g {line}>{body}</g></svg>"


def _keys(folder: Path) -> list[str]:
    raw: dict[str, Any] = json.loads((folder / "icons.json").read_text("utf-8"))
    return [*raw["icons"], *raw.get("aliases", {})]


def _version(folder: Path) -> str | None:
    path = folder / "package.json"
    return json.loads(path.read_text("utf-8"))["version"] if path.is_file() else None
