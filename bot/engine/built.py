"""Folders in the user's cache that are built once: there whole, or not at all."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

_STALE_AFTER = 3600.0  # seconds without a new byte after which another builder's leavings are nobody's


def cache_home() -> Path:
    """Where Echoes keeps what it can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "echoes"


def ensure(folder: Path, needed: Collection[str], build: Callable[[Path], None]) -> Path:
    """Returns `folder`, built where one of the files that it needs is missing. Safe beside other builders.

    build: fills a place beside it, which becomes the folder; where another builder was faster, theirs stays. Raises
    what that raises, and OSError where it cannot be written; a failed building leaves nothing.
    """
    there = folder.is_dir()  # asked first: another builder's may appear at any time, and is whole
    if all((folder / name).is_file() for name in needed):
        return folder
    if there:
        shutil.rmtree(folder)  # somebody took a file out of it
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        build(place)
        _publish(place, folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return folder


def _publish(place: Path, folder: Path) -> None:
    for path in place.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    place.chmod(0o755)
    try:
        place.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _sweep(cache: Path) -> None:
    """Takes away what killed builders left."""
    for place in cache.glob(".*.part"):
        with suppress(OSError):  # it has just become a folder, or is none
            if time.time() - max(path.stat().st_mtime for path in (place, *place.iterdir())) > _STALE_AFTER:
                shutil.rmtree(place, ignore_errors=True)
