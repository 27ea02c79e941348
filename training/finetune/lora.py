"""The low-rank weights: where they go, and how they are kept as files."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model
from peft.tuners.lora.layer import Linear
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.models import QwenVL
from bot.lora import WEIGHTS
from bot.workspace import write_private
from training.finetune.presets import Preset


def target_pattern(names: Sequence[str]) -> str:
    """Returns a full-match pattern of module names: the language model's, never the vision tower's of that name."""
    return rf".*\blanguage_model\..*\.(?:{'|'.join(names)})"


class _Added(Linear):
    """peft's LoRA on a matrix, computed in the precision of what comes in: peft takes all of that to float32 and back.

    The weights themselves, and what the optimizer does to them, stay in float32.
    """

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        whole: Tensor = self.base_layer(x)
        (name,) = self.active_adapters
        down: Any = self.lora_A[name].weight
        up: Any = self.lora_B[name].weight * self.scaling[name]
        low = functional.linear(self.lora_dropout[name](x), down.to(x.dtype))
        return torch.baddbmm(whole, low, up.to(x.dtype).mT.expand(len(low), -1, -1))


def attach(model: QwenVL, preset: Preset, base_id: str, *, four_bit: bool = False) -> PeftModel:
    """Puts fresh LoRA weights into the model, in place; they alone can be trained."""
    config = LoraConfig(
        r=preset.rank,
        lora_alpha=preset.alpha,
        lora_dropout=preset.dropout,
        target_modules=target_pattern(preset.targets),
        task_type="CAUSAL_LM",
        bias="none",
    )
    if not four_bit:
        config._register_custom_module({nn.Linear: _Added})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft reads a property that transformers renames
        wrapped: PeftModel = get_peft_model(model, config)
    config.base_model_name_or_path = base_id
    return wrapped


def weights(model: PeftModel) -> dict[str, Tensor]:
    """Copies the LoRA's weights to the CPU, under the names they are saved by."""
    state: dict[str, Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}


def set_weights(model: PeftModel, state: dict[str, Tensor]) -> None:
    """Puts saved weights back."""
    result: Any = set_peft_model_state_dict(model, state)
    if result.unexpected_keys:
        raise ValueError(f"weights of another LoRA: {result.unexpected_keys[0]}")


def save_adapter(config: PeftConfig, state: dict[str, Tensor], folder: Path) -> None:
    """Writes the two files that peft and vLLM read, for the owner only."""
    write_private(folder / WEIGHTS, save(state, {"format": "pt"}))
    mode, config.inference_mode = config.inference_mode, True
    try:
        config.save_pretrained(str(folder))
    finally:
        config.inference_mode = mode
    (folder / "adapter_config.json").chmod(0o600)


def config_of(model: PeftModel) -> PeftConfig:
    """Returns the configuration that `save_adapter` writes beside the weights."""
    config: PeftConfig = model.peft_config["default"]
    return config


def count(model: torch.nn.Module) -> int:
    """Counts the weights that are trained."""
    return sum(value.numel() for value in model.parameters() if value.requires_grad)
