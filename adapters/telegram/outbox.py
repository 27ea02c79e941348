"""What goes out to Telegram's chats: bubbles, the typing indicator, and whether a bubble arrived."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import telegram
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from adapters.telegram.convert import SUPERGROUPS_BELOW, Place
from adapters.telegram.errors import explain, reason, seconds
from adapters.telegram.text import split
from bot.errors import EchoesError, UndeliverableError
from bot.message import Chat
from bot.platform import VoiceMessage

log = logging.getLogger(__name__)
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_PATIENCE = 60.0  # seconds that one call waits in all where Telegram asks for it; longer is the caller's business
_PROBES = 20  # messages of which nothing is known that are looked at for one that a crash cut off
_REMEMBERED = 2000  # messages, and bubbles on their way, of which something is kept


class Outbox:
    """`moved` is told when a group turns out to have another id."""

    def __init__(self, bot: telegram.Bot, moved: Callable[[Chat, Chat], Awaitable[None]]) -> None:
        self._bot = bot
        self._tell_moved = moved
        self._newest: dict[int, int] = {}  # by sequence, the newest message seen or sent
        self._known: dict[tuple[int, int], None] = {}  # sequence and id of messages seen or sent, the oldest first
        self._moved: dict[int, int] = {}
        self._arrived: dict[str, list[int]] = {}  # by key, the ids of a bubble's parts that are there already
        self._done: dict[str, int] = {}  # by key, the ids of bubbles that are there whole

    def saw(self, chat_id: int, message_id: int) -> None:
        """Notes a message of a chat: whatever is sent from now on has a higher id."""
        sequence = _sequence(chat_id)
        self._newest[sequence] = max(message_id, self._newest.get(sequence, 0))
        self._known[sequence, message_id] = None
        _forget(self._known)

    def floor(self, chat: Chat) -> str | None:
        """The newest message known where the chat gets its ids from."""
        newest = self._newest.get(_sequence(self._place(chat).chat))
        return None if newest is None else str(newest)

    async def send(self, chat: Chat, text: str, key: str, to: int | None = None) -> str:
        """Sends one bubble, in several messages if it is too long for one; a retry sends only what is missing.

        to: the message that the first is shown as a reply to, if it is still there. Returns the id of the last.
        Raises UndeliverableError, PermanentError or PassingError.
        """
        parts = split(text)
        if not parts:
            raise UndeliverableError("A bubble without a word in it was not sent: Telegram takes none.")
        arrived = self._arrived.setdefault(key, [])
        _forget(self._arrived)
        for part in parts[len(arrived) :]:
            reply = telegram.ReplyParameters(to, allow_sending_without_reply=True) if to and not arrived else None

            async def post(
                place: Place, part: str = part, reply: telegram.ReplyParameters | None = reply
            ) -> telegram.Message:
                return await self._bot.send_message(
                    place.chat, part, message_thread_id=place.topic, reply_parameters=reply
                )

            message = await self._to_chat(chat, post)
            arrived.append(message.message_id)
            self.saw(message.chat.id, message.message_id)
        return self._whole(key, arrived)

    async def send_sticker(self, chat: Chat, sticker: str | Path, emoji: str, key: str) -> str:
        """Sends a sticker, by its id or from a file; its emoji where this chat takes none, or the file is gone."""
        try:
            given = sticker if isinstance(sticker, str) else await asyncio.to_thread(_upload, sticker)

            async def post(place: Place) -> telegram.Message:
                return await self._bot.send_sticker(place.chat, given, message_thread_id=place.topic)

            message = await self._to_chat(chat, post)
        except (UndeliverableError, OSError) as error:
            log.warning("A sticker on Telegram goes out as its emoji: %s", error)
            return await self.send(chat, emoji, key)
        self.saw(message.chat.id, message.message_id)
        return self._whole(key, [message.message_id])

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Puts an emoji on a message, in the place of the one that was there: a bot has one on each."""
        if not message_id.isdecimal():
            raise UndeliverableError("Telegram does not know that message any more.")

        async def put(place: Place) -> bool:
            return await self._bot.set_message_reaction(place.chat, int(message_id), emoji)

        await self._to_chat(chat, put)

    async def send_voice(self, chat: Chat, voice: VoiceMessage, text: str, key: str) -> str:
        """Sends a voice message with its caption; the text where this chat, or this person, takes none."""

        async def post(place: Place) -> telegram.Message:
            sound = telegram.InputFile(voice.sound, filename="voice.ogg")
            return await self._bot.send_voice(
                place.chat, sound, caption=voice.caption, duration=voice.seconds, message_thread_id=place.topic
            )

        try:
            message = await self._to_chat(chat, post)
        except UndeliverableError as error:
            log.warning("A voice message on Telegram goes out as text: %s", error)
            return await self.send(chat, text, key)
        self.saw(message.chat.id, message.message_id)
        return self._whole(key, [message.message_id])

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        """Looks for a bubble's messages among those after `floor` of which nothing is known yet.

        A bot cannot read back what it wrote, but it can ask to take the buttons off a message: there are none, so
        nothing ever changes, and the server's refusal tells whether the message is the bot's own. As one bubble is on
        its way at a time, an own message that nobody knows is this bubble. Returns the id of its last part, False, or
        None where Telegram does not answer. What is found is not sent again.
        """
        if key in self._done:
            return str(self._done[key])
        if floor is None:
            return None
        arrived = self._arrived.setdefault(key, [])
        _forget(self._arrived)
        sequence = _sequence(self._place(chat).chat)
        candidate = max([int(floor), *arrived])
        probes = _PROBES
        parts = len(split(text))
        while len(arrived) < parts and probes:
            candidate += 1
            if (sequence, candidate) in self._known:
                continue
            probes -= 1
            try:
                ours = await self._is_ours(chat, candidate)
            except EchoesError:
                return None
            if ours:
                arrived.append(candidate)
                self.saw(self._place(chat).chat, candidate)
                probes = _PROBES
        if len(arrived) < parts:
            return False
        return self._whole(key, arrived)

    def _whole(self, key: str, arrived: list[int]) -> str:
        self._arrived.pop(key, None)
        self._done[key] = arrived[-1]
        _forget(self._done)
        return str(arrived[-1])

    async def typing(self, chat: Chat) -> None:
        async def show(place: Place) -> bool:
            return await self._bot.send_chat_action(place.chat, ChatAction.TYPING, message_thread_id=place.topic)

        await self._to_chat(chat, show, patience=0)

    async def _is_ours(self, chat: Chat, message_id: int) -> bool:
        async def take_buttons_off(place: Place) -> object:
            return await self._bot.edit_message_reply_markup(place.chat, message_id)

        try:
            await self._to_chat(chat, take_buttons_off)
        except UndeliverableError as error:
            return "not modified" in str(error)
        return True  # had it had buttons, it would have been ours, too

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


def _upload(path: Path) -> telegram.InputFile:
    return telegram.InputFile(path.read_bytes(), filename=f"sticker{path.suffix}")


def _sequence(chat_id: int) -> int:
    """Which numbering a chat's messages are counted in; 0 is the one that private chats and basic groups share."""
    return chat_id if chat_id < SUPERGROUPS_BELOW else 0


def _forget(remembered: dict[K, V]) -> None:
    """Drops the oldest entries past a bound."""
    while len(remembered) > _REMEMBERED:
        del remembered[next(iter(remembered))]
