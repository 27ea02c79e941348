"""What is kept of something that plays: frames beside the photos, and for a while its sound. Imports and platforms
both come through here, so that the avatar sees a video as it learnt to."""

from dataclasses import replace

from bot.errors import DataError
from bot.media import MediaStore
from bot.message import STICKER, Attachment
from bot.playing.installed import can_look
from bot.playing.reading import is_drawn, look

SOUNDING = ("voice", "video")
"""Kinds in which somebody speaks."""
MOVING = ("video", "animation", STICKER)
"""Kinds of which frames are shown. Of a sticker only where no emoji says what it shows."""


def with_frames(attachment: Attachment, data: bytes, media: MediaStore) -> tuple[Attachment, bytes]:
    """The attachment with its frames, put into the store, and its sound; both may be nothing.

    data: the file. The length that was told stays; else it is the file's. Raises DataError where it cannot be opened,
    and OSError where it cannot be kept. Of a sticker that does not move the one picture is kept.
    """
    if attachment.kind not in MOVING:
        return attachment, data
    if attachment.kind == STICKER and attachment.words:
        return replace(attachment, digest=""), b""
    drawn = attachment.kind == STICKER and is_drawn(data)
    if not can_look() and not drawn:
        return (replace(attachment, digest=media.put(data)) if attachment.kind == STICKER else attachment), b""
    try:
        looked = look(data)
    except DataError:
        if attachment.kind != STICKER or drawn:
            raise
        return replace(attachment, digest=media.put(data)), b""
    frames = tuple(media.put(frame) for frame in looked.frames)
    seconds = looked.seconds if attachment.seconds is None else attachment.seconds
    return replace(attachment, frames=frames, seconds=seconds), looked.sound
