"""Photos, and the sound of imported voice messages, by content: stored once under their SHA-256, opened with care."""

import hashlib
import io
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bot.errors import DataError
from bot.pictures import decode
from bot.workspace import private_dir, write_private

MAX_BYTES = 20 * 1024 * 1024
KEPT_BYTES = 64 * 1024 * 1024
"""Of photos at the size of a prompt, kept in memory so that a chat's photos are not decoded with each message."""


@dataclass(frozen=True, slots=True)
class MediaStore:
    """A folder of photos. May be used from several threads at once.

    beside: folders in which photos are looked for, too, and never changed.
    """

    root: Path
    beside: tuple[Path, ...] = ()
    _seen: "_Seen" = field(default_factory=lambda: _Seen(), init=False, repr=False, compare=False)

    def path(self, digest: str) -> Path:
        """Where a photo is, or would be stored."""
        own = self._own(digest)
        if not own.is_file():
            elsewhere = (folder / digest[:2] / digest for folder in self.beside)
            return next((path for path in elsewhere if path.is_file()), own)
        return own

    def _own(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """Stores a photo's bytes; returns its digest. Raises DataError if it is too large or no picture."""
        if len(data) > MAX_BYTES:
            raise DataError(
                f"A photo of {len(data) / 1e6:.0f} MB was left out: at most {MAX_BYTES / 1e6:.0f} MB are read."
            )
        digest = hashlib.sha256(data).hexdigest()
        path = self._own(digest)
        if not path.exists():
            size = decode(data).size
            private_dir(path.parent)
            write_private(path, data)
            self._seen.note(digest, size)
        return digest

    def put_sound(self, data: bytes) -> str:
        """Stores the file of a voice message, as it is; returns its digest. Nothing here ever opens it."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._own(digest)
        if not path.exists():
            private_dir(path.parent)
            write_private(path, data)
        return digest

    def sound(self, digest: str) -> bytes | None:
        """The file of a voice message; None where it is gone."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError:
            return None

    def open(self, digest: str) -> Image.Image:
        """The photo as upright RGB, transparency over white, at most MAX_SIDE pixels a side. Raises DataError."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            self._seen.drop(digest)
            raise DataError(f"The photo {digest[:12]} is missing from {self.root}.") from None
        try:
            image = decode(data)
        except DataError:
            self._seen.note(digest, None)
            raise
        self._seen.note(digest, image.size)
        return image

    def size(self, digest: str) -> tuple[int, int]:
        """Width and height as opened. Raises DataError; decodes the photo where it was not seen yet."""
        size = self._seen.size(digest) if self.path(digest).is_file() else None
        return size or self.open(digest).size

    def shows(self, digest: str) -> bool:
        """Whether the photo is there and, as far as was seen, can be read."""
        return self.path(digest).is_file() and not self._seen.unreadable(digest)

    def resized(self, digest: str, width: int, height: int) -> bytes:
        """The photo at that size, as PNG. Raises DataError, also where the photo has been deleted meanwhile."""
        key = (digest, width, height)
        if self.path(digest).is_file() and (kept := self._seen.picture(key)) is not None:
            return kept
        buffer = io.BytesIO()
        self.open(digest).resize((width, height), Image.Resampling.BICUBIC).save(buffer, "PNG")
        self._seen.keep(key, buffer.getvalue())
        if not self.path(digest).is_file():  # deleted while it was looked at
            self._seen.drop(digest)
        return buffer.getvalue()

    def delete(self, digest: str) -> None:
        self._own(digest).unlink(missing_ok=True)
        self._seen.drop(digest)

    def prune(self, keep: set[str], older_than: float) -> int:
        """Deletes photos that are not to be kept and were stored before a time (seconds since 1970); returns how many.

        A photo just stored may not be in anybody's record yet, hence the time.
        """
        old = [path for path in self.root.glob("??/*") if path.name not in keep and path.stat().st_mtime < older_than]
        for path in old:
            path.unlink(missing_ok=True)
            self._seen.drop(path.name)
        return len(old)

    def shrink(self, limit: int, older_than: float) -> int:
        """Deletes the oldest photos until all of them take at most `limit` bytes; returns how many.

        As with `prune` none goes that was stored after a time.
        """
        photos = [(path.stat(), path) for path in self.root.glob("??/*")]
        excess = sum(stat.st_size for stat, _ in photos) - limit
        gone = 0
        for stat, path in sorted(photos, key=lambda photo: photo[0].st_mtime):
            if excess <= 0 or stat.st_mtime >= older_than:
                break
            self.delete(path.name)
            excess -= stat.st_size
            gone += 1
        return gone


class _Seen:
    """What is known of photos without looking at their files again; nothing of one that was deleted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: dict[str, tuple[int, int] | None] = {}  # None: cannot be read
        self._pictures: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()  # the longest unused first
        self._bytes = 0

    def note(self, digest: str, size: tuple[int, int] | None) -> None:
        with self._lock:
            self._sizes[digest] = size

    def size(self, digest: str) -> tuple[int, int] | None:
        return self._sizes.get(digest)

    def unreadable(self, digest: str) -> bool:
        return self._sizes.get(digest, ()) is None

    def keep(self, key: tuple[str, int, int], picture: bytes) -> None:
        with self._lock:
            if key in self._pictures:  # another thread was quicker
                return
            self._pictures[key] = picture
            self._bytes += len(picture)
            while self._bytes > KEPT_BYTES:
                _, oldest = self._pictures.popitem(last=False)
                self._bytes -= len(oldest)

    def picture(self, key: tuple[str, int, int]) -> bytes | None:
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def drop(self, digest: str) -> None:
        with self._lock:
            self._sizes.pop(digest, None)
            for key in [key for key in self._pictures if key[0] == digest]:
                self._bytes -= len(self._pictures.pop(key))
