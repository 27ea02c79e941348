"""A GGUF file: what its head tells, and the values of its tensors, some rows at a time.

gguf's own reader takes ten seconds for a vocabulary of 150,000 tokens, and goes on reading where a file is cut short.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value
from numpy.typing import NDArray

from bot.errors import ConfigError, PassingError
from bot.files import refusal

Array = NDArray[np.float32]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = {
    Value.UINT8: "B",
    Value.INT8: "b",
    Value.UINT16: "H",
    Value.INT16: "h",
    Value.UINT32: "I",
    Value.INT32: "i",
    Value.FLOAT32: "f",
    Value.UINT64: "Q",
    Value.INT64: "q",
    Value.FLOAT64: "d",
    Value.BOOL: "?",
}
_PIECE = 1 << 23  # values read at a time


class Part(Protocol):
    """A tensor that a weight is made of, wherever its values are. shape: as numpy and torch have it."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def kind(self) -> Type: ...
    @property
    def shape(self) -> tuple[int, ...]: ...

    def pieces(self) -> Iterator[Array]: ...
    def values(self) -> Array: ...


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies: from `start` on, in bytes. shape: as numpy and torch have it."""

    name: str
    path: Path
    start: int
    kind: Type
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        block, size = gguf.GGML_QUANT_SIZES[self.kind]
        return math.prod(self.shape) // block * size

    def pieces(self) -> Iterator[Array]:
        """Yields its values in float32, in their order in memory."""
        columns = self.shape[-1]
        rows, at_once = math.prod(self.shape[:-1]), max(1, _PIECE // columns)
        with self.path.open("rb") as file:
            file.seek(self.start)
            for first in range(0, rows, at_once):
                count = min(at_once, rows - first)
                raw = np.fromfile(file, np.uint8, self.size // rows * count)
                values: Array = gguf.dequantize(raw.reshape(count, -1), self.kind)
                yield values

    def values(self) -> Array:
        return np.concatenate([piece.reshape(-1) for piece in self.pieces()]).reshape(self.shape)


@dataclass(frozen=True, slots=True)
class Head:
    """What a file tells by its keys, and its tensors by name."""

    path: Path
    told: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def __getitem__(self, key: str) -> Any:
        """Raises ConfigError where the file does not tell it."""
        try:
            return self.told[key]
        except KeyError:
            raise ConfigError(f"model.base: {self.path} does not tell its {key}: download another.") from None


def read_head(path: Path) -> Head:
    """Raises ConfigError where it is no GGUF file or not a whole one, PassingError while it cannot be read."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ConfigError(f"model.base: {path} is neither a GGUF file nor a model's folder.")
            return _Reader(file, path.stat().st_size).head(path)
    except OSError as error:
        raise PassingError(refusal(error, path) or f"{path} cannot be read just now ({error}).") from error
    except ValueError as error:  # an unknown kind or a text that is none among them
        raise ConfigError(f"model.base: {path} cannot be read ({error}): download it again.") from error


class _Reader:
    """Reads what follows the first four bytes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._left = file, size, size - len(_MAGIC)

    def head(self, path: Path) -> Head:
        version = self._number("I")
        if version not in _VERSIONS:
            raise ValueError(f"it is of version {version}")
        tensors, keys = self._number("Q"), self._number("Q")
        told = {self._text(): self._value(Value(self._number("I"))) for _ in range(keys)}
        infos = [self._info() for _ in range(tensors)]
        align = int(told.get(gguf.Keys.General.ALIGNMENT, gguf.GGUF_DEFAULT_ALIGNMENT))
        start = -(-(self._size - self._left) // align) * align  # the next multiple
        found = {name: Tensor(name, path, start + offset, kind, shape) for name, shape, kind, offset in infos}
        if any(one.start + one.size > self._size for one in found.values()):
            raise ValueError("it is cut short")
        return Head(path, told, found)

    def _info(self) -> tuple[str, tuple[int, ...], Type, int]:
        """A tensor's name, shape, kind, and where it begins among the data."""
        name = self._text()
        shape = tuple(reversed([self._number("Q") for _ in range(self._number("I"))]))
        kind, offset = Type(self._number("I")), self._number("Q")
        if not shape or 0 in shape or shape[-1] % gguf.GGML_QUANT_SIZES[kind][0]:
            raise ValueError(f"{name} is of no size that there is")
        return name, shape, kind, offset

    def _value(self, kind: Value) -> Any:
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind is Value.STRING:
            return self._text()
        inner, count = Value(self._number("I")), self._number("Q")
        if inner is Value.ARRAY:
            raise ValueError("it holds lists of lists")
        if inner is Value.STRING:
            return [self._text() for _ in range(count)]
        layout = _NUMBERS[inner]
        return list(struct.unpack(f"<{count}{layout}", self._bytes(count * struct.calcsize(f"<{layout}"))))

    def _text(self) -> str:
        return self._bytes(self._number("Q")).decode()

    def _number(self, layout: str) -> Any:
        (number,) = struct.unpack(f"<{layout}", self._bytes(struct.calcsize(f"<{layout}")))
        return number

    def _bytes(self, count: int) -> bytes:
        if count > self._left:
            raise ValueError("it is cut short")
        self._left -= count
        return self._file.read(count)
