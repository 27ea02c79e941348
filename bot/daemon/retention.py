"""What is not kept for ever: messages and photos that are older, or more, than the owner keeps."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.config import RetentionConfig
from bot.media import MediaStore
from bot.store.journal import Journal

log = logging.getLogger(__name__)

_FRESH_PHOTO_SECONDS = 600.0  # a photo just stored may not be in the journal yet


@dataclass(frozen=True, slots=True)
class Retention:
    """now: seconds since 1970 by this machine, as the files' own times are."""

    journal: Journal
    media: MediaStore
    config: RetentionConfig
    now: Callable[[], float] = time.time

    async def run(self) -> int:
        """Deletes messages past their days, photos that no message holds any more, and the oldest of too many.

        Returns how many messages are gone.
        """
        now = self.now()
        before = datetime.fromtimestamp(now, UTC) - timedelta(days=self.config.journal_days)
        messages = self.journal.purge(before)
        photos = await asyncio.to_thread(self._photos, self.journal.digests(), now - _FRESH_PHOTO_SECONDS)
        self.journal.checkpoint()
        if messages or photos:
            log.info("Retention: %d messages and %d photos were deleted.", messages, photos)
        return messages

    def _photos(self, held: set[str], stored_before: float) -> int:
        gone = self.media.prune(held, stored_before)
        return gone + self.media.shrink(int(self.config.photos_mb * 1e6), stored_before)
