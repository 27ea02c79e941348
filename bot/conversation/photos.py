"""Photos of a message: from the platform into the store, before anybody answers."""

import asyncio
import logging
from dataclasses import replace

from bot.errors import DataError, EchoesError, PassingError
from bot.files import refusal
from bot.media import MAX_BYTES, MediaStore
from bot.observer import Observer
from bot.platform import Adapter
from bot.store.journal import Entry, Journal

log = logging.getLogger(__name__)

_TRIES = 4
MISSING = ""
"""The digest of a photo that cannot be had; the conversation goes on without it."""


async def fetch_photos(entry: Entry, adapter: Adapter, media: MediaStore, journal: Journal, observe: Observer) -> None:
    """Fetches what is not fetched yet. A photo that cannot be had is noted as such, with a sentence in the log."""
    if not any(one.to_fetch for one in entry.attachments):
        return
    fetched = [
        replace(one, digest=await _fetch(one.ref, adapter, media, observe)) if one.to_fetch else one
        for one in entry.attachments
    ]
    if not journal.fetched(entry.seq, fetched):  # forgotten or deleted while they came
        for digest in {one.digest for one in fetched if one.digest} - journal.digests():
            media.delete(digest)


class _NoRoomError(PassingError):
    """The disk does not take a photo now: its message waits, and nothing of it is lost."""


async def _keep(data: bytes, media: MediaStore) -> str:
    try:
        return await asyncio.to_thread(media.put, data)
    except OSError as error:
        raise _NoRoomError(refusal(error, media.root) or f"A photo cannot be kept ({error}).") from error


async def _fetch(ref: str, adapter: Adapter, media: MediaStore, observe: Observer) -> str:
    for attempt in range(_TRIES):
        try:
            data = await adapter.fetch(ref, MAX_BYTES)
            return await _keep(data, media)
        except _NoRoomError:
            raise
        except PassingError as error:
            log.warning("A photo on %s could not be fetched yet: %s", adapter.platform, error)
            await asyncio.sleep(error.retry_after if error.retry_after is not None else 2.0**attempt)
        except DataError as error:
            log.warning("A photo on %s is left out: %s", adapter.platform, error)
            return MISSING
        except (EchoesError, OSError) as error:
            log.warning("A photo on %s is left out: %s", adapter.platform, error)
            observe.failed("fetch")
            return MISSING
    observe.failed("fetch")
    return MISSING
