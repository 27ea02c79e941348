"""What comes with a message, from the platform, before anybody answers: photos into the store, sound into words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ParamSpec, TypeVar

from bot.errors import DataError, EchoesError, PassingError
from bot.files import refusal
from bot.hearing.ears import Ears
from bot.media import MAX_BYTES, MediaStore
from bot.message import PHOTO, STICKER, Attachment
from bot.observer import Observer
from bot.platform import Adapter
from bot.playing.installed import can_look
from bot.playing.keeping import SOUNDING, with_frames
from bot.store.journal import Entry, Journal

log = logging.getLogger(__name__)

_TRIES = 4
MISSING = ""
"""The digest of what cannot be had, or holds no picture; the conversation goes on without it."""
_CALLED = {PHOTO: "photo", STICKER: "sticker", "voice": "voice message", "video": "video", "animation": "animation"}

P = ParamSpec("P")
T = TypeVar("T")


class _NoRoomError(PassingError):
    """The disk does not take a photo now: its message waits, and nothing of it is lost."""


class Arrivals:
    """Fetches for all chats of an avatar. ears: None where nobody hears; then voice messages are not even fetched."""

    def __init__(self, media: MediaStore, ears: Ears | None, journal: Journal, observe: Observer) -> None:
        self._media = media
        self._ears = ears
        self._journal = journal
        self._observe = observe
        self._one_is_opened = asyncio.Lock()

    async def fetch(self, entry: Entry, adapter: Adapter) -> None:
        """Fetches what is not fetched yet. What cannot be had is noted as such, with a sentence in the log.

        Of sound only its words are kept.
        """
        if not any(one.to_fetch for one in entry.attachments):
            return
        fetched = [await self._fetched(one, adapter) if one.to_fetch else one for one in entry.attachments]
        if not self._journal.fetched(entry.seq, fetched):  # forgotten or deleted while they came
            for digest in {digest for one in fetched for digest in one.pictures} - self._journal.digests():
                self._media.delete(digest)

    async def _fetched(self, attachment: Attachment, adapter: Adapter) -> Attachment:
        nothing = replace(attachment, digest=MISSING)
        if not self._is_wanted(attachment):
            return nothing
        take = self._photo if attachment.kind == PHOTO else self._playing

        async def taken(data: bytes) -> Attachment:
            return await take(attachment, data)

        return await self._tried(attachment, adapter, taken) or nothing

    def _is_wanted(self, attachment: Attachment) -> bool:
        if attachment.kind in (PHOTO, STICKER):
            return True
        return (self._ears is not None and attachment.kind in SOUNDING) or (attachment.kind != "voice" and can_look())

    async def _photo(self, attachment: Attachment, data: bytes) -> Attachment:
        return replace(attachment, digest=await self._kept(self._media.put, data))

    async def _playing(self, attachment: Attachment, data: bytes) -> Attachment:
        """With its frames, and with what is said in it."""
        async with self._one_is_opened:
            found, sound = await self._kept(with_frames, attachment, data, self._media)
        if found.digest is None:
            found = replace(found, digest=MISSING)
        if self._ears is None or not sound or found.kind not in SOUNDING:
            return found
        heard = await self._ears.hear(sound)
        if heard is None:
            return found
        seconds = round(heard.seconds) if found.seconds is None else found.seconds
        return replace(found, words=heard.words, heard=self._ears.name, seconds=seconds)

    async def _kept(self, keep: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Beside the event loop. Raises _NoRoomError where the disk does not take it."""
        try:
            return await asyncio.to_thread(keep, *given, **named)
        except OSError as error:
            raise _NoRoomError(refusal(error, self._media.root) or f"A photo cannot be kept ({error}).") from error

    async def _tried(
        self, attachment: Attachment, adapter: Adapter, taken: Callable[[bytes], Awaitable[Attachment]]
    ) -> Attachment | None:
        what = f"A {_CALLED.get(attachment.kind, attachment.kind)} on {adapter.platform}"
        for attempt in range(_TRIES):
            try:
                return await taken(await adapter.fetch(attachment.ref, MAX_BYTES))
            except _NoRoomError:
                raise
            except PassingError as error:
                log.warning("%s could not be fetched yet: %s", what, error)
                await asyncio.sleep(error.retry_after if error.retry_after is not None else 2.0**attempt)
            except DataError as error:
                log.warning("%s is left out: %s", what, error)
                return None
            except (EchoesError, OSError) as error:
                log.warning("%s is left out: %s", what, error)
                self._observe.failed("fetch")
                return None
        self._observe.failed("fetch")
        return None
