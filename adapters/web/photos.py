"""Photos put on the page, until the lines that show them are gone."""

import re
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataError, PermanentError
from bot.pictures import decode
from bot.workspace import private_dir, write_private

TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}
_NAME = re.compile(r"[0-9a-f]{32}\.(jpg|png|gif|webp)")
_UNUSED_AFTER = 3600  # seconds: an upload whose message never came


@dataclass(frozen=True, slots=True)
class PhotoFolder:
    root: Path

    def put(self, data: bytes) -> str:
        """Stores a picture that a browser can show; returns its name. Raises DataError for anything else."""
        kind = _kind(data)
        if kind is None:
            raise DataError("This is no photo that can be shown: send JPEG, PNG, WebP or GIF.")
        decode(data)
        name = f"{secrets.token_hex(16)}.{kind}"
        private_dir(self.root)
        write_private(self.root / name, data)
        return name

    def holds(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and (self.root / name).is_file()

    def read(self, name: str, limit: int) -> bytes:
        """Returns the bytes of a photo. Raises PermanentError where it is gone or larger than `limit` bytes."""
        if not self.holds(name):
            raise PermanentError("A photo of the web chat is no longer there.")
        try:
            with (self.root / name).open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:  # forgotten just now
            raise PermanentError("A photo of the web chat is no longer there.") from None
        if len(data) > limit:
            raise PermanentError(f"A photo of the web chat was left out: it is larger than {limit / 1e6:.0f} MB.")
        return data

    def prune(self, shown: Collection[str]) -> None:
        """Deletes what no line shows, but for what was uploaded just now."""
        if not self.root.is_dir():
            return
        for path in self.root.iterdir():
            if path.name not in shown and time.time() - path.stat().st_mtime > _UNUSED_AFTER:
                path.unlink(missing_ok=True)

    def delete(self, names: Collection[str]) -> None:
        for name in names:
            if self.holds(name):
                (self.root / name).unlink(missing_ok=True)


def _kind(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
