"""Bubbles on their way out: at a human pace, in order, each exactly once."""

import asyncio
import logging
import random
import time
from collections.abc import Callable

from bot.chat.attachments import spoken
from bot.conversation.answering import needs_showing
from bot.conversation.avatar import Avatar
from bot.conversation.pace import Spread
from bot.conversation.stickers import sticker_for
from bot.disclosure import language_of
from bot.errors import EchoesError, PassingError, UndeliverableError
from bot.message import STICKER, VOICE, Chat
from bot.observer import Observer
from bot.platform import Adapter, VoiceMessage
from bot.store.journal import Entry, Journal, Kind, State

log = logging.getLogger(__name__)

_TYPING_EVERY = 4.0  # seconds; Telegram's indicator fades after 5
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0


def _never() -> bool:
    return False


def _is_voice(entry: Entry) -> bool:
    return entry.kind is Kind.BUBBLE and any(one.kind == VOICE for one in entry.attachments)


class Delivery:
    """Sends what waits in one chat's outbox. lane: held while a bubble is on its way."""

    def __init__(
        self,
        chat: Chat,
        adapter: Adapter,
        journal: Journal,
        avatar: Avatar,
        observe: Observer,
        lane: asyncio.Lock,
    ) -> None:
        self._chat = chat
        self._adapter = adapter
        self._journal = journal
        self._config = avatar.config
        self._persona = avatar.persona
        self._voice = avatar.voice
        self._observe = observe
        self._lane = lane

    def follow(self, chat: Chat, lane: asyncio.Lock) -> None:
        """Lets the chat go on under another id, and in another lane."""
        self._chat, self._lane = chat, lane

    def pause(self, text: str, pauses: Spread | None = None) -> float:
        """Returns how many seconds a person would type this bubble; pauses: how long this one pauses between two."""
        pace = self._config.characters_per_second
        seconds = pauses.at(random.random()) if pauses else len(text) / pace if pace else 0.0
        return min(seconds, self._config.max_pause_seconds)

    async def send_all(
        self,
        ready: float | None = None,
        interrupted: Callable[[], bool] = _never,
        pauses: Spread | None = None,
    ) -> bool:
        """Empties the outbox. `ready`: when composing began (monotonic), counted as typing.

        pauses: how the person paused between two bubbles; None: as long as each takes to type.

        Returns False if it was interrupted before the first bubble of a fresh reply went out.
        """
        begun = False
        while waiting := self._journal.outbox(self._chat):
            entry = waiting[0]
            if entry.kind is Kind.BUBBLE and entry.state is State.QUEUED:
                spent = time.monotonic() - ready if ready is not None and not begun else 0.0
                pause = self.pause(entry.text, pauses if begun else None)
                if not await self._type(pause - spent, _never if begun else interrupted):
                    return False
            voice = await self._spoken(entry)
            async with self._lane:
                await self._deliver(entry, voice)
            begun = begun or entry.kind is Kind.BUBBLE
        return True

    async def confirm(self) -> None:
        """Sends what is said to a command, and nothing else: whoever asks for something is told that it is done."""
        waiting = self._journal.outbox(self._chat)
        answers = {entry.reply for entry in waiting if entry.kind is Kind.BUBBLE}
        for entry in waiting:
            if entry.reply not in answers:
                async with self._lane:
                    await self._deliver(entry)

    async def typing(self) -> None:
        """Keeps the typing indicator on until cancelled."""
        while True:
            try:
                await self._adapter.typing(self._chat)
            except EchoesError as error:
                log.debug("No typing indicator on %s: %s", self._chat.platform, error)
            except Exception as error:
                log.warning("The typing indicator on %s failed (%s).", self._chat.platform, type(error).__name__)
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

    async def _spoken(self, entry: Entry) -> VoiceMessage | None:
        """The bubble as a voice message, where it is to be one and can be; made before anything is on its way."""
        if self._voice is None or not _is_voice(entry):
            return None
        indicator = asyncio.create_task(self.typing())
        try:
            return await self._voice.message(entry.text, language_of(entry.text, self._persona))
        finally:
            indicator.cancel()

    async def _deliver(self, entry: Entry, voice: VoiceMessage | None = None) -> None:
        """Retries until the platform takes the bubble or says that the chat cannot be reached."""
        wait = _FIRST_WAIT
        while (now := self._journal.still(entry.seq)) and now.state in (State.QUEUED, State.SENDING):
            try:
                await self._try(now, voice)
                return
            except UndeliverableError as error:
                if now.message.reaction and self._journal.is_alone(now):
                    log.info("A reaction on %s goes out as its emoji: %s", self._chat.platform, error)
                    self._journal.say_instead(now.seq, now.message.reaction)
                    continue
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
            except Exception as error:
                kind = type(error).__name__
                if not self._journal.failed([entry.seq], kind):
                    raise
                log.exception(
                    "Bubble %d on %s could not be sent three times (%s) and is set aside: see `echoes aside`.",
                    entry.seq,
                    self._chat.platform,
                    kind,
                )
                self._observe.failed("send")
                return

    async def _try(self, entry: Entry, voice: VoiceMessage | None) -> None:
        """Sends once, or finds that an earlier try arrived; what cannot be known is sent: better twice than never."""
        if entry.state is State.SENDING and not entry.message.reaction:  # which may be put again
            arrived = await self._adapter.delivered(self._chat, spoken(entry.message), entry.key, entry.floor)
            if arrived:
                self._journal.sent(entry.seq, arrived if isinstance(arrived, str) else None)
                return
        if not self._journal.sending(entry.seq, self._adapter.floor(self._chat)):
            return
        self._journal.sent(entry.seq, await self._send(entry, voice))
        self._observe.sent(self._chat.platform)

    async def _send(self, entry: Entry, voice: VoiceMessage | None) -> str | None:
        """Returns the id that the platform gave it; a reaction has none."""
        if emoji := entry.message.reaction:
            await self._adapter.react(self._chat, entry.message.reply_to or "", emoji)
            return None
        if voice is not None:
            return await self._adapter.send_voice(self._chat, voice, entry.text, entry.key)
        if any(one.kind == STICKER for one in entry.attachments):
            emoji = spoken(entry.message)
            sticker = sticker_for(emoji, self._adapter.stickers())  # the owner may have taken it away meanwhile
            if sticker is None:
                return await self._adapter.send(self._chat, emoji, entry.key)
            return await self._adapter.send_sticker(self._chat, sticker, entry.key)
        to = entry.message.reply_to
        if to is not None and any(
            needs_showing(message, self._journal.since(message)) for message in self._journal.find(self._chat, [to])
        ):
            return await self._adapter.send_reply(self._chat, entry.text, entry.key, to)
        return await self._adapter.send(self._chat, entry.text, entry.key)
