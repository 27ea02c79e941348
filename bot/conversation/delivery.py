"""Bubbles on their way out: at a human pace, in order, each exactly once."""

import asyncio
import logging
import random
import time
from collections.abc import Callable

from bot.config import ConversationConfig
from bot.errors import EchoesError, PassingError, UndeliverableError
from bot.health import Observer
from bot.journal import Entry, Journal, Kind, State
from bot.platform import Adapter
from bot.types import Chat

log = logging.getLogger(__name__)

_TYPING_EVERY = 4.0  # seconds; Telegram's indicator fades after 5
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 120.0


def _never() -> bool:
    return False


class Delivery:
    """Sends what waits in one chat's outbox."""

    def __init__(
        self, chat: Chat, adapter: Adapter, journal: Journal, config: ConversationConfig, observe: Observer
    ) -> None:
        self._chat = chat
        self._adapter = adapter
        self._journal = journal
        self._config = config
        self._observe = observe

    def pause(self, text: str) -> float:
        """Seconds a person would type this bubble."""
        pace = self._config.characters_per_second
        return min(len(text) / pace, self._config.max_pause_seconds) if pace else 0.0

    async def send_all(self, ready: float | None = None, interrupted: Callable[[], bool] = _never) -> bool:
        """Empties the outbox. `ready`: when composing began (monotonic), counted as typing.

        Returns False if it was interrupted before the first bubble of a fresh reply went out.
        """
        begun = False
        for entry in self._journal.outbox(self._chat):
            if entry.kind is Kind.BUBBLE and entry.state is State.QUEUED:
                spent = time.monotonic() - ready if ready is not None and not begun else 0.0
                if not await self._type(self.pause(entry.text) - spent, _never if begun else interrupted):
                    return False
            await self._deliver(entry)
            begun = begun or entry.kind is Kind.BUBBLE
        return True

    async def typing(self) -> None:
        """Keeps the typing indicator on until cancelled."""
        while True:
            try:
                await self._adapter.typing(self._chat)
            except EchoesError as error:
                log.debug("No typing indicator on %s: %s", self._chat.platform, error)
            await asyncio.sleep(_TYPING_EVERY)

    async def _type(self, seconds: float, interrupted: Callable[[], bool]) -> bool:
        if interrupted():
            return False
        if seconds <= 0:
            return True
        indicator = asyncio.create_task(self.typing())
        try:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                await asyncio.sleep(min(left, 0.1))
                if interrupted():
                    return False
        finally:
            indicator.cancel()
        return True

    async def _deliver(self, entry: Entry) -> None:
        """Retries until the platform takes the bubble or says that the chat cannot be reached."""
        wait = _FIRST_WAIT
        unsure = entry.state is State.SENDING
        while True:
            try:
                if unsure and (arrived := await self._arrived(entry)):
                    self._journal.sent(entry.seq, arrived if isinstance(arrived, str) else None)
                    return
                self._journal.sending(entry.seq)
                unsure = True
                native_id = await self._adapter.send(self._chat, entry.text, entry.key)
                self._journal.sent(entry.seq, native_id)
                self._observe.sent(self._chat.platform)
                return
            except UndeliverableError as error:
                log.warning("A reply on %s was dropped: %s", self._chat.platform, error)
                self._observe.failed("send")
                self._journal.settle([entry.seq], State.DROPPED)
                return
            except EchoesError as error:
                retry_after = error.retry_after if isinstance(error, PassingError) else None
                delay = retry_after if retry_after is not None else wait * random.uniform(0.8, 1.2)
                log.warning("Sending on %s waits %.0f s: %s", self._chat.platform, delay, error)
                self._observe.failed("send")
                await asyncio.sleep(delay)
                wait = min(wait * 1.75, _LONGEST_WAIT)

    async def _arrived(self, entry: Entry) -> str | bool:
        """Whether a bubble arrived whose sending was cut off. Unknown counts as no: better twice than never."""
        after = self._journal.id_before(self._chat, entry.seq)
        return await self._adapter.delivered(self._chat, entry.text, entry.key, after) or False
