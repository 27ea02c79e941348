"""A few drawings in a few styles, made here, and tiny random models of the real classes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.engine.embedded import VISION
from bot.engine.models import LoadedModel, load
from tests.engine.conftest import tiny_model
from training.recipes.eyes.config import CodeSettings, LessonSettings, Look, LookSettings, Recipe, SaidSettings, Style
from training.recipes.eyes.language import AnswerScorer

SHAPES = {
    "red-apple": '<circle cx="8" cy="9" r="6" fill="{0}"/><rect x="7" y="1" width="2" height="4" fill="#530"/>',
    "left-flag": '<path d="M3 1v14M3 2h9v6H3" fill="{0}" stroke="#333"/>',
    "hot-dog": '<rect x="1" y="6" width="14" height="5" rx="2" fill="{0}"/>',
    "blue-book": '<rect x="3" y="2" width="10" height="12" fill="#26c"/><rect x="5" y="4" width="6" height="1"/>',
}
COLOURS = {"round": "#d22", "flat": "#c33", "soft": "#e54", "other": "#b11"}

TINY_VISION: dict[str, Any] = VISION | {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_heads": 2,
    "fullatt_block_indexes": [1],
    "out_hidden_size": 64,
}


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    """The tests share the machine."""
    torch.set_num_threads(1)


def draw_style(folder: Path, colour: str, version: str = "1.0.0", shapes: dict[str, str] = SHAPES) -> None:
    """Writes a style as its npm package holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    icons = {key: {"body": body.format(colour)} for key, body in shapes.items()}
    aliases = {"frankfurter": {"parent": "hot-dog"}} if colour == COLOURS["round"] else {}
    (folder / "icons.json").write_text(json.dumps({"icons": icons, "aliases": aliases, "width": 16, "height": 16}))
    (folder / "package.json").write_text(json.dumps({"version": version}))


@pytest.fixture
def make_recipe(tmp_path: Path) -> Callable[[str], Recipe]:
    """Recipes for the same pictures, each with a work folder of its own."""

    def make(name: str) -> Recipe:
        work = tmp_path / name
        for style, colour in COLOURS.items():
            draw_style(work / "styles" / style, colour)
        return Recipe(
            work=work,
            styles=tuple(
                Style(
                    name=style,
                    package=f"@drawn/{style}@1.0.0",
                    licence="MIT",
                    author=f"Painter of {style}",
                    test=style == "other",
                )
                for style in COLOURS
            ),
            held_out_products=frozenset(),
            look=LookSettings(
                looks=(
                    Look(size=(56, 56), steps=2, batch=8, rate=0.002),
                    Look(size=(56, 84), steps=2, batch=8, rate=0.002, other_sizes=((84, 56),), other_share=0.5),
                ),
                easy=0.2,
                hard=0.8,
            ),
            said=SaidSettings(exact=0.5, noise=0.3, views=16),
            codes=CodeSettings(steps=4, batch=4, rate=1e-3),
            lessons=LessonSettings(steps=4, batch=4, rate=1e-3, rank=2, choosing=0.5, talks=1, staying=1.0),
        )

    return make


@pytest.fixture
def recipe(make_recipe: Callable[[str], Recipe]) -> Recipe:
    return make_recipe("work")


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(str(tiny_model(tmp_path_factory.mktemp("tiny"), "qwen2_5_vl")), "cpu")


@pytest.fixture
def scorer(loaded: LoadedModel) -> AnswerScorer:
    return AnswerScorer(loaded)
