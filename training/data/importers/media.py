"""Photos of an export, taken only from within its own folder."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bot.errors import DataError
from bot.media import MAX_BYTES, MediaStore

NOT_INCLUDED = "not in the export"
OUTSIDE = "outside of the export's folder"
TOO_LARGE = "too large"
UNREADABLE = "damaged, or too many pixels"

_ABSOLUTE = re.compile(r"/|[A-Za-z]:|~")


@dataclass(slots=True)
class ExportMedia:
    """base: the folder that the file names are relative to. root: what they may not leave."""

    store: MediaStore
    base: Path
    root: Path
    kept: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def take(self, name: str) -> str | None:
        """Copies a photo into the store; returns its digest, or None, having counted why not."""
        path = self._find(name)
        if isinstance(path, str):
            self.left_out[path] += 1
            return None
        try:
            if path.stat().st_size > MAX_BYTES:
                self.left_out[TOO_LARGE] += 1
                return None
            digest = self.store.put(path.read_bytes())
        except DataError:
            self.left_out[UNREADABLE] += 1
            return None
        except PermissionError:
            self.left_out[NOT_INCLUDED] += 1
            return None
        self.kept.add(digest)
        return digest

    def _find(self, name: str) -> Path | str:
        """The file, or why there is none. Exporters on Windows write backslashes, and sentences for what they left."""
        name = name.replace("\\", "/")
        if _ABSOLUTE.match(name):
            return OUTSIDE
        try:
            path = self.base.joinpath(PurePosixPath(name)).resolve()  # follows links, so that none leads out
            if not path.is_relative_to(self.root.resolve()):
                return OUTSIDE
            return path if path.is_file() else NOT_INCLUDED
        except (OSError, ValueError, RuntimeError):  # too long, a NUL, a circle of links
            return NOT_INCLUDED
