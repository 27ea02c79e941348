"""A Qwen2.5's file, which only reads, as a Qwen2.5-VL whose eyes have learnt nothing yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import GGMLQuantizationType as Type
from gguf import Keys

from bot.engine.describe import UNTAUGHT, Family
from bot.engine.embedded import PHOTOS, TEMPLATE, VISION, random_tower
from bot.engine.llama.names import ARCHITECTURES
from bot.engine.ready.decoder import width_of
from bot.engine.ready.folder import Opened
from bot.engine.ready.reading import Array, Head, Part, read_head

_FAMILY: Family = "qwen2_5_vl"
_TEXT = "qwen2"
_TABLE, _OUTPUT = "token_embd.weight", "output.weight"
_TOWER = "model.visual."
_PATCHES = f"{_TOWER}patch_embed.proj.weight"


def with_untaught_eyes(path: Path) -> Opened:
    """Raises ConfigError where the file is no Qwen2.5's."""
    decoder = seeing(read_head(path))
    return Opened(_FAMILY, decoder, UntaughtTower(path, width_of(decoder, _FAMILY)))


def seeing(head: Head) -> Head:
    """The head with the names that a Qwen2.5-VL's has.

    Positions count in time, down and across there, and of words these three are equal: shared out among the
    frequencies as that family does, words are read as before. The model's table is its output too; of a file that has
    both, the output is kept, which lost less when it was quantized.
    """
    there = ARCHITECTURES[_FAMILY]
    told = {_renamed(key, there): value for key, value in head.told.items()}
    told[Keys.General.ARCHITECTURE] = there
    told[Keys.Tokenizer.CHAT_TEMPLATE] = TEMPLATE
    shared = Head(head.path, told, head.tensors)
    half = width_of(shared, _FAMILY) // int(shared[Keys.Attention.HEAD_COUNT.format(arch=there)]) // 2
    in_time = half // 4
    down = (half - in_time) // 2
    told[Keys.Rope.DIMENSION_SECTIONS.format(arch=there)] = [in_time, down, half - in_time - down, 0]
    tensors = dict(head.tensors)
    if _OUTPUT in tensors:
        tensors[_TABLE] = tensors.pop(_OUTPUT)
    return Head(head.path, told, tensors)


def _renamed(key: str, there: str) -> str:
    return f"{there}{key.removeprefix(_TEXT)}" if key.startswith(f"{_TEXT}.") else key


@dataclass(frozen=True, slots=True)
class _Made:
    """A tensor that is in memory."""

    name: str
    path: Path
    held: Array
    kind: Type = Type.F32

    @property
    def shape(self) -> tuple[int, ...]:
        return self.held.shape

    def pieces(self) -> Iterator[Array]:
        yield self.held

    def values(self) -> Array:
        return self.held


@dataclass(frozen=True, slots=True)
class UntaughtTower:
    """Fresh weights, always the same. path: of the model that they are for. width: of its decoder."""

    path: Path
    width: int

    def config(self) -> Mapping[str, Any]:
        return VISION | {"temporal_patch_size": 2, "out_hidden_size": self.width, UNTAUGHT: True}

    def photos(self) -> Mapping[str, Any]:
        return PHOTOS

    def tensors(self) -> Mapping[str, Sequence[Part]]:
        made = {f"{_TOWER}{name}": value.numpy() for name, value in random_tower(self.config()).items()}
        both = made.pop(_PATCHES)  # of two frames, which are two tensors in GGUF
        parts: dict[str, Sequence[Part]] = {name: [_Made(name, self.path, value)] for name, value in made.items()}
        return parts | {_PATCHES: [_Made(_PATCHES, self.path, both[:, :, frame]) for frame in range(both.shape[2])]}
