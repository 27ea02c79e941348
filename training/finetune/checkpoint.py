"""Where an unfinished run is kept: whole at every moment, so that a kill costs one interval and a full disk nothing."""

import fcntl
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.errors import EchoesError, PassingError, UsageError
from bot.files import read_text
from bot.workspace import private_dir, write_private

FOLDER = ".training"
_RUN, _CHECKPOINT, _BEST, _LOCK = "run.json", "checkpoint.pt", "best.pt", "lock"


@dataclass(frozen=True, slots=True)
class Measured:
    """Losses at a moment of the run: nats a token of text, nats a decision; None where there is none to measure."""

    step: int
    tokens: int
    seconds: float
    text: float | None
    decision: float | None


@dataclass(slots=True)
class Position:
    """Where a run stands. Everything in it is plain, so that it can be written and read back."""

    epoch: int = 0
    batch: int = 0  # of this epoch, the next to be learnt
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    trained_from: float = 0.0  # on the clock that stands still at measurements
    learning_seconds: float = 0.0
    held_out_texts: int = 0  # tokens of text in one measurement
    held_out_decisions: int = 0
    reading_speed: float = 1.0  # tokens a second
    measured_seconds: float = 0.0  # of all measurements
    measured_at: float = 0.0  # fraction of the run at the last measurement
    curve_at: float = 0.0  # and at the last point of the training curve
    best: float | None = None
    best_step: int = 0
    finished: bool = False
    offset: float | None = None  # of the log-odds of answering, once it is fitted
    foretold: float = 0.0  # seconds that the run was said to take, after its first steps
    train: list[Measured] = field(default_factory=list)
    held_out: list[Measured] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> "Position":
        fields = dict(plain)
        for name in ("train", "held_out"):
            fields[name] = [Measured(**one) for one in fields[name]]
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    position: Position
    lora: dict[str, Tensor]
    optimizer: dict[str, Any]
    rng: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of a workspace's unfinished run."""

    folder: Path

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Keeps others out. Raises UsageError where another process trains in this workspace."""
        private_dir(self.folder)
        descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    f"Another `echoes train` is at work in {self.folder.parent}: wait for it, or stop it."
                ) from None
            yield
        finally:
            os.close(descriptor)

    def key(self) -> str | None:
        """Returns what the unfinished run was for, or None. Raises PassingError while it cannot be read."""
        try:
            return str(json.loads(read_text(self.folder / _RUN))["key"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def begin(self, key: str) -> None:
        """Clears what was there and starts anew."""
        self.clear()
        try:
            write_private(self.folder / _RUN, json.dumps({"key": key}).encode())
        except OSError as error:
            raise EchoesError(
                f"{self.folder} cannot be written to ({error.strerror}): free some space there."
            ) from error

    def clear(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()

    def save(self, checkpoint: Checkpoint) -> None:
        """Saves a checkpoint. Raises EchoesError where the disk is full; the one before stays."""
        content = {
            "position": checkpoint.position.to_plain(),
            "lora": checkpoint.lora,
            "optimizer": checkpoint.optimizer,
            "rng": checkpoint.rng,
        }
        self._write(_CHECKPOINT, content)

    def load(self) -> Checkpoint | None:
        content = self._read(_CHECKPOINT)
        if content is None:
            return None
        return Checkpoint(Position.of_plain(content["position"]), content["lora"], content["optimizer"], content["rng"])

    def save_best(self, lora: dict[str, Tensor]) -> None:
        self._write(_BEST, lora)

    def load_best(self) -> dict[str, Tensor] | None:
        return self._read(_BEST)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        buffer = io.BytesIO()
        torch.save(content, buffer)
        try:
            write_private(self.folder / name, buffer.getvalue())
        except OSError as error:
            raise EchoesError(
                f"The training could not be saved to {self.folder} ({error.strerror}): free "
                f"{3 * len(buffer.getvalue()) / 1e6:.0f} MB there and run `echoes train` again; it goes on from the "
                "last time it was saved."
            ) from error

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.folder / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PassingError(f"{path} cannot be read just now ({error.strerror}): train again later.") from error
        try:
            content: dict[str, Any] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds for a damaged file
            raise EchoesError(
                f"{path} is damaged ({type(error).__name__}): start over with `echoes train --fresh`."
            ) from error
        return content


def rng_state() -> dict[str, Tensor]:
    """Returns the state of torch's random numbers, which drop LoRA weights; all others are made from the seed anew."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_rng(state: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
