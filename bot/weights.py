"""What lies in a file of weights, told from its head and its size: no torch here, and nothing large is read."""

from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError, safe_open

from bot.errors import PassingError
from bot.files import refusal

_PIECE = 1 << 20  # bytes
_SAMPLE = 1 << 20  # bytes read from each end of a file of weights to tell models apart


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The tensors of a safetensors file by name, none of them read.

    Raises FileNotFoundError, ValueError with the reason where it is cut short or damaged, and PassingError while it
    cannot be read.
    """
    try:
        path.open("rb").close()  # the library says of every file that cannot be opened that it is not there
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PassingError(refusal(error) or f"{path} cannot be read just now ({error}).") from error
    except SafetensorError as error:
        raise ValueError(str(error).removeprefix("Error while deserializing header: ")) from error


def ends(path: Path) -> Iterator[bytes]:
    """The beginning and the end of a file, which no two models have alike."""
    with path.open("rb") as file:
        yield file.read(_SAMPLE)
        file.seek(max(path.stat().st_size - _SAMPLE, 0))
        yield file.read(_SAMPLE)


def read_through(path: Path) -> None:
    """Reads every byte once, so that a disk that has lost some of them says so. Raises PassingError."""
    try:
        with path.open("rb") as file:
            while file.read(_PIECE):
                pass
    except OSError as error:
        raise PassingError(f"{path} cannot be read ({error.strerror}): check that disk.") from error
