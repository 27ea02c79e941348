"""Where a LoRA begins: at nothing, or at the first LoRA that ships with its base model."""

from collections.abc import Mapping
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from torch import Tensor

from bot.engine.embedded import embedded_id, first_lora_path
from bot.engine.embedded_zh import RECIPE, first_lora_zh_path
from training.finetune.lora import set_weights, weights
from training.finetune.presets import Preset

_DOWN, _UP = "lora_A", "lora_B"


def first_lora(base_id: str) -> Path | None:
    """Returns the first LoRA that ships with a base model: with an embedded one, if any."""
    path = {embedded_id(): first_lora_path(), RECIPE: first_lora_zh_path()}.get(base_id)
    return path if path and path.is_file() else None


def begin(lora: PeftModel, preset: Preset, base_id: str) -> None:
    """Sets fresh LoRA weights to the base model's first LoRA; where it has none they stay as they are."""
    if path := first_lora(base_id):
        begin_at(lora, preset, load_file(path))


def begin_at(lora: PeftModel, preset: Preset, first: Mapping[str, Tensor]) -> None:
    """Sets fresh LoRA weights, of any rank and targets, to as much of a first LoRA as fits in.

    first: matrices by their names, whose product is what is added to the model's.
    """
    state, scale = weights(lora), preset.alpha / preset.rank
    for name in state:
        if _DOWN not in name or name not in first:
            continue
        up = name.replace(_DOWN, _UP)
        down_part, up_part = factors(first[name].float(), first[up].float() / scale, preset.rank)
        state[name][: len(down_part)] = down_part
        state[up][:, : len(down_part)] = up_part
    set_weights(lora, state)


def factors(down: Tensor, up: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Returns two matrices (rank × in, out × rank, or of less rank) with the product closest to theirs."""
    left, left_rest = torch.linalg.qr(up)
    right, right_rest = torch.linalg.qr(down.T)
    u, s, v = torch.linalg.svd(left_rest @ right_rest.T)
    kept = s[:rank].sqrt()
    return (kept[:, None] * v[:rank]) @ right.T, left @ u[:, :rank] * kept
