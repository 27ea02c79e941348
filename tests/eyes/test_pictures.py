"""Pictures: what is a concept, drawn once, and never learnt from where it is only to be tested on."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bot.errors import ConfigError, DataError
from tests.eyes.conftest import COLOURS, SHAPES, draw_style
from training.recipes.eyes import concepts
from training.recipes.eyes import pictures as module
from training.recipes.eyes.__main__ import main
from training.recipes.eyes.concepts import choose, grocery_name, read_style, read_words, spoken
from training.recipes.eyes.config import Recipe, load_recipe
from training.recipes.eyes.groceries import Groceries, read_groceries
from training.recipes.eyes.material import build_material
from training.recipes.eyes.pictures import SIDE, draw, fetch

pytest.importorskip("resvg_py", reason="drawing needs `pip install .[eyes]`")


def test_a_concept_is_what_enough_styles_draw(recipe: Recipe) -> None:
    styles = [read_style(style, recipe.work / "styles" / style.name) for style in recipe.styles]
    chosen = choose(styles[:3], [*SHAPES, "frankfurter", "flag-norway", "wizard-dark-skin-tone"])
    assert [concept.name for concept in chosen] == ["apple", "book", "hot dog", "left flag"]
    assert [concept.mirrored for concept in chosen] == [True, True, True, False]
    assert chosen[2].others == ("frankfurter",), "a second name for the same picture is no second concept"
    assert choose(styles[:2], SHAPES) == [], "two styles are too few"


def test_names_are_as_one_says_them() -> None:
    assert spoken("mans-shoe") == "man's shoe"
    assert spoken("womens-room") == "women's room"
    assert spoken("steaming-bowl") == "noodles"
    assert spoken("cow-face") == "cow", "nobody says it otherwise"
    assert grocery_name("Oat-Milk") == "oat milk"
    assert grocery_name("Aubergine") == "eggplant", "as the drawing is called"


def test_another_recipe_is_named_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "--config", str(tmp_path / "mine.yaml")]) == 1
    assert "mine.yaml" in capsys.readouterr().err


def test_the_lists_of_words_agree() -> None:
    folder = Path(concepts.__file__).parent
    same, synonyms = read_words(folder / "names.txt"), read_words(folder / "synonyms.txt")
    merged = [other for others in same.values() for other in others]
    assert len(set(merged)) == len(merged), "nothing is merged twice"
    assert not set(merged) & set(same), "or merged into what is merged itself"
    assert not set(merged) & set(synonyms), "a name that is not learnt needs no other words"


def test_every_picture_is_drawn_once(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(recipe)  # every package is there in its version: npm is not asked
    first = draw(recipe)
    assert first.pixels.shape == (4 * (3 * 2 + 1), SIDE, SIDE, 4), (
        "learnt styles with and without lines, the other once"
    )
    assert first.pixels[..., 3].max() == 255
    assert (first.pixels[..., :3] <= first.pixels[..., 3:]).all(), "colour times opacity"
    with monkeypatch.context() as patched:
        patched.setattr(module, "rasterize", lambda svg: pytest.fail("drawn again"))
        again = draw(recipe)
    assert np.array_equal(first.pixels, again.pixels)
    draw_style(recipe.work / "styles" / "flat", "#0f0")
    assert not np.array_equal(draw(recipe).pixels, first.pixels), "another drawing is drawn anew"


def test_a_kill_while_drawing_leaves_no_half_cache(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = draw(recipe).pixels.copy()
    draw_style(recipe.work / "styles" / "flat", "#0f0")
    calls = 0

    def stop(svg: str) -> NDArray[np.uint8]:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return np.zeros((SIDE, SIDE, 4), np.uint8)

    with monkeypatch.context() as patched:
        patched.setattr(module, "rasterize", stop)
        with pytest.raises(KeyboardInterrupt):
            draw(recipe)
    draw_style(recipe.work / "styles" / "flat", COLOURS["flat"])
    assert np.array_equal(draw(recipe).pixels, whole)


def test_nothing_of_a_test_style_is_learnt(recipe: Recipe) -> None:
    pictures = draw(recipe)
    material = build_material(recipe, pictures, Groceries())
    learnt = {int(number) for numbers, _ in material.drawings for number in numbers}
    assert {pictures.style[number] for number in learnt} == {"round", "flat", "soft"}
    assert len(pictures.of(["other"])) == 4


def test_views_are_the_same_for_the_same_step(recipe: Recipe) -> None:
    material = build_material(recipe, draw(recipe), Groceries())
    views, names = material.batch(16, (56, 84), 1.0, 1, 7)
    again, names_again = material.batch(16, (56, 84), 1.0, 1, 7)
    other, _ = material.batch(16, (56, 84), 1.0, 1, 8)
    assert views.shape == (16, 3, 56, 84)
    assert 0 <= views.min() < 0.2 and 0.8 < views.max() <= 1
    assert bool((views == again).all()) and bool((names == names_again).all())
    assert not bool((views == other).all())


def test_groceries_are_kept_out_by_product(tmp_path: Path, recipe: Recipe) -> None:
    rows = [("Gala", "Apple"), ("Golden", "Apple"), ("Leek", "Leek")]
    lines = ["file,product,kind"]
    for product, kind in rows:
        for number in range(9):
            name = f"{product}{number}.jpg"
            Image.new("RGB", (40, 30), (number * 20, 90, 30)).save(tmp_path / name)
            lines.append(f"{name},{product},{kind}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    found = read_groceries(tmp_path, {"Gala"})
    assert {photo.product for photo in found.learnt} == {"Golden", "Leek"}
    assert {photo.product for photo in found.unseen} == {"Gala"}
    assert found.known and not {photo.file for photo in found.known} & {photo.file for photo in found.learnt}
    material = build_material(recipe, draw(recipe), found)
    assert "leek" in material.names and material.photos.shape == (len(found.learnt), SIDE, SIDE, 3)
    views, names = material.batch(20, (56, 56), 0.5, 1, 1)
    assert views.shape == (20, 3, 56, 56)
    assert {material.names[int(name)] for name in names[-2:]} <= {"apple", "leek"}
    with pytest.raises(DataError, match="nothing of Leek would be left"):
        read_groceries(tmp_path, {"Leek"})
    with pytest.raises(DataError, match="shows no Gouda"):
        read_groceries(tmp_path, {"Gouda"})


def test_without_npm_it_says_so(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    first = recipe.styles[0].model_copy(update={"package": "@drawn/round@2.0.0"})
    newer = recipe.model_copy(update={"styles": (first, *recipe.styles[1:])})
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(ConfigError, match="npm is not installed"):
        fetch(newer)


def test_the_recipe_that_ships_is_whole(tmp_path: Path) -> None:
    path = Path(module.__file__).with_name("eyes.yaml")
    recipe = load_recipe(path)
    assert {style.name for style in recipe.styles if style.test} == {"openmoji", "emojione"}
    assert {style.licence for style in recipe.styles if not style.test} == {"Apache-2.0", "MIT", "CC-BY-4.0"}
    wrong = tmp_path / "eyes.yaml"
    text = path.read_text("utf-8").replace("batch: 48", "bunch: 48").replace("easy: 0.2", "easy: 2")
    wrong.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as raised:
        load_recipe(wrong)
    said = str(raised.value)
    lines = text.splitlines()
    easy, codes = (next(n for n, line in enumerate(lines, 1) if key in line) for key in ("easy:", "codes:"))
    assert f"{wrong}:{easy}: look.easy: '2' must be a number from 0 to 1" in said
    assert f"{wrong}:{codes}: codes.bunch: unknown key; did you mean batch?" in said
    assert "codes.batch: missing" in said
