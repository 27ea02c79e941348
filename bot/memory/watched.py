"""A file of the owner's as it is now, read again whenever it was changed."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from bot.errors import EchoesError

log = logging.getLogger(__name__)

T = TypeVar("T")


class Watched(Generic[T]):
    """What the file holds. While it is damaged or cannot be read, what it held before, and a line in the log."""

    def __init__(self, path: Path, load: Callable[[Path], T], nothing: T) -> None:
        """load: raises EchoesError for a mistake. nothing: what stands for a file that was never read."""
        self._path = path
        self._load = load
        self._seen: tuple[int, int] | None = None
        self._held = nothing

    def __call__(self) -> T:
        try:
            stat = self._path.stat()
            now = stat.st_mtime_ns, stat.st_size
        except OSError:
            now = None
        if now != self._seen:
            self._seen = now
            try:
                self._held = self._load(self._path)
            except EchoesError as error:
                log.warning("What the file said before still holds: %s", error)
        return self._held
