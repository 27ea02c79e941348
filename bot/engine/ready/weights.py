"""Tensors as transformers has them, written as one safetensors file with a few rows in memory at a time.

What a file has in 16 bits keeps them, and what is quantized becomes float16: of the two kinds of 16 bits that one is
eight times as fine. Vectors are few and stay in float32, as GGUF files have them.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from bot.engine.ready.reading import Array, Part
from bot.errors import ConfigError

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_ALIGNED = 8


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor of a model, and what it is made of: of one below the other, or of slices in time."""

    name: str
    parts: Sequence[Part]
    in_time: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        first, *rest = self.parts[0].shape
        if self.in_time:
            channels, *sides = rest
            return first, channels, len(self.parts), *sides
        return sum(part.shape[0] for part in self.parts), *rest

    @property
    def dtype(self) -> str:
        """In the words of safetensors."""
        if len(self.shape) == 1:
            return "F32"
        return "BF16" if all(part.kind is Type.BF16 for part in self.parts) else "F16"

    @property
    def size(self) -> int:
        """In bytes, once it is written."""
        return math.prod(self.shape) * _BYTES[self.dtype]

    def pieces(self) -> Iterator[Array]:
        """Yields its values in their order in memory."""
        if self.in_time:
            yield np.stack([part.values() for part in self.parts], axis=2)
            return
        for part in self.parts:
            yield from part.pieces()


def write_weights(path: Path, weights: Sequence[Weight]) -> None:
    """Raises ConfigError where a file holds numbers that are none, OSError where it cannot be written."""
    with path.open("wb") as file:
        file.write(_head(weights))
        for weight in weights:
            for piece in weight.pieces():
                file.write(_narrowed(weight, piece).tobytes())


def _head(weights: Sequence[Weight]) -> bytes:
    """See the format of safetensors: the length of what follows, and that as JSON."""
    told: dict[str, Mapping[str, Any]] = {"__metadata__": {"format": "pt"}}
    end = 0
    for weight in weights:
        start, end = end, end + weight.size
        told[weight.name] = {"dtype": weight.dtype, "shape": weight.shape, "data_offsets": (start, end)}
    text = json.dumps(told).encode()
    text += b" " * (-len(text) % _ALIGNED)
    return len(text).to_bytes(8, "little") + text


def _narrowed(weight: Weight, values: Array) -> NDArray[Any]:
    if weight.dtype == "BF16":  # the upper half of a float32, whose lower half is empty here
        return (np.ascontiguousarray(values).view(np.uint32) >> 16).astype(np.uint16)
    with np.errstate(over="ignore"):
        narrowed = values.astype(np.float16) if weight.dtype == "F16" else values
    if not np.isfinite(narrowed).all():
        part = weight.parts[0]
        raise ConfigError(
            f"model.base: {part.path} is damaged ({part.name} holds no sound numbers): download it again."
        )
    return narrowed
