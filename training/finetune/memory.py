"""How much memory a training takes, told from config.json before the weights are loaded."""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import torch

from bot.engine.matrices import Decoder
from training.finetune.presets import Preset
from training.finetune.samples import Sample

_PROGRAM = 600_000_000  # bytes: Python, PyTorch, and what both work with
_LEARNT = 16  # bytes a weight of the LoRA: itself, its gradient, two averages of the optimizer
_LOGIT = 16  # bytes a logit: itself in float32, as it is read, and the gradients of both
_FOUR_BIT = 0.6  # bytes a weight


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes at the peak: training with all activations kept, with them computed again, and serving afterwards."""

    plain: int
    checkpointed: int
    serving: int


def memory(
    decoder: Decoder, preset: Preset, samples: Sequence[Sample], width: int, served_width: int, *, four_bit: bool
) -> Memory:
    """width, served_width: bytes a number in training, and in what serves (and calibrates) after it."""
    every = decoder.others + decoder.layers * sum(into * out for into, out in decoder.sizes.values())
    lora = decoder.layers * sum(preset.rank * sum(decoder.sizes[name]) for name in preset.targets)
    longest = max((len(sample.ids) for sample in samples), default=0)
    tokens = max(preset.batch_tokens, longest)
    share = sum(len(sample.places) for sample in samples) / max(sum(len(sample.ids) for sample in samples), 1)
    logits = round(2 * share * tokens) * decoder.vocabulary * _LOGIT  # some rows hold more than others
    held = _PROGRAM + round(every * (_FOUR_BIT if four_bit else width)) + lora * _LEARNT + logits
    hidden, asked = decoder.sizes["q_proj"]
    inner = decoder.sizes["gate_proj"][1]
    # Two norms keep two float32 numbers each; the rest of a layer four times its three sizes.
    layer = tokens * (16 * hidden + width * 4 * (hidden + inner + asked))
    seams = decoder.layers * tokens * hidden * width
    serving = _PROGRAM + round(every * (_FOUR_BIT if four_bit else served_width))
    return Memory(held + decoder.layers * layer, held + seams + layer, serving)


def free_memory(device: torch.device) -> int:
    """Returns how many bytes a program can have there just now."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    return int(psutil.virtual_memory().available)
