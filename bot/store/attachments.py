"""Attachments as a store keeps them: JSON, with nothing in it that is not said."""

import json
from collections.abc import Sequence
from typing import Any

from bot.message import PHOTO, STICKER, Attachment

_SPEAKING = ("location", "contact", "poll", "game", "checklist")
"""Kinds whose words earlier programs kept as the message's text."""

_SAID = ("voice", "audio", "video")
"""Kinds in which somebody speaks. Not every export has it written down."""


def to_json(attachments: Sequence[Attachment]) -> str:
    """Returns attachments as JSON; empty where there are none."""
    return json.dumps([_record(one) for one in attachments], ensure_ascii=False) if attachments else ""


def from_json(text: str) -> tuple[Attachment, ...]:
    """Reads what `to_json` wrote. Raises ValueError, KeyError or TypeError where it is damaged."""
    if not text:
        return ()
    return tuple(
        Attachment(str(one["kind"]), one.get("ref", ""), one.get("digest"), one.get("words", ""), one.get("seconds"))
        for one in json.loads(text)
    )


def _record(attachment: Attachment) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": attachment.kind}
    if attachment.ref:
        record["ref"] = attachment.ref
    if attachment.digest is not None:
        record["digest"] = attachment.digest
    if attachment.words:
        record["words"] = attachment.words
    if attachment.seconds is not None:
        record["seconds"] = attachment.seconds
    return record


def digests_of(text: str) -> str:
    """Returns the digests of the pictures in the media store, separated by spaces; for SQL."""
    return " ".join(one.digest for one in from_json(text) if one.digest)


def shape_of(text: str) -> str:
    """Returns what attachments there are, whether their pictures are here or not, and written down or not; for SQL."""
    return "\n".join(sorted({f"{one.kind} {'' if one.kind in _SAID else one.words}" for one in from_json(text)}))


def said_in(text: str) -> str:
    """Returns what is said in voice messages and the like, where it is written down; for SQL."""
    return "\n".join(one.words for one in from_json(text) if one.kind in _SAID and one.words)


def text_and_attachments(
    kind: str, text: str, photos: Sequence[tuple[str, str | None]]
) -> tuple[str, tuple[Attachment, ...]]:
    """Text and attachments of a message told as photos (ref, digest), and one kind for all else it brings.

    So exports tell them, and so earlier programs kept them: what a sticker or a place says is then the text.
    """
    if kind == STICKER and photos:
        return text, tuple(Attachment(STICKER, ref, digest) for ref, digest in photos)
    pictures = tuple(Attachment(PHOTO, ref, digest) for ref, digest in photos)
    if not kind or (kind == PHOTO and pictures):
        return text, pictures
    if kind == PHOTO:
        return text, (Attachment(PHOTO, digest=""),)
    if kind == STICKER or kind in _SPEAKING:
        return "", (*pictures, Attachment(kind, words=text))
    return text, (*pictures, Attachment(kind))
