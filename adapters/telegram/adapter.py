"""The Telegram adapter: polls, delivers, fetches; what goes out is the outbox's."""

import asyncio
import functools
import logging
import os
import random
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import telegram
from telegram.constants import ReactionEmoji
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from adapters.http_date import http_date
from adapters.telegram.convert import PLATFORM, Edited, Moved, Place, Reacted, read
from adapters.telegram.download import download, too_large
from adapters.telegram.errors import explain, reason
from adapters.telegram.outbox import Outbox, asked
from bot.errors import EchoesError, PermanentError
from bot.letters import bare
from bot.message import Chat, Message
from bot.platform import Adapter, Inbox, VoiceMessage

log = logging.getLogger(__name__)
T = TypeVar("T")

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_ASKED_FOR = ["message", "edited_message", "message_reaction"]
"""Reactions come from private chats, and from groups in which the bot is an administrator."""
_LONGEST_WAIT = 30.0  # seconds; after an outage of whatever length people wait no longer than this


class TelegramAdapter(Adapter):
    """A bot's private chats, groups, supergroups and forum topics (a chat each).

    `proxy`: as http://host:port. `first_wait`: seconds before the second try of a poll that failed; it grows to half a
    minute. `sticker_set`: its name on Telegram. `sticker_files`: pictures by emoji, for which the set has none.
    """

    platform = PLATFORM

    def __init__(
        self,
        token: str,
        base_url: str = "https://api.telegram.org/bot",
        base_file_url: str = "https://api.telegram.org/file/bot",
        *,
        proxy: str | None = None,
        poll_seconds: int = 50,
        first_wait: float = 1.0,
        sticker_set: str | None = None,
        sticker_files: Mapping[str, Path] | None = None,
    ) -> None:
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            raise PermanentError(
                "The Telegram token does not look like one (digits, a colon, then letters and digits): copy it again "
                "from @BotFather (/mybots, API Token)."
            )
        _quieten()
        self._proxy = proxy
        self._request = HTTPXRequest(
            connection_pool_size=32,
            read_timeout=20,
            connect_timeout=10,
            pool_timeout=10,
            proxy=proxy,
            httpx_kwargs={"event_hooks": {"response": [self._tell_time]}},
        )
        self._bot = telegram.Bot(token, base_url, base_file_url, request=self._request)
        self._outbox = Outbox(self._bot, self._moved)
        self._poll_seconds = poll_seconds
        self._first_wait = first_wait
        self._inbox: Inbox | None = None
        self._sticker_set = sticker_set
        files = sticker_files or {}
        self._stickers: dict[str, str | Path] = {emoji: path for emoji, path in files.items() if path.suffix == ".webp"}

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
            return _advice(await asked(self._bot.get_me))
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
        if self._sticker_set is not None:
            await self._learn_stickers(self._sticker_set)
        return me

    async def _learn_stickers(self, name: str) -> None:
        try:
            found = await self._bot.get_sticker_set(name)
        except BadRequest as error:
            log.warning("Telegram has no stickers %s (%s): see platforms.telegram.sticker_set.", name, reason(error))
            return
        except TelegramError:
            raise
        except Exception as error:  # whatever a missing field leads to in the library
            log.warning("Telegram's stickers %s could not be read (%s); none are sent.", name, type(error).__name__)
            return
        by_emoji: dict[str, str | Path] = {one.emoji: one.file_id for one in reversed(found.stickers) if one.emoji}
        self._stickers = by_emoji | {emoji: one for emoji, one in self._stickers.items() if emoji not in by_emoji}

    async def _poll(self, inbox: Inbox, me: telegram.User) -> None:
        offset: int | None = None  # Telegram delivers again whatever was not confirmed by a higher offset
        while True:
            updates = await self._until_answered(functools.partial(self._updates, offset))
            for update in updates:
                await self._take(update, me, inbox)
                offset = update["update_id"] + 1
            if not updates:
                offset = None  # all is confirmed, and after a week's quiet the ids may start lower

    async def _updates(self, offset: int | None) -> list[dict[str, Any]]:
        """One poll, as raw JSON: a single update that the library cannot read must not hold up all that follow.

        Written in small letters, which Telegram allows, because the library would otherwise insist on its own method.
        """
        asked = {"offset": offset, "timeout": self._poll_seconds, "allowed_updates": _ASKED_FOR}
        found: object = await self._bot.do_api_request("getupdates", asked, read_timeout=self._poll_seconds + 10)
        if not isinstance(found, list):
            raise TelegramError("what should be a list of updates is none")
        return [update for update in found if isinstance(update, dict) and isinstance(update.get("update_id"), int)]

    async def _take(self, update: dict[str, Any], me: telegram.User, inbox: Inbox) -> None:
        """Only what the inbox cannot keep just now is raised, and then comes again."""
        try:
            found = read(update, me)
            if isinstance(found, Moved):
                await inbox.moved(found.old, found.new)
            elif isinstance(found, Edited):
                await inbox.edited(found.message)
            elif isinstance(found, Reacted):
                for reaction in found.taken_back:
                    await inbox.took_back(reaction)
                for reaction in found.put:
                    await inbox.reacted(reaction)
            elif isinstance(found, Message):
                self._outbox.saw(Place.of(found.chat).chat, int(found.id))
                await inbox.receive(found)
        except (EchoesError, OSError):
            raise
        except Exception as error:
            log.warning("A Telegram update could not be taken (%s); it is left out.", type(error).__name__)

    async def _tell_time(self, response: httpx.Response) -> None:
        at = http_date(response.headers.get("Date"))
        if at is not None and self._inbox is not None:
            self._inbox.server_said(at)

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
        return await self._outbox.send(chat, text, key)

    async def send_reply(self, chat: Chat, text: str, key: str, to: str) -> str:
        return await self._outbox.send(chat, text, key, int(to) if to.isdecimal() else None)

    def stickers(self) -> Collection[str]:
        return self._stickers.keys()

    async def send_sticker(self, chat: Chat, emoji: str, key: str) -> str:
        return await self._outbox.send_sticker(chat, self._stickers[emoji], emoji, key)

    def reaction_for(self, emoji: str) -> str | None:
        return next((one.value for one in ReactionEmoji if bare(one.value) == bare(emoji)), None)

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        await self._outbox.react(chat, message_id, emoji)

    def sends_voice(self) -> bool:
        return True

    async def send_voice(self, chat: Chat, voice: VoiceMessage, text: str, key: str) -> str:
        return await self._outbox.send_voice(chat, voice, text, key)

    def saw(self, chat: Chat, message_id: str) -> None:
        if message_id.isdecimal():
            self._outbox.saw(Place.of(chat).chat, int(message_id))

    def lane(self, chat: Chat) -> str:
        return str(Place.of(chat).chat)

    def floor(self, chat: Chat) -> str | None:
        return self._outbox.floor(chat)

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        return await self._outbox.delivered(chat, text, key, floor)

    async def typing(self, chat: Chat) -> None:
        await self._outbox.typing(chat)

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Downloads a photo or what plays. Raises PermanentError for what cannot be had, else PassingError."""
        try:
            file = await asked(functools.partial(self._bot.get_file, ref))
        except BadRequest as error:
            raise PermanentError(f"A file could not be fetched from Telegram: {reason(error)}.") from None
        if (file.file_size or 0) > limit:
            raise too_large(limit)
        base = self._bot.base_file_url
        return await download(base, (file.file_path or "").removeprefix(f"{base}/"), limit, self._proxy)

    async def _moved(self, old: Chat, new: Chat) -> None:
        if self._inbox:
            await self._inbox.moved(old, new)


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
