"""How much of the disk a training takes."""

from bot.engine.matrices import Decoder
from training.finetune.presets import Preset

_BYTES = 4  # a weight, in float32
_COPIES = 9
"""Of the weights at the most: the last checkpoint and the one that is being written beside it, each with the two
averages of the optimizer (6), the best weights and their next (2), the LoRA (1)."""
_OTHER_FILES = 10_000_000  # plot, card, and what the corpus's log may grow by


def room(decoder: Decoder, preset: Preset) -> int:
    """Returns how many bytes of disk a training takes."""
    weights = decoder.layers * sum(preset.rank * sum(decoder.sizes[name]) for name in preset.targets)
    return weights * _BYTES * _COPIES + _OTHER_FILES
