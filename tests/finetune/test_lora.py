"""Where the LoRA goes, and that what is saved is what an engine loads."""

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Fingerprint, render
from bot.engine.describe import Family
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from tests.finetune.conftest import FAMILIES
from training.finetune.lora import attach, config_of, count, save_adapter, set_weights, target_pattern, weights
from training.finetune.presets import PAPER, PRESETS, TUNED

LAYERS = 3


def test_not_one_vision_module_is_trained(loaded: LoadedModel) -> None:
    leaking = [name for name, _ in loaded.model.named_modules() if "visual" in name and name.endswith("_proj")]
    assert leaking or loaded.family == "qwen3_vl", "Qwen2.5-VL's tower has matrices of the same names"
    lora = attach(loaded.model, TUNED, "base")
    trained = [name for name, value in lora.named_parameters() if value.requires_grad]
    assert len(trained) == 2 * 7 * LAYERS
    assert all("language_model.layers" in name and "visual" not in name for name in trained)
    assert count(lora) == sum(value.numel() for name, value in lora.named_parameters() if "lora_" in name)


def test_the_paper_trains_what_the_paper_names(loaded: LoadedModel) -> None:
    lora = attach(loaded.model, PAPER, "base")
    trained = {name.split(".")[-4] for name, value in lora.named_parameters() if value.requires_grad}
    assert trained == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj"}
    assert (PAPER.rank, PAPER.alpha, PAPER.dropout, PAPER.learning_rate) == (64, 16, 0.05, 1e-5)
    assert (PAPER.weight_decay, PAPER.beta2, PAPER.warmup, PAPER.epochs, PAPER.length) == (0.1, 0.95, 0.01, 5, 2048)


def test_a_wider_model_learns_at_a_lower_rate_where_none_was_asked_for() -> None:
    tuned, paper = PRESETS["tuned"], PRESETS["paper"]
    assert tuned.at(576).learning_rate == 1e-3
    assert tuned.at(896).learning_rate == pytest.approx(4e-4)
    assert tuned.at(3584).learning_rate == pytest.approx(2e-4)
    assert tuned.at(3584).at(3584) == tuned.at(3584), "it is settled once"
    assert paper.at(3584).learning_rate == 1e-5


def test_the_pattern_must_match_whole_names() -> None:
    pattern = target_pattern(TUNED.targets)
    assert re.fullmatch(pattern, "model.language_model.layers.0.self_attn.q_proj")
    assert not re.fullmatch(pattern, "model.visual.blocks.0.mlp.gate_proj")
    assert not re.fullmatch(pattern, "model.language_model.layers.0.self_attn.q_proj.lora_A")
    assert not re.fullmatch(pattern, "model.other_language_model.layers.0.mlp.up_proj")
    assert set(PRESETS) == {"tuned", "paper"}


@pytest.mark.parametrize("family", FAMILIES)
async def test_what_is_saved_decides_the_same_in_the_engine(
    family: Family, tmp_path: Path, models: dict[Family, Path]
) -> None:
    media = MediaStore(tmp_path / "media")
    loaded = load(str(models[family]), "cpu", "float32")
    codec = codec_for(loaded, media)
    lora = attach(loaded.model, TUNED, loaded.base_id)
    torch.manual_seed(3)
    changed = {name: torch.randn_like(value) * 0.3 for name, value in weights(lora).items()}
    set_weights(lora, changed)
    said = (Turn(Speaker("Tom"), (Bubble("who knows lamps?"),), datetime(2026, 3, 2, tzinfo=UTC)),)
    prompt = render(Scene(Persona("Nora"), ChatKind.GROUP, title="Lamps"), said, codec, open_turn=True)
    with torch.inference_mode():
        logits = lora(input_ids=torch.tensor([prompt.ids])).logits[0, -1]
    expected = 1 - float(logits.softmax(0)[codec.end_of_turn])
    folder = tmp_path / "lora"
    folder.mkdir()
    save_adapter(config_of(lora), changed, folder)
    Fingerprint.of(loaded.base_id, codec).save(folder)
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == loaded.base_id and config["inference_mode"] is True
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())

    engine = LocalEngine(load(str(models[family]), "cpu", "float32"), media)
    untrained = await engine.p_answer("telegram:9", prompt)
    await engine.load_lora(folder)
    silence = 1 - await engine.p_answer("telegram:9", prompt)
    assert math.log(silence) == pytest.approx(math.log(1 - expected), abs=0.01)
    assert abs(math.log(1 - untrained) - math.log(1 - expected)) > 0.1
    await engine.aclose()
