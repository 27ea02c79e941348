"""Attachments as a store keeps them: JSON, with nothing in it that is not said."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.message import PHOTO, STICKER, Attachment

_SPEAKING = ("location", "contact", "poll", "game", "checklist")
"""Kinds whose words earlier programs kept as the message's text."""

_SAID = ("voice", "audio", "video")
"""Kinds in which somebody speaks. Not every export has it written down."""

_ENCODER = json.JSONEncoder(ensure_ascii=False)


def to_json(attachments: Sequence[Attachment]) -> str:
    """Returns attachments as JSON; empty where there are none."""
    return _ENCODER.encode([_record(one) for one in attachments]) if attachments else ""


def from_json(text: str) -> tuple[Attachment, ...]:
    """Reads what `to_json` wrote. Raises ValueError, KeyError or TypeError where it is damaged."""
    if not text:
        return ()
    return tuple(
        Attachment(
            str(one["kind"]),
            one.get("ref", ""),
            one.get("digest"),
            one.get("words", ""),
            one.get("seconds"),
            tuple(one.get("frames", ())),
            one.get("heard", ""),
        )
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
    if attachment.frames:
        record["frames"] = attachment.frames
    if attachment.heard:
        record["heard"] = attachment.heard
    return record


def digests_of(text: str) -> str:
    """Returns the digests of the pictures in the media store, separated by spaces; for SQL."""
    return " ".join(one.digest for one in from_json(text) if one.digest)


def shape_of(text: str) -> str:
    """Returns what attachments there are, whether their pictures are here or not, and written down or not; for SQL."""
    return "\n".join(sorted({f"{one.kind} {'' if one.kind in _SAID else one.words}" for one in from_json(text)}))


def filled_in(known: str, found: str) -> str:
    """Returns what is known of a message's attachments with what another export has of them; for SQL.

    Pictures that were missing, and words, are taken over; words that are known are not lost for it.
    """
    before, after = from_json(known), from_json(found)
    if not after or known == found:
        return known
    if {one.kind for one in before} == {"unknown"} or (not _stills(before) and _stills(after)):
        return found
    if [one.kind for one in before] == [one.kind for one in after]:
        return to_json([_completed(one, other) for one, other in zip(before, after, strict=True)])
    told = any(one.words for one in after if one.kind in _SAID)
    return (
        found if told and not _stills(before) and not any(one.words for one in before if one.kind in _SAID) else known
    )


def _stills(attachments: Sequence[Attachment]) -> bool:
    return any(one.digest for one in attachments)


def _completed(known: Attachment, found: Attachment) -> Attachment:
    """With its sound, its frames, its length and its words where they were missing. What a model heard gives way to
    what an export tells."""
    better = found.kind in _SAID and found.words and (not known.words or (known.heard and not found.heard))
    said = found if better else known
    return replace(
        known,
        ref=known.ref or found.ref,
        words=said.words,
        heard=said.heard,
        seconds=found.seconds if known.seconds is None else known.seconds,
        frames=known.frames or (() if known.digest else found.frames),
    )


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
