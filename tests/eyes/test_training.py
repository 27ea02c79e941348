"""Training: interrupted or not, it gives the same; and it learns."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bot.engine.models import LoadedModel
from bot.errors import UsageError
from tests.eyes.conftest import TINY_VISION
from training.eyes import codes as codes_module
from training.eyes import finish as finish_module
from training.eyes import look as look_module
from training.eyes import work
from training.eyes.codes import learn_codes
from training.eyes.config import CodeSettings, Look, Recipe, Weights
from training.eyes.finish import finish
from training.eyes.groceries import Groceries
from training.eyes.keeping import keep, kept
from training.eyes.language import Reader
from training.eyes.look import Choice, learn_to_look
from training.eyes.material import Material, gather
from training.eyes.pictures import draw
from training.eyes.tower import Tower, fresh_tower, normalized, see, turns

pytest.importorskip("resvg_py", reason="drawing needs `pip install .[eyes]`")

Run = Callable[[Recipe, Material, Reader], dict[str, Tensor]]


def run_codes(recipe: Recipe, material: Material, reader: Reader) -> dict[str, Tensor]:
    settings = recipe.rounds[0].codes
    return {"codes": learn_codes(reader, material.names, settings, recipe.seed, recipe.work / "codes.pt")}


def run_look(recipe: Recipe, material: Material, reader: Reader) -> dict[str, Tensor]:
    codes, path = some_codes(material), recipe.work / "look.pt"
    return state(learn_to_look(material, codes, recipe.rounds[0], recipe.seed, path, TINY_VISION, fast=False))


def run_finish(recipe: Recipe, material: Material, reader: Reader) -> dict[str, Tensor]:
    start = fresh_tower(TINY_VISION, 5)
    return state(finish(material, some_codes(material), reader, start, recipe, TINY_VISION))


def state(tower: Tower) -> dict[str, Tensor]:
    return dict(tower.state_dict())


def some_codes(material: Material) -> Tensor:
    return 0.2 * torch.randn(len(material.names), 64, generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize(
    ("run", "module"), [(run_codes, codes_module), (run_look, look_module), (run_finish, finish_module)]
)
def test_an_interrupted_run_ends_as_if_it_had_not_been(
    run: Run, module: Any, make_recipe: Callable[[str], Recipe], reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SAVE_EVERY", 2)
    straight, broken = make_recipe("straight"), make_recipe("broken")
    material = gather(straight, draw(straight), Groceries())
    expected = run(straight, material, reader)

    def keep_and_stop(path: Path, content: dict[str, Any]) -> None:
        keep(path, content)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "keep", keep_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run(broken, material, reader)
    found = run(broken, material, reader)
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    steps: list[int] = []
    monkeypatch.setattr(module, "keep", lambda path, content: steps.append(content["step"]))
    again = run(broken, material, reader)
    assert not steps, "what is finished is not done again"
    assert all(torch.equal(again[name], value) for name, value in expected.items())


@pytest.mark.parametrize("weights", [Weights(1.0, 0.0, 0.3), Weights(0.3, 1.0, 3.0)])
def test_a_tower_learns_to_tell_drawings_apart(recipe: Recipe, weights: Weights) -> None:
    settings = replace(recipe.rounds[0], look=(Look((56, 56), 60, 16, 0.004),), weights=weights)
    material = gather(recipe, draw(recipe), Groceries())
    codes = some_codes(material)
    tower = learn_to_look(material, codes, settings, 1, recipe.work / "look.pt", TINY_VISION, fast=False)
    pixels, names = material.batch(40, (56, 56), 0.2, 99, 0)
    with torch.no_grad():
        said = see(tower, normalized(pixels), *turns(tower, 56, 56))
    scores = Choice(codes, weights).scores(said)
    assert float((scores.argmax(1) == names).float().mean()) > 0.7


def test_codes_are_learnt(recipe: Recipe, reader: Reader) -> None:
    names = ["apple", "hot dog", "blue book", "cat"]
    settings = CodeSettings(steps=60, batch=4, rate=0.02, noise=0.1)
    before = codes_module.Codes(codes_module._tokens(reader, names), reader.table)
    start = nats(reader, names, before().detach())
    path = recipe.work / "codes.pt"
    learnt = learn_codes(reader, names, settings, 1, path)
    assert nats(reader, names, learnt) < 0.8 * start
    found = kept(path)
    assert found is not None and found["names"] == names
    with pytest.raises(UsageError, match="the codes of other names"):
        learn_codes(reader, ["tea"], settings, 1, path)
    again = learn_codes(reader, names, replace(settings, steps=1, rate=1e-6), 1, recipe.work / "next.pt", path)
    assert torch.allclose(again, learnt, atol=1e-4), "a second round begins where the first ended"


def test_what_is_meant_stays_the_strongest_in_a_blurred_code() -> None:
    codes = torch.randn(40, 64, generator=torch.Generator().manual_seed(1)) + 2
    settings = CodeSettings(1, 1, 1.0, noise=0.7, others=0.5, faint=0.6)
    blurred = codes_module._blurred(codes, range(40), settings, torch.Generator().manual_seed(2))
    assert not torch.allclose(blurred, codes, atol=0.1)
    middle = codes.mean(0)
    scores = torch.nn.functional.normalize(blurred - middle, dim=-1) @ (codes - middle).T
    assert float((scores.argmax(1) == torch.arange(40)).float().mean()) > 0.9


def test_codes_alike_are_crowded() -> None:
    codes = torch.randn(40, 64, generator=torch.Generator().manual_seed(1))
    close = torch.cat([codes[:20], codes[:20] + 0.1 * codes[20:]])
    assert float(codes_module._crowding(close)) > 2 * float(codes_module._crowding(codes)) >= 0


def test_the_whole_recipe_from_pictures_to_a_file(
    recipe: Recipe, loaded: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "load", lambda *_: loaded)
    monkeypatch.setattr(work, "VISION", TINY_VISION)
    with pytest.raises(UsageError, match=r"finish\.pt is missing"):
        work.export(recipe, tmp_path / "tower.safetensors")
    work.train(recipe, fast=False)
    assert {path.stem for path in recipe.work.glob("*.pt")} == {"codes-1", "look-1", "codes-2", "look-2", "finish"}
    target = work.export(recipe, tmp_path / "tower.safetensors")
    fresh_tower(TINY_VISION, 0).load_state_dict(work.tower_of(target))
    assert "Painter of round" in target.with_suffix(".NOTICE").read_text("utf-8")
    assert "Painter of other" not in target.with_suffix(".NOTICE").read_text("utf-8")


def nats(reader: Reader, names: list[str], codes: Tensor) -> float:
    from training.eyes.language import ASKINGS

    batch = reader.batch(ASKINGS[0], names, (6, 6))
    with torch.no_grad():
        return float(reader.nats(batch, codes[:, None].expand(-1, 9, -1)).mean())
