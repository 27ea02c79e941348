"""The weights in safetensors files as numpy arrays: no torch here, and one of them, or a part, in memory at a time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigError, PassingError
from bot.files import refusal

Array = NDArray[np.float32]

_TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16, "F64": np.float64}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor lies: from `start` on in the file, in bytes."""

    path: Path
    start: int
    dtype: str
    shape: tuple[int, ...]


class FileWeights(Mapping[str, Array]):
    """The tensors of some files by name, each read when it is asked for, in float32."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Raises ConfigError where a file is damaged, FileNotFoundError, PassingError while one cannot be read."""
        self._places: dict[str, _Place] = {}
        for path in files:
            try:
                self._places |= _places(path)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise PassingError(refusal(error) or f"{path} cannot be read just now ({error}).") from error
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(f"{path} is damaged ({error}): copy it again.") from error

    def shape(self, name: str) -> tuple[int, ...]:
        return self._places[name].shape

    def __getitem__(self, name: str) -> Array:
        place = self._places[name]
        return _read(place, 0, int(np.prod(place.shape, dtype=np.int64))).reshape(place.shape)

    def pieces(self, name: str, most: int) -> Iterator[Array]:
        """Yields a tensor by its rows, of at most `most` numbers at a time, and one row at least."""
        place = self._places[name]
        if int(np.prod(place.shape, dtype=np.int64)) <= most:
            yield self[name]
            return
        row = int(np.prod(place.shape[1:], dtype=np.int64))
        rows = max(1, most // row)
        for first in range(0, place.shape[0], rows):
            count = min(rows, place.shape[0] - first)
            yield _read(place, first * row, count * row).reshape(count, *place.shape[1:])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class FolderWeights(FileWeights):
    """Those of all `*.safetensors` of a model's folder."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise ConfigError(f"model.base: {folder} holds no *.safetensors: copy the model again.")
        super().__init__(files)


def _read(place: _Place, first: int, count: int) -> Array:
    """So many of a tensor's numbers, from the first one on."""
    dtype = np.dtype(_TYPES[place.dtype])
    try:
        values: NDArray[Any] = np.fromfile(place.path, dtype, count, offset=place.start + first * dtype.itemsize)
    except OSError as error:
        raise PassingError(refusal(error) or f"{place.path} cannot be read just now ({error}).") from error
    if place.dtype == "BF16":  # the upper half of a float32
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32, copy=False)


def _places(path: Path) -> dict[str, _Place]:
    """Reads the head of a safetensors file. Raises ValueError where the file is cut short or of another kind."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > size - 8:
            raise ValueError("it is cut short")
        head: dict[str, Any] = json.loads(file.read(length))
    head.pop("__metadata__", None)
    found = {}
    for name, told in head.items():
        start, end = (8 + length + int(offset) for offset in told["data_offsets"])
        if told["dtype"] not in _TYPES:
            raise ValueError(f"{name} is of the type {told['dtype']}")
        if end > size:
            raise ValueError("it is cut short")
        found[name] = _Place(path, start, told["dtype"], tuple(map(int, told["shape"])))
    return found
