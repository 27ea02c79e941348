"""A LoRA on an embedded model begins from the one that ships with it, if any; every other LoRA begins at nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bot.engine.embedded import embedded_id, first_lora_path
from bot.engine.embedded_zh import RECIPE as CHINESE
from bot.engine.embedded_zh import first_lora_zh_path
from bot.engine.models import LoadedModel, load
from training.finetune import first as beginnings
from training.finetune.first import begin, begin_at, factors, first_lora
from training.finetune.lora import attach, weights
from training.finetune.presets import ATTENTION, PAPER, TUNED, Preset


def added(state: dict[str, Tensor], scale: float = 1.0) -> dict[str, Tensor]:
    """What a LoRA adds to each matrix."""
    downs = [name for name in state if "lora_A" in name]
    return {name: scale * state[name.replace("lora_A", "lora_B")].float() @ state[name].float() for name in downs}


@pytest.fixture
def first(loaded: LoadedModel) -> dict[str, Tensor]:
    """A first LoRA of rank 2 on the attention of a tiny model."""
    lora = attach(loaded.model, replace(TUNED, rank=2, targets=ATTENTION), "base")
    generator = torch.Generator().manual_seed(6)
    found = {name: torch.randn(value.shape, generator=generator) for name, value in weights(lora).items()}
    lora.unload()
    return found


@pytest.mark.parametrize("preset", [TUNED, PAPER, replace(TUNED, rank=2, alpha=7), replace(TUNED, rank=8)])
def test_it_adds_what_the_first_one_adds(preset: Preset, loaded: LoadedModel, first: dict[str, Tensor]) -> None:
    lora = attach(loaded.model, preset, "base")
    begin_at(lora, preset, first)
    now, expected = added(weights(lora), preset.alpha / preset.rank), added(first)
    assert set(expected) < set(now)
    for name, value in now.items():
        assert torch.allclose(value, expected.get(name, torch.zeros(())), atol=1e-4), name
    fresh = [value for name, value in weights(lora).items() if "lora_A" in name]
    assert all(bool(value.abs().sum(1).all()) for value in fresh), "what is left over can learn"


def test_a_smaller_one_takes_what_matters_most() -> None:
    generator = torch.Generator().manual_seed(7)
    down, up = torch.randn(4, 30, generator=generator), torch.randn(20, 4, generator=generator)
    whole, (small_down, small_up) = up @ down, factors(down, up, 3)
    assert small_down.shape == (3, 30) and small_up.shape == (20, 3)
    best = torch.linalg.svdvals(whole)[3:].square().sum()
    assert float((whole - small_up @ small_down).square().sum()) == pytest.approx(float(best), rel=1e-3)


def test_targets_that_are_not_trained_are_left_out(loaded: LoadedModel, first: dict[str, Tensor]) -> None:
    some = replace(TUNED, targets=("q_proj", "up_proj"))
    lora = attach(loaded.model, some, "base")
    begin_at(lora, some, first)
    filled = {name for name, value in added(weights(lora)).items() if value.any()}
    assert filled and all("q_proj" in name for name in filled)


def test_a_model_of_ones_own_has_none(loaded: LoadedModel) -> None:
    lora = attach(loaded.model, TUNED, "base")
    before = weights(lora)
    begin(lora, TUNED, "Qwen/Qwen2.5-VL-3B-Instruct")
    assert all(torch.equal(value, before[name]) for name, value in weights(lora).items())


def test_the_chinese_one_has_one_once_it_ships(
    loaded: LoadedModel, first: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / first_lora_zh_path().name
    monkeypatch.setattr(beginnings, "first_lora_zh_path", lambda: path)
    lora = attach(loaded.model, TUNED, "base")
    assert first_lora(CHINESE) is None
    begin(lora, TUNED, CHINESE)
    assert not any(value.any() for value in added(weights(lora)).values())
    save_file(first, path)
    assert (first_lora(CHINESE), first_lora(embedded_id())) == (path, first_lora_path())
    begin(lora, TUNED, CHINESE)
    now = added(weights(lora), TUNED.alpha / TUNED.rank)
    assert all(torch.allclose(now[name], value, atol=1e-4) for name, value in added(first).items())


def test_the_one_that_ships_fits_the_embedded_model() -> None:
    loaded = load("embedded", "cpu", "bfloat16")
    lora = attach(loaded.model, TUNED, loaded.base_id)
    assert loaded.base_id == embedded_id()
    begin(lora, TUNED, loaded.base_id)
    now, expected = added(weights(lora), TUNED.alpha / TUNED.rank), added(load_file(first_lora_path()))
    assert set(expected) == {name for name, value in now.items() if value.any()}
    assert all(torch.allclose(now[name], value, atol=1e-4) for name, value in expected.items())
