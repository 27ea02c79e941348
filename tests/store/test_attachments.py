"""Attachments as a store keeps them."""

import pytest

from bot.message import PHOTO, STICKER, Attachment
from bot.store.attachments import digests_of, filled_in, from_json, shape_of, to_json

EVERY = (
    Attachment(PHOTO, "ref", "d" * 64),
    Attachment(PHOTO, "ref"),
    Attachment(PHOTO, digest=""),
    Attachment(STICKER, words="😂"),
    Attachment("voice", seconds=12, words="see you\nthen"),
    Attachment("file", seconds=0),
    Attachment("video", "ref", words="look", seconds=5, frames=("e" * 64, "f" * 64), heard="whisper a"),
)


@pytest.mark.parametrize("number", range(len(EVERY) + 1))
def test_they_come_back_as_they_were(number: int) -> None:
    assert from_json(to_json(EVERY[:number])) == EVERY[:number]


def test_nothing_is_an_empty_text() -> None:
    assert to_json(()) == "" and from_json("") == ()


def test_what_sql_is_told_of_them() -> None:
    assert digests_of(to_json(EVERY)) == "d" * 64
    assert shape_of(to_json(EVERY[:3])) == shape_of(to_json(EVERY[2:3])), "whether a photo came with it or not"
    assert shape_of(to_json(EVERY[3:4])) != shape_of(to_json((Attachment(STICKER, words="👍"),)))


VOICE = Attachment("voice", "sound", seconds=4)
TOLD = Attachment("voice", words="told")
HEARD = Attachment("voice", "sound", words="heard", seconds=4, heard="whisper a")


@pytest.mark.parametrize(
    ("known", "found", "then"),
    [
        (Attachment("voice"), VOICE, VOICE),
        (HEARD, VOICE, HEARD),
        (TOLD, HEARD, Attachment("voice", "sound", words="told", seconds=4)),
        (HEARD, TOLD, Attachment("voice", "sound", words="told", seconds=4)),
        (Attachment("video"), Attachment("video", frames=("e",)), Attachment("video", frames=("e",))),
        (Attachment(STICKER, digest="d"), Attachment(STICKER, frames=("e",)), Attachment(STICKER, digest="d")),
        (Attachment(PHOTO, digest=""), Attachment(PHOTO, digest="d"), Attachment(PHOTO, digest="d")),
        (Attachment("unknown"), VOICE, VOICE),
        (Attachment("file"), VOICE, Attachment("file")),
    ],
)
def test_another_export_fills_in_what_was_missing(known: Attachment, found: Attachment, then: Attachment) -> None:
    assert from_json(filled_in(to_json([known]), to_json([found]))) == (then,)


@pytest.mark.parametrize("damaged", ['[{"kind"', "[1]", '[{"ref": "a"}]', "{}x"])
def test_what_is_damaged_raises_what_the_stores_expect(damaged: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_json(damaged)
