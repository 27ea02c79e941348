"""How much memory a training takes, told from config.json before the weights are loaded."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from bot import machine
from bot.engine.batch.head import LOGITS_BYTES
from bot.engine.local import CPU_TOKENS
from bot.engine.matrices import Decoder
from training.finetune.presets import Preset
from training.finetune.samples import Sample

_PROGRAM = 600_000_000  # bytes: Python, PyTorch, and what both work with
_LEARNT = 16  # bytes a weight of the LoRA: itself, its gradient, two averages of the optimizer
_LOGIT = 16  # bytes a logit: itself in float32, as it is read, and the gradients of both
_FOUR_BIT = 0.6  # bytes a weight
_OF_LOGITS = 3  # times that logits are held where they are weighed: themselves, without silence, and as they are summed
_WHOLE = 3  # layers of a divided model that are whole at once: one computes, one is let go, one is fetched
_SHARE = 0.9  # of the free memory may be planned with


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes at the peak. held: while it learns, whatever is in a row. token: a token more, with all that it computes.

    checkpointed: with the longest row, within whose layers nothing is kept. longest: tokens in it. serving: when the
    engine that serves says what is fitted, after training.
    """

    held: int
    token: int
    longest: int
    checkpointed: int
    serving: int

    @property
    def plain(self) -> int:
        """With all kept that the longest row computes."""
        return self.held + self.longest * self.token

    @property
    def least(self) -> int:
        """What it takes where nothing is kept."""
        return max(self.checkpointed, self.serving)

    def keeps(self, free: int) -> int | None:
        """How many tokens a row may have of which all is kept; None where every row may. free: bytes."""
        room = round(_SHARE * free)
        return None if self.plain <= room else max(0, (room - self.held) // self.token)

    def taken(self, kept: int | None) -> int:
        """What it takes with so many tokens kept."""
        learning = self.plain if kept is None else max(self.checkpointed, self.held + kept * self.token)
        return max(learning, self.serving)


def memory(
    decoder: Decoder,
    preset: Preset,
    samples: Sequence[Sample],
    width: int,
    served_width: int,
    *,
    four_bit: bool,
    shards: int = 1,
) -> Memory:
    """width, served_width: bytes a number in training, and in what serves (and calibrates) after it.

    shards: among how many processes the layers are divided while they learn; a few are whole at once all the same.
    """
    a_layer = sum(into * out for into, out in decoder.sizes.values())
    every = decoder.others + decoder.layers * a_layer
    learning = every if shards == 1 else decoder.others + (decoder.layers / shards + _WHOLE) * a_layer
    lora = decoder.layers * sum(preset.rank * sum(decoder.sizes[name]) for name in preset.targets)
    longest = max([preset.batch_tokens, *(len(sample.ids) for sample in samples)])
    share = sum(len(sample.places) for sample in samples) / max(sum(len(sample.ids) for sample in samples), 1)
    logits = round(2 * share * longest) * decoder.vocabulary * _LOGIT  # some rows hold more than others
    held = _PROGRAM + round(learning * (_FOUR_BIT if four_bit else width)) + lora * _LEARNT + logits
    hidden, asked = decoder.sizes["q_proj"]
    inner = decoder.sizes["gate_proj"][1]
    # Two norms keep two float32 numbers each; the rest of a layer four times its three sizes.
    layer = 16 * hidden + width * 4 * (hidden + inner + asked)
    checkpointed = held + longest * (decoder.layers * hidden * width + layer)
    weighed = CPU_TOKENS * served_width * (3 * inner + 8 * hidden) + _OF_LOGITS * LOGITS_BYTES
    serving = _PROGRAM + round(every * (_FOUR_BIT if four_bit else served_width)) + weighed
    return Memory(held, decoder.layers * layer, longest, checkpointed, serving)


def free_memory(device: torch.device) -> int:
    """Returns how many bytes a program can have there just now."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    return machine.free_memory()
