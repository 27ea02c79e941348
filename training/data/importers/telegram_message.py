"""What is read of a message of Telegram Desktop's result.json: its words, its photos and what it brings beside them."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET

from training.data.importers.base import clean

_MEDIA = {
    "sticker": "sticker",
    "animation": "animation",
    "voice_message": "voice",
    "video_message": "video",
    "video_file": "video",
    "audio_file": "audio",
}
PLAYING = frozenset(_MEDIA.values())
"""The placeholders of what may have a file that plays."""

PLAIN = frozenset(
    ("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id", "author", "text",
     "text_entities", "reply_to_message_id", "reply_to_peer_id", "forwarded_from", "forwarded_from_id", "saved_from",
     "via_bot", "reactions", "inline_bot_buttons")
)  # fmt: skip
"""The keys of a message of plain text. A message without text and with other keys is of an unknown kind."""


class RawMessage(msgspec.Struct, rename={"from_": "from"}, gc=False):
    """What is read of a message, in the order in which Telegram writes it. UNSET: whether it is there tells something,
    even where it is null."""

    id: Any = None
    type: Any = "message"
    date: Any = None
    date_unixtime: Any = None
    edited: Any = None
    edited_unixtime: Any = None
    from_: Any = None
    from_id: Any = None
    author: Any = None
    forwarded_from: Any = UNSET
    via_bot: Any = UNSET
    reply_to_message_id: Any = None
    reply_to_peer_id: Any = None
    photo: Any = None
    file: Any = None
    media_type: Any = None
    sticker_emoji: Any = None
    mime_type: Any = None
    duration_seconds: Any = None
    contact_information: Any = UNSET
    location_information: Any = UNSET
    place_name: Any = UNSET
    rich_message: Any = None
    text: Any = None
    reactions: Any = None


def content(raw: RawMessage) -> tuple[str, tuple[str, ...], str | None]:
    """Returns a message's text, photos and placeholder."""
    text = raw.text if type(raw.text) is str else _text(raw.text)
    if not text and raw.rich_message is not None:
        text = "\n".join(_blocks(raw.rich_message))
    text = clean(text)
    media = raw.media_type
    if media == "sticker":
        return text or clean(raw.sticker_emoji), (), "sticker"
    if isinstance(media, str) and media in _MEDIA:
        return text, (), _MEDIA[media]
    if raw.photo:
        return text, (str(raw.photo),), None
    if raw.file and media is None:
        if str(raw.mime_type or "").startswith("image/"):
            return text, (str(raw.file),), None
        return text, (), "file"
    if raw.contact_information is not UNSET:
        return text, (), "contact"
    if raw.location_information is not UNSET or raw.place_name is not UNSET:
        return text, (), "location"
    return text, (), None


def _text(value: object) -> str:
    """Returns the text, which is a string or a list of strings and of objects with one."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) if isinstance(part, dict) else _text(part) for part in value)
    return value if isinstance(value, str) else ""


def _blocks(value: object) -> Iterator[str]:
    """Yields the lines of a rich message: of its paragraphs, lists, tables and whatever else holds text."""
    if isinstance(value, list):
        for part in value:
            yield from _blocks(part)
    elif isinstance(value, dict):
        if line := _text(value.get("text")).strip():
            yield line
        for key, part in value.items():
            if key != "text" and isinstance(part, list | dict):
                yield from _blocks(part)
