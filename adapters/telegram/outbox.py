"""What goes out to Telegram's chats: bubbles, the typing indicator, and whether a bubble arrived."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import telegram
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from adapters.telegram.convert import Place
from adapters.telegram.errors import explain, reason, seconds
from adapters.telegram.text import split
from bot.errors import EchoesError, UndeliverableError
from bot.types import Chat

log = logging.getLogger(__name__)
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_PATIENCE = 60.0  # seconds that one call waits in all where Telegram asks for it; longer is the caller's business
_PROBES = 20  # messages looked at for one that a crash cut off
_REMEMBERED = 1000  # bubbles, on their way and sent, of which something is kept


@dataclass(slots=True)
class _Progress:
    """How far one bubble got. `floor`: the newest message seen in the chat before it, 0 if none; `ids`: its parts'."""

    floor: int
    ids: list[int]


class Outbox:
    """`moved` is told when a group turns out to have another id."""

    def __init__(self, bot: telegram.Bot, moved: Callable[[Chat, Chat], Awaitable[None]]) -> None:
        self._bot = bot
        self._tell_moved = moved
        self._newest: dict[int, int] = {}  # by chat, the newest message seen or sent while this process runs
        self._ours: dict[tuple[int, int], str] = {}  # keys of what was sent, by chat and id, the oldest first
        self._moved: dict[int, int] = {}
        self._progress: dict[str, _Progress] = {}

    def saw(self, chat_id: int, message_id: int) -> None:
        """Notes a message of a chat: whatever is sent from now on has a higher id."""
        self._newest[chat_id] = max(message_id, self._newest.get(chat_id, 0))

    async def send(self, chat: Chat, text: str, key: str) -> str:
        """Sends one bubble, in several messages if it is too long for one; a retry sends only what is missing.

        Returns the id of the last. Raises UndeliverableError, PermanentError or PassingError.
        """
        parts = split(text)
        if not parts:
            raise UndeliverableError("A bubble without a word in it was not sent: Telegram takes none.")
        progress = self._progress.setdefault(key, _Progress(self._newest.get(self._place(chat).chat, 0), []))
        _forget(self._progress)
        for part in parts[len(progress.ids) :]:

            async def post(place: Place, part: str = part) -> telegram.Message:
                return await self._bot.send_message(place.chat, part, message_thread_id=place.topic)

            message = await self._to_chat(chat, post)
            progress.ids.append(message.message_id)
            self._sent(message.chat.id, message.message_id, key)
        self._progress.pop(key, None)
        return str(progress.ids[-1])

    async def delivered(self, chat: Chat, text: str, key: str, after: str | None) -> str | bool | None:
        """Asks to change the messages after `after` to what the bubble says: "not modified" is our own one.

        A bot cannot read back what it wrote. Nobody's message but ours can be changed, and of ours all up to `after`
        are known. Returns the id, False, or None where Telegram does not answer. What is found is not sent again.
        """
        progress = self._progress.get(key, _Progress(0, []))
        floor = progress.floor
        if not floor and after and not self._place(chat).topic:  # of a forum's other topics `after` knows nothing
            floor = int(after)
        if not floor:
            return None
        parts = split(text)
        candidate = max([floor, *progress.ids])
        last = candidate + _PROBES
        while len(progress.ids) < len(parts) and candidate < last:
            candidate += 1
            if self._ours.get((self._place(chat).chat, candidate), key) != key:
                continue  # another bubble, sent and known
            try:
                found = await self._says(chat, candidate, parts[len(progress.ids)])
            except EchoesError:
                return None
            if found:
                progress.ids.append(candidate)
                self._sent(self._place(chat).chat, candidate, key)
                last = candidate + _PROBES
        if len(progress.ids) == len(parts):
            self._progress.pop(key, None)
            return str(candidate)
        if progress.ids:
            self._progress[key] = progress
        return False

    async def typing(self, chat: Chat) -> None:
        async def show(place: Place) -> bool:
            return await self._bot.send_chat_action(place.chat, ChatAction.TYPING, message_thread_id=place.topic)

        await self._to_chat(chat, show, patience=0)

    async def _says(self, chat: Chat, message_id: int, text: str) -> bool:
        """Whether a message is ours and says exactly this."""

        async def change(place: Place) -> object:
            return await self._bot.edit_message_text(text, place.chat, message_id)

        try:
            await self._to_chat(chat, change)
        except UndeliverableError as error:
            return "not modified" in str(error)
        # It was ours and said something else, so `after` was not the newest. Now it says this: sent again, it would
        # stand there twice.
        log.warning("A Telegram message of ours was changed while looking for another one.")
        return True

    async def _to_chat(self, chat: Chat, call: Callable[[Place], Awaitable[T]], patience: float = _PATIENCE) -> T:
        """Makes a call about one chat, following a group to its new id."""
        try:
            try:
                return await asked(functools.partial(call, self._place(chat)), patience)
            except ChatMigrated as error:
                self._moved[Place.of(chat).chat] = error.new_chat_id
                await self._tell_moved(chat, replace(chat, id=str(error.new_chat_id)))
                return await asked(functools.partial(call, self._place(chat)), patience)
        except (Forbidden, BadRequest, ChatMigrated) as error:
            raise UndeliverableError(f"Telegram refuses this for one chat: {reason(error)}.") from None

    def _place(self, chat: Chat) -> Place:
        place = Place.of(chat)
        return replace(place, chat=self._moved.get(place.chat, place.chat))

    def _sent(self, chat_id: int, message_id: int, key: str) -> None:
        self.saw(chat_id, message_id)
        self._ours[chat_id, message_id] = key
        _forget(self._ours)


async def asked(call: Callable[[], Awaitable[T]], patience: float = _PATIENCE) -> T:
    """Makes one call, waiting where Telegram asks for it: `patience` seconds in all.

    Raises PermanentError and PassingError; what is about one chat or one file comes out as the library raises it.
    """
    while True:
        try:
            return await call()
        except RetryAfter as error:
            patience -= seconds(error)
            if patience < 0:
                raise explain(error) from None
            await asyncio.sleep(seconds(error))
        except (Forbidden, BadRequest, ChatMigrated):
            raise
        except TelegramError as error:
            raise explain(error) from None


def _forget(remembered: dict[K, V]) -> None:
    """Drops the oldest entries past a bound."""
    while len(remembered) > _REMEMBERED:
        del remembered[next(iter(remembered))]
