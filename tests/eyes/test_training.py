"""Training: interrupted or not, it gives the same; and it learns."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from bot.engine.embedded import first_lora_path
from bot.engine.models import LoadedModel
from bot.errors import UsageError
from tests.eyes.conftest import TINY_VISION
from training.finetune.first import begin_at
from training.finetune.lora import attach
from training.finetune.presets import ATTENTION, TUNED
from training.recipes.eyes import codes as codes_module
from training.recipes.eyes import lessons as lessons_module
from training.recipes.eyes import look as look_module
from training.recipes.eyes import work
from training.recipes.eyes.codes import LENIENT, Detections, detections, learn_codes, let_through, say, teach
from training.recipes.eyes.config import CodeSettings, LessonSettings, Look, Recipe, SaidSettings
from training.recipes.eyes.groceries import Groceries
from training.recipes.eyes.keeping import keep, kept
from training.recipes.eyes.language import ASKINGS, AnswerScorer
from training.recipes.eyes.lessons import learn_lessons
from training.recipes.eyes.look import learn_to_look
from training.recipes.eyes.material import Material, build_material
from training.recipes.eyes.pictures import draw
from training.recipes.eyes.tower import detect, fresh_tower, normalized, see, turns

pytest.importorskip("resvg_py", reason="drawing needs `pip install .[eyes]`")

Run = Callable[[Recipe, Material, AnswerScorer], dict[str, Tensor]]


def run_codes(recipe: Recipe, material: Material, scorer: AnswerScorer) -> dict[str, Tensor]:
    path = recipe.work / "codes.pt"
    told = recipe.said, recipe.seed, path
    return {"codes": learn_codes(scorer, material.names, lambda: some_seen(material), recipe.codes, *told)}


def run_lessons(recipe: Recipe, material: Material, scorer: AnswerScorer) -> dict[str, Tensor]:
    told = recipe.said, recipe.seed, recipe.work / "lessons.pt"
    learning, codes = AnswerScorer(scorer.loaded, frozen=False), some_codes(material)
    return learn_lessons(learning, material.names, codes, lambda: some_seen(material), recipe.lessons, *told)


def run_look(recipe: Recipe, material: Material, scorer: AnswerScorer) -> dict[str, Tensor]:
    tower = learn_to_look(material, recipe.look, recipe.seed, recipe.work / "look.pt", TINY_VISION, fast=False)
    return dict(tower.state_dict())


def some_codes(material: Material) -> Tensor:
    return torch.randn(len(material.names), 64, generator=torch.Generator().manual_seed(4))


def some_seen(material: Material) -> Detections:
    return detections(fresh_tower(TINY_VISION, 5), material, 16, 1)


@pytest.mark.parametrize(
    ("run", "module"), [(run_codes, codes_module), (run_lessons, lessons_module), (run_look, look_module)]
)
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    run: Run, module: Any, make_recipe: Callable[[str], Recipe], scorer: AnswerScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SAVE_EVERY", 2)
    straight, broken = make_recipe("straight"), make_recipe("broken")
    material = build_material(straight, draw(straight), Groceries())
    expected = run(straight, material, scorer)

    def keep_and_stop(path: Path, content: dict[str, Any]) -> None:
        keep(path, content)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "keep", keep_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run(broken, material, scorer)
    found = run(broken, material, scorer)
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    steps: list[int] = []
    monkeypatch.setattr(module, "keep", lambda path, content: steps.append(content["step"]))
    again = run(broken, material, scorer)
    assert not steps, "what is finished is not done again"
    assert all(torch.equal(again[name], value) for name, value in expected.items())


def test_a_tower_learns_to_tell_drawings_apart_and_decides(recipe: Recipe) -> None:
    look = Look(size=(56, 56), steps=60, batch=16, rate=0.004)
    settings = recipe.look.model_copy(update={"looks": (look,)})
    material = build_material(recipe, draw(recipe), Groceries())
    tower = learn_to_look(material, settings, 1, recipe.work / "look.pt", TINY_VISION, fast=False)
    pixels, names = material.batch(60, (56, 56), 0.2, 99, 0)
    with torch.no_grad():
        found = detect(tower, normalized(pixels), *turns(tower, 56, 56))
    shares = let_through(found[..., : len(material.names)])
    assert float((shares.mean(1).argmax(1) == names).float().mean()) > 0.7
    assert 0.5 < float(shares.clamp(min=0).sum(-1).mean()) < 1.6, "what is let through comes to about 1"


def test_what_the_tower_detects_it_says_as_codes(recipe: Recipe) -> None:
    material = build_material(recipe, draw(recipe), Groceries())
    tower, count = fresh_tower(TINY_VISION, 5), len(material.names)
    codes = torch.randn(count, 64, generator=torch.Generator().manual_seed(4))
    pixels, _ = material.batch(4, (56, 84), 0.5, 1, 0)
    with torch.no_grad():
        how = normalized(pixels), *turns(tower, 56, 84)
        said = say(codes, let_through(detect(tower, *how)[..., :count], LENIENT))
        teach(tower, codes)
        assert torch.allclose(see(tower, *how), said, atol=1e-4)
    assert torch.allclose(say(codes, torch.eye(count)), codes, atol=1e-5), "a name alone is its code"


def test_more_names_than_detectors_are_refused(recipe: Recipe) -> None:
    material = replace(build_material(recipe, draw(recipe), Groceries()), names=tuple(map(str, range(200))))
    with pytest.raises(UsageError, match="200 names, and 128 hidden units"):
        learn_to_look(material, recipe.look, 1, recipe.work / "look.pt", TINY_VISION, fast=False)


def test_codes_are_learnt(recipe: Recipe, scorer: AnswerScorer) -> None:
    material = build_material(recipe, draw(recipe), Groceries())
    names, seen = material.names, some_seen(material)
    settings, said = CodeSettings(steps=60, batch=4, rate=0.02), SaidSettings(exact=0.8, noise=0.1, views=16)
    before = codes_module.Codes(codes_module._tokens(scorer, names), scorer.table)
    path = recipe.work / "codes.pt"
    learnt = learn_codes(scorer, names, lambda: seen, settings, said, 1, path)
    assert nats(scorer, names, learnt) < 0.8 * nats(scorer, names, before().detach())
    found = kept(path)
    assert found is not None and found["names"] == list(names)
    with pytest.raises(UsageError, match="the codes of other names"):
        learn_codes(scorer, ["tea"], lambda: seen, settings, said, 1, path)


def test_lessons_are_learnt_and_leave_the_model_as_it_was(recipe: Recipe, scorer: AnswerScorer) -> None:
    material = build_material(recipe, draw(recipe), Groceries())
    names, codes, seen = material.names, some_codes(material), some_seen(material)
    settings = LessonSettings(steps=40, batch=4, rate=0.02, rank=2, choosing=0.5, talks=1, staying=1.0)
    before = nats(scorer, names, codes)
    learning = AnswerScorer(scorer.loaded, frozen=False)
    told = SaidSettings(exact=1.0, noise=0.1, views=16), 1, recipe.work / "lessons.pt"
    first = learn_lessons(learning, names, codes, lambda: seen, settings, *told)
    assert nats(scorer, names, codes) == before
    with pytest.raises(UsageError, match="was learnt with other codes"):
        learn_lessons(learning, names, 2 * codes, lambda: seen, settings, *told)
    preset = replace(TUNED, rank=2, targets=ATTENTION)
    lora = attach(scorer.loaded.model, preset, "base")
    begin_at(lora, preset, first)
    after = nats(AnswerScorer(scorer.loaded), names, codes)
    lora.unload()
    assert after < 0.8 * before


def test_the_whole_recipe_from_pictures_to_a_file(
    recipe: Recipe, loaded: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "load", lambda *_: loaded)
    monkeypatch.setattr(work, "VISION", TINY_VISION)
    with pytest.raises(UsageError, match=r"tower\.pt is missing"):
        work.export(recipe, tmp_path / "tower.safetensors")
    work.train(recipe, fast=False)
    assert {path.stem for path in recipe.work.glob("*.pt")} == {"look", "codes", "lessons", "tower"}
    target = work.export(recipe, tmp_path / "tower.safetensors")
    fresh_tower(TINY_VISION, 0).load_state_dict(work.tower_of(target))
    lora = load_file(target.with_name(first_lora_path().name))
    assert lora and all("language_model" in name for name in lora)
    assert "Painter of round" in target.with_suffix(".NOTICE").read_text("utf-8")
    assert "Painter of other" not in target.with_suffix(".NOTICE").read_text("utf-8")


def nats(scorer: AnswerScorer, names: Sequence[str], codes: Tensor) -> float:
    batch = scorer.batch(ASKINGS[0], names, (6, 6))
    with torch.no_grad():
        return float(scorer.nats(batch, codes[:, None].expand(-1, 9, -1)).mean())
