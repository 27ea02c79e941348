"""What iMessage's database keeps beside the words of a message: its files, and what became of it when it was edited."""

import plistlib
import sqlite3
from dataclasses import dataclass
from typing import Any

from training.data.importers.base import clean_name
from training.data.importers.database import columns_of
from training.data.importers.filekinds import kind_of_file
from training.data.importers.typedstream import words_of

_FOLDER = "Attachments/"
_PREVIEW = ".pluginPayloadAttachment"  # of a link, and no file that somebody sent
_MIME_KINDS = (("image/", "photo"), ("video/", "video"), ("audio/", "audio"), ("text/vcard", "contact"),
               ("text/x-vlocation", "location"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attached:
    """The files of a message: the paths of its pictures, relative to the database, and the placeholder of the rest."""

    photos: tuple[str, ...] = ()
    placeholder: str | None = None


def attached_to(db: sqlite3.Connection, message: int) -> Attached:
    """Returns the files of a message, by its row."""
    sticker = "a.is_sticker" if "is_sticker" in columns_of(db, "attachment") else "0"
    photos: list[str] = []
    placeholder: str | None = None
    for name, mime, sent_as, is_sticker in db.execute(
        f"SELECT a.filename, a.mime_type, a.transfer_name, {sticker} FROM message_attachment_join j"
        " JOIN attachment a ON a.ROWID = j.attachment_id WHERE j.message_id = ? ORDER BY a.ROWID",
        (message,),
    ):
        path = clean_name(name)
        if path.endswith(_PREVIEW):
            continue
        kind = next((kind for start, kind in _MIME_KINDS if str(mime or "").startswith(start)), None)
        kind = "sticker" if is_sticker else kind or kind_of_file(clean_name(sent_as) or path)
        within = path.find(_FOLDER)
        if kind == "photo" and within >= 0:
            photos.append(path[within:])
        else:
            placeholder = kind
    return Attached(tuple(photos), placeholder)


def last_words(summary: object) -> str:
    """Returns what a message was edited to last, as its summary tells; empty where it does not."""
    parts = _summary(summary).get("ec")
    versions = [part[-1] for part in parts.values() if part] if isinstance(parts, dict) else []
    return "\n".join(filter(None, (words_of(one["t"]) for one in versions if isinstance(one.get("t"), bytes))))


def was_unsent(summary: object) -> bool:
    """Says whether parts of a message were taken back, as its summary tells."""
    return bool(_summary(summary).get("rp"))


def _summary(data: object) -> dict[str, Any]:
    if not isinstance(data, bytes):
        return {}
    try:
        found = plistlib.loads(data)
    except Exception:  # whatever it raises for what is damaged, and that is many things
        return {}
    return found if isinstance(found, dict) else {}
