"""Copies the photos of an export, and what is seen and heard in what plays, only from within its own folder."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from bot.errors import DataError
from bot.heic import INSTALL, NoDecoder
from bot.media import MAX_BYTES, MediaStore
from bot.message import STICKER, Attachment
from bot.playing.installed import can_draw, can_look
from bot.playing.keeping import MOVING, SOUNDING, with_frames
from bot.playing.reading import NotInstalled

NOT_INCLUDED = "not in the export"
OUTSIDE = "outside of the export's folder"
TOO_LARGE = "too large"
NO_DECODER = f"HEIC, which {INSTALL} lets it read: import again with it"
UNREADABLE = "damaged, or too many pixels"
NOT_OPENED = "cannot be opened, or plays too long"

_ABSOLUTE = re.compile(r"/|[A-Za-z]:|~")


@dataclass(slots=True)
class ExportMedia:
    """The photos of one file, and what plays.

    base: the folder that their names are relative to. root: the folder that they may not leave. kept: the digests of
    the photos in the store. left_out: the number of others, by reason. sounds: of how many voice messages and videos
    the sound is kept. moving: of how many videos and the like frames are. playing_left_out: the number of
    others, by reason.
    """

    store: MediaStore
    base: Path
    root: Path
    kept: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    sounds: int = 0
    moving: int = 0
    playing_left_out: Counter[str] = field(default_factory=Counter)
    _absent: str | None = None  # the last name that was not there: of all that they left out exporters write the same

    def take(self, name: str) -> str | None:
        """Copies a photo into the store and returns its digest; if it cannot, counts the reason and returns None."""
        data = self._read(name, self.left_out)
        if data is None:
            return None
        try:
            digest = self.store.put(data)
        except NoDecoder:
            self.left_out[NO_DECODER] += 1
            return None
        except DataError:
            self.left_out[UNREADABLE] += 1
            return None
        self.kept.add(digest)
        return digest

    def take_playing(self, name: str, attachment: Attachment) -> Attachment:
        """Keeps the sound of a voice message or video, and frames of what moves; returns the attachment with them.

        If it cannot, counts the reason and returns the attachment as it is.
        """
        if attachment.kind == STICKER and attachment.words:
            return attachment
        opened = can_look() or (attachment.kind == STICKER and can_draw())
        if attachment.kind not in SOUNDING and not (attachment.kind in MOVING and opened):
            return attachment
        if (data := self._read(name, self.playing_left_out)) is None:
            return attachment
        try:
            found, sound = with_frames(attachment, data, self.store)
        except NotInstalled as error:
            self.playing_left_out[f"{error.what}, which {error.install} lets it open: import again with it"] += 1
            return attachment
        except DataError:
            self.playing_left_out[NOT_OPENED] += 1
            return attachment
        self.moving += bool(found.frames)
        if found.kind not in SOUNDING or not sound:
            return found
        self.sounds += 1
        return replace(found, ref=self.store.put_sound(sound))

    def _read(self, name: str, left_out: Counter[str]) -> bytes | None:
        """The file, or None and the reason counted."""
        path = NOT_INCLUDED if name == self._absent else self._find(name)
        if isinstance(path, str):
            if path == NOT_INCLUDED:
                self._absent = name
            left_out[path] += 1
            return None
        try:
            if path.stat().st_size > MAX_BYTES:
                left_out[TOO_LARGE] += 1
                return None
            return path.read_bytes()
        except PermissionError:
            left_out[NOT_INCLUDED] += 1
            return None

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
