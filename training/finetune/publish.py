"""From the best weights to a LoRA's folder: whole at once, for the owner only, and `latest` points to it."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.errors import EchoesError, UsageError
from bot.lora import CANARIES, LATEST
from bot.workspace import private_dir

_MAKING = "lora"


def free_name(loras: Path, name: str | None, now: datetime) -> str:
    """The name asked for, or one from the time. Raises UsageError where it is taken."""
    chosen = name or f"{now:%Y-%m-%d-%H%M%S}"
    if (loras / chosen).exists():
        raise UsageError(f"{loras / chosen} exists already: choose another --name, or remove it.")
    return chosen


def publish(loras: Path, name: str, work: Path, fill: Callable[[Path], None]) -> Path:
    """Makes the folder in `work`, lets `fill` write its files, and only then gives it its name.

    It becomes `latest`, unless it is for an audit.
    Raises EchoesError where the disk is full; nothing half-made is left in `loras`.
    """
    making = work / _MAKING
    shutil.rmtree(making, ignore_errors=True)
    try:
        private_dir(making)
        fill(making)
        for path in making.iterdir():
            path.chmod(0o600)
        private_dir(loras)
        final = loras / name
        making.rename(final)
        if not (final / CANARIES).exists():
            point_latest(loras, name)
    except OSError as error:
        raise EchoesError(
            f"The LoRA could not be written to {loras / name} ({error.strerror or error}): free some space there and "
            "run `echoes train` again; the training itself is kept."
        ) from error
    return final


def point_latest(loras: Path, name: str) -> None:
    """Swaps the link `latest` in one step."""
    link = loras / f".{LATEST}"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(loras / LATEST)
