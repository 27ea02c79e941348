"""The shipped vision tower's arithmetic for one picture in numpy: as transformers has it, up to the detectors of names.

A picture has 64 patches at most and the tower 6.8 million weights, so that a look takes some hundredths of a second,
and a daemon that writes by llama.cpp need not load torch for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors import deserialize

from bot.engine.embedded import PHOTOS, VISION

Values = NDArray[np.floating[Any]]

_PATCH: int = VISION["patch_size"]
_MERGE: int = VISION["spatial_merge_size"]
_HEADS: int = VISION["num_heads"]
_DEPTH: int = VISION["depth"]
_MEAN, _DEVIATION = (np.array(PHOTOS[name], np.float32) for name in ("image_mean", "image_std"))
_SMALL = 1e-6  # in the norms, as transformers has it


@dataclass(frozen=True)
class Tower:
    """weights: by their names in the tower's state."""

    weights: Mapping[str, Values]

    @classmethod
    def load(cls, path: Path) -> "Tower":
        """Reads a file of weights in bfloat16."""
        return cls({name: _whole(found) for name, found in deserialize(path.read_bytes())})  # type: ignore[no-untyped-call]

    def detect(self, picture: Image.Image) -> Values:
        """Returns what goes into the detectors: places × detectors. The picture has whole merged patches a side."""
        hidden = _patches(picture) @ self.weights["patch_embed.proj.weight"].sum(2).reshape(VISION["hidden_size"], -1).T
        turns = _turns(picture.height // _PATCH, picture.width // _PATCH)
        for number in range(_DEPTH):
            block = f"blocks.{number}"
            hidden = hidden + self._attention(f"{block}.attn", self._norm(f"{block}.norm1", hidden), turns)
            entry = self._norm(f"{block}.norm2", hidden)
            gate, up = (self._linear(f"{block}.mlp.{name}_proj", entry) for name in ("gate", "up"))
            hidden = hidden + self._linear(f"{block}.mlp.down_proj", gate / (1 + np.exp(-gate)) * up)
        merged = self._norm("merger.ln_q", hidden).reshape(len(hidden) // _MERGE**2, -1)
        return self._linear("merger.mlp.0", merged)

    def _attention(self, name: str, entry: Values, turns: tuple[Values, Values]) -> Values:
        query, key, value = (
            self._linear(f"{name}.qkv", entry).reshape(len(entry), 3, _HEADS, -1).transpose(1, 2, 0, 3)
        )  # each heads × patches × width
        query, key = (_turned(one, turns) for one in (query, key))
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True)) @ value
        return self._linear(f"{name}.proj", mixed.transpose(1, 0, 2).reshape(len(entry), -1))

    def _norm(self, name: str, values: Values) -> Values:
        found: Values = values / np.sqrt(np.square(values).mean(-1, keepdims=True) + np.float32(_SMALL))
        return found * self.weights[f"{name}.weight"]

    def _linear(self, name: str, values: Values) -> Values:
        return values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]


def _whole(found: Mapping[str, Any]) -> Values:
    """The values of a tensor in bfloat16, which are the upper halves of float32."""
    halves = np.frombuffer(bytes(found["data"]), np.uint16)
    values: Values = (halves.astype(np.uint32) << 16).view(np.float32).reshape(found["shape"])
    return values


def _patches(picture: Image.Image) -> Values:
    """Patches × values of one frame, merged patches beside each other."""
    pixels: Values = (np.asarray(picture.convert("RGB"), np.float32) / 255 - _MEAN) / _DEVIATION
    return _cut(pixels.transpose(2, 0, 1), _PATCH)


def _cut(values: Values, side: int) -> Values:
    """Pieces × values, from channels × height × width, in the order in which they are merged."""
    channels, height, width = values.shape
    rows, columns = height // side // _MERGE, width // side // _MERGE
    cut = values.reshape(channels, rows, _MERGE, side, columns, _MERGE, side)
    return cut.transpose(1, 4, 2, 5, 0, 3, 6).reshape(-1, channels * side * side)


def _turns(rows: int, columns: int) -> tuple[Values, Values]:
    """Cosine and sine of the rotary positions: patches × width of a head."""
    places = _cut(np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")).astype(np.float32), 1)
    half = VISION["hidden_size"] // _HEADS // 2
    frequencies = 10000.0 ** -(np.arange(0, half, 2, dtype=np.float32) / half)
    angles = np.tile((places[:, :, None] * frequencies).reshape(len(places), -1), 2)
    return np.cos(angles, dtype=np.float32), np.sin(angles, dtype=np.float32)


def _turned(values: Values, turns: tuple[Values, Values]) -> Values:
    first, second = np.split(values, 2, axis=-1)
    cosine, sine = turns
    return values * cosine + np.concatenate([-second, first], axis=-1) * sine
