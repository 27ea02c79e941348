"""Copies the photos of an export, and only from within its own folder."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bot.errors import DataError
from bot.heic import INSTALL, NoDecoder
from bot.media import MAX_BYTES, MediaStore

NOT_INCLUDED = "not in the export"
OUTSIDE = "outside of the export's folder"
TOO_LARGE = "too large"
NO_DECODER = f"HEIC, which {INSTALL} lets it read: import again with it"
UNREADABLE = "damaged, or too many pixels"

_ABSOLUTE = re.compile(r"/|[A-Za-z]:|~")


@dataclass(slots=True)
class ExportMedia:
    """The photos of one file.

    base: the folder that their names are relative to. root: the folder that they may not leave. kept: the digests of
    those in the store. left_out: the number of others, by reason.
    """

    store: MediaStore
    base: Path
    root: Path
    kept: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def take(self, name: str) -> str | None:
        """Copies a photo into the store and returns its digest; if it cannot, counts the reason and returns None."""
        path = self._find(name)
        if isinstance(path, str):
            self.left_out[path] += 1
            return None
        try:
            if path.stat().st_size > MAX_BYTES:
                self.left_out[TOO_LARGE] += 1
                return None
            digest = self.store.put(path.read_bytes())
        except NoDecoder:
            self.left_out[NO_DECODER] += 1
            return None
        except DataError:
            self.left_out[UNREADABLE] += 1
            return None
        except PermissionError:
            self.left_out[NOT_INCLUDED] += 1
            return None
        self.kept.add(digest)
        return digest

    def _find(self, name: str) -> Path | str:
        """Returns the file, or the reason why there is none.

        Exporters on Windows write backslashes in a name, and a sentence in place of what they left out.
        """
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
