"""The Telegram adapter: polls, delivers, sends."""

import asyncio
import functools
import logging
import os
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import telegram
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from adapters.telegram.convert import PLATFORM, Moved, Place, read
from adapters.telegram.download import download, too_large
from adapters.telegram.errors import explain, reason, seconds
from adapters.telegram.text import split
from bot.errors import EchoesError, PermanentError, UndeliverableError
from bot.platform import Inbox
from bot.types import Chat, Message

log = logging.getLogger(__name__)
T = TypeVar("T")

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_PATIENCE = 60.0  # seconds that one call waits in all where Telegram asks for it; longer is the caller's business
_LONGEST_WAIT = 600.0
_PROBES = 20  # messages looked at for one that a crash cut off
_REMEMBERED = 1000  # bubbles on their way whose progress is kept


@dataclass(slots=True)
class _Progress:
    """How far one bubble got. `floor`: the newest message seen in the chat before it, 0 if none; `ids`: its parts'."""

    floor: int
    ids: list[int]


class TelegramAdapter:
    """A bot's private chats, groups, supergroups and forum topics (a chat each).

    `first_wait`: seconds before the second try of a poll that failed; it grows to ten minutes.
    """

    platform = PLATFORM

    def __init__(
        self,
        token: str,
        base_url: str = "https://api.telegram.org/bot",
        base_file_url: str = "https://api.telegram.org/file/bot",
        *,
        poll_seconds: int = 50,
        first_wait: float = 1.0,
    ) -> None:
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            raise PermanentError(
                "The Telegram token does not look like one (digits, a colon, then letters and digits): copy it again "
                "from @BotFather (/mybots, API Token)."
            )
        _quieten()
        self._request = HTTPXRequest(connection_pool_size=32, read_timeout=20, connect_timeout=10, pool_timeout=10)
        self._bot = telegram.Bot(token, base_url, base_file_url, request=self._request)
        self._poll_seconds = poll_seconds
        self._first_wait = first_wait
        self._inbox: Inbox | None = None
        self._newest: dict[int, int] = {}  # by chat, the newest message seen or sent while this process runs
        self._moved: dict[int, int] = {}
        self._progress: dict[str, _Progress] = {}

    # -- in -------------------------------------------------------------------------------------------------------

    async def run(self, inbox: Inbox) -> None:
        """Delivers until cancelled, waiting out what passes. Raises PermanentError for a token that is not accepted."""
        await self._request.initialize()
        self._inbox = inbox
        try:
            me = await self._until_answered(self._start)
            await self._poll(inbox, me)
        finally:
            self._inbox = None
            await self._request.shutdown()

    async def check(self) -> list[str]:
        """Asks Telegram who the bot is; returns what its owner should know, in sentences. Not while `run` runs.

        Raises PermanentError or PassingError.
        """
        await self._request.initialize()
        try:
            return _advice(await self._asked(self._bot.get_me))
        finally:
            await self._request.shutdown()

    async def _start(self) -> telegram.User:
        me = await self._bot.get_me()
        webhook = await self._bot.get_webhook_info()
        if webhook.url:
            await self._bot.delete_webhook(drop_pending_updates=False)
            log.warning("Telegram sent this bot's messages to a webhook, which was taken off: they are polled now.")
        for sentence in _advice(me):
            log.warning("%s", sentence)
        return me

    async def _poll(self, inbox: Inbox, me: telegram.User) -> None:
        offset: int | None = None  # Telegram delivers again whatever was not confirmed by a higher offset
        while True:
            updates = await self._until_answered(functools.partial(self._updates, offset))
            for update in updates:
                await self._take(update, me, inbox)
                offset = int(update["update_id"]) + 1
            if not updates:
                offset = None  # all is confirmed, and after a week's quiet the ids may start lower

    async def _updates(self, offset: int | None) -> list[dict[str, Any]]:
        """One poll, as raw JSON: a single update that the library cannot read must not hold up all that follow.

        Written in small letters, which Telegram allows, because the library would otherwise insist on its own method.
        """
        asked = {"offset": offset, "timeout": self._poll_seconds, "allowed_updates": ["message"]}
        found = await self._bot.do_api_request("getupdates", asked, read_timeout=self._poll_seconds + 10)
        return [update for update in found if "update_id" in update]

    async def _take(self, update: dict[str, Any], me: telegram.User, inbox: Inbox) -> None:
        found = read(update, me)
        if isinstance(found, Moved):
            await inbox.moved(found.old, found.new)
        elif isinstance(found, Message):
            self._saw(Place.of(found.chat).chat, int(found.id))
            await inbox.receive(found)

    async def _until_answered(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeats a call until it succeeds, less and less often. Raises PermanentError."""
        wait = self._first_wait
        while True:
            try:
                return await call()
            except TelegramError as error:
                trouble = explain(error)
            if isinstance(trouble, PermanentError):
                raise trouble
            delay = trouble.retry_after if trouble.retry_after is not None else wait * random.uniform(0.8, 1.2)
            log.warning("%s Trying again in %.0f s.", trouble, delay)
            await asyncio.sleep(delay)
            wait = min(wait * 1.75, _LONGEST_WAIT)

    # -- out ------------------------------------------------------------------------------------------------------

    async def send(self, chat: Chat, text: str, key: str) -> str:
        """Sends one bubble, in several messages if it is too long for one; a retry sends only what is missing.

        Returns the id of the last. Raises UndeliverableError, PermanentError or PassingError.
        """
        parts = split(text)
        if not parts:
            raise UndeliverableError("A bubble without a word in it was not sent: Telegram takes none.")
        progress = self._progress.setdefault(key, _Progress(self._newest.get(self._place(chat).chat, 0), []))
        while len(self._progress) > _REMEMBERED:
            del self._progress[next(iter(self._progress))]
        for part in parts[len(progress.ids) :]:

            async def post(place: Place, part: str = part) -> telegram.Message:
                return await self._bot.send_message(place.chat, part, message_thread_id=place.topic)

            message = await self._to_chat(chat, post)
            progress.ids.append(message.message_id)
            self._saw(message.chat.id, message.message_id)
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
            try:
                ours = await self._is(chat, candidate, parts[len(progress.ids)])
            except EchoesError:
                return None
            if ours:
                progress.ids.append(candidate)
                self._saw(self._place(chat).chat, candidate)
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

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Raises PermanentError for a photo that is gone, too large or not where it should be, else PassingError."""
        try:
            file = await self._asked(functools.partial(self._bot.get_file, ref))
        except BadRequest as error:
            raise PermanentError(f"A photo could not be fetched from Telegram: {reason(error)}.") from None
        if (file.file_size or 0) > limit:
            raise too_large(limit)
        base = self._bot.base_file_url
        return await download(base, (file.file_path or "").removeprefix(f"{base}/"), limit)

    # -- what they share ------------------------------------------------------------------------------------------

    async def _is(self, chat: Chat, message_id: int, text: str) -> bool:
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
                return await self._asked(functools.partial(call, self._place(chat)), patience)
            except ChatMigrated as error:
                self._moved[Place.of(chat).chat] = error.new_chat_id
                if self._inbox:
                    await self._inbox.moved(chat, replace(chat, id=str(error.new_chat_id)))
                return await self._asked(functools.partial(call, self._place(chat)), patience)
        except (Forbidden, BadRequest, ChatMigrated) as error:
            raise UndeliverableError(f"Telegram refuses this for one chat: {reason(error)}.") from None

    async def _asked(self, call: Callable[[], Awaitable[T]], patience: float = _PATIENCE) -> T:
        """Makes one call, waiting where Telegram asks for it. What is about one chat or file is left to the caller."""
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

    def _place(self, chat: Chat) -> Place:
        place = Place.of(chat)
        return replace(place, chat=self._moved.get(place.chat, place.chat))

    def _saw(self, chat_id: int, message_id: int) -> None:
        self._newest[chat_id] = max(message_id, self._newest.get(chat_id, 0))


def _advice(me: telegram.User) -> list[str]:
    if me.can_read_all_group_messages:
        return []
    return [
        "In groups this Telegram bot sees only commands, mentions and replies (privacy mode): to let it follow the "
        "talk, write /setprivacy to @BotFather, choose the bot, then Disable, then remove it from each group and add "
        "it again; private chats work as they are."
    ]


def _quieten() -> None:
    """The libraries write addresses, which hold the token, and what was received, which is private."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("telegram.Bot", "telegram.request.BaseRequest"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # else the library warns at each 429 that this will be the default
