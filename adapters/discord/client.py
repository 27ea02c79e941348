"""The connection: every message to the inbox, in the order of the chats, with none left out while it was away."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord

from adapters.discord.convert import PLATFORM, to_message, to_reaction
from adapters.discord.sentences import refused
from adapters.http_date import http_date
from bot.errors import EchoesError, UndeliverableError
from bot.message import Chat, ChatKind, Message
from bot.platform import Inbox

log = logging.getLogger(__name__)

GROUP_CATCH_UP = 200  # messages a group: more than any prompt holds
_PAGE = 100  # messages that Discord lists at a time
_MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
_BARE = (
    "id", "channel_id", "guild_id", "author", "content", "timestamp", "edited_timestamp", "tts", "mention_everyone",
    "pinned", "type", "flags",
)  # fmt: skip
_AROUND: Mapping[str, Any] = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": []}


class AvatarClient(discord.Client):
    """Delivers until it is closed. The first failure closes it and stays in `failure`.

    discord.py starts a task for each event; the lock, which is first come, first served, puts them in order again.
    After each new session the lock is held until what was missed is delivered, so that newer messages wait for it.
    An event that the library cannot read is left out: it would end the connection, and come again with the next one.
    """

    def __init__(
        self,
        inbox: Inbox,
        saw: Callable[[int, int], None],
        proxy: str | None = None,
        ready_seconds: float = 2.0,
    ) -> None:
        """saw: is told of each message of a channel, whoever wrote it."""
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody calls the avatar
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._tell_time)
        super().__init__(
            intents=discord.Intents(
                guilds=True,
                guild_messages=True,
                guild_reactions=True,
                dm_messages=True,
                dm_reactions=True,
                dm_typing=True,
                message_content=True,
            ),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=ready_seconds,
            proxy=proxy,
            http_trace=trace,
        )
        self.failure: Exception | None = None
        self._inbox = inbox
        self._saw = saw
        self._order = asyncio.Lock()
        self._waiting: set[asyncio.Task[Any]] = set()
        self._session_ready = asyncio.Event()
        parsers = self._connection.parsers
        for event, parse in list(parsers.items()):
            parsers[event] = _careful(event, parse)

    # -- what happens ---------------------------------------------------------------------------------------------

    async def on_connect(self) -> None:
        """A new session; what is sent from here on waits behind the catching up."""
        self._session_ready.set()  # the session before, should it have ended before it was ready
        ready = self._session_ready = asyncio.Event()
        async with self._turn():
            await ready.wait()
            await self._catch_up()

    async def on_ready(self) -> None:
        self._session_ready.set()

    async def on_message(self, message: discord.Message) -> None:
        async with self._turn():
            await self._take(message)

    async def on_raw_typing(self, event: discord.RawTypingEvent) -> None:
        async with self._turn():
            if self.user is not None and event.user_id != self.user.id:
                self._inbox.typing(_place(event.channel_id, event.guild_id))

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        async with self._turn():
            if (reaction := self._reaction(event)) is not None:
                await self._inbox.reacted(reaction)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        async with self._turn():
            if (reaction := self._reaction(event)) is not None:
                await self._inbox.took_back(reaction)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        async with self._turn():
            received = self._read(event.message)
            if received is not None and event.message.edited_at is not None:
                await self._inbox.edited(received)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        async with self._turn():
            await self._inbox.deleted(_place(event.channel_id, event.guild_id), [str(event.message_id)])

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        async with self._turn():
            await self._inbox.deleted(_place(event.channel_id, event.guild_id), list(map(str, event.message_ids)))

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A message that could not be delivered ends the connection: the next one begins by catching up."""
        error = sys.exc_info()[1]
        if self.failure is None and isinstance(error, Exception):
            self.failure = error
        await self.close()

    async def close(self) -> None:
        for task in self._waiting - {asyncio.current_task()}:
            task.cancel()
        await super().close()

    # -- what is there --------------------------------------------------------------------------------------------

    async def listed(self, channel: int, after: int) -> list[dict[str, Any]]:
        """The oldest hundred messages after an id, oldest first, as Discord tells them."""
        return (await self._listed(channel, after=after))[::-1]

    async def _listed(self, channel: int, **where: int | None) -> list[dict[str, Any]]:
        found: Any = await self.http.logs_from(channel, _PAGE, **where)
        return [one for one in found if isinstance(one, dict) and _number(one) is not None]

    # -- one after the other --------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            async with self._order:
                yield
        finally:
            self._waiting.discard(task)

    async def _take(self, message: discord.Message) -> None:
        if self.failure is not None or self.user is None:
            return  # what comes after a failure must not be known before what failed
        self._saw(message.channel.id, message.id)
        received = self._read(message)
        if received is not None:
            await self._inbox.receive(received)

    def _reaction(self, event: discord.RawReactionActionEvent) -> Message | None:
        """Discord does not tell when it was: just now."""
        if self.failure is not None or self.user is None:
            return None
        return to_reaction(event, self.user, discord.utils.utcnow())

    def _read(self, message: discord.Message) -> Message | None:
        if self.user is None:
            return None
        try:
            return to_message(message, self.user)
        except Exception as error:
            log.warning("A message on Discord could not be read (%s); it is left out.", type(error).__name__)
            return None

    async def _catch_up(self) -> None:
        for chat, last in (await self._inbox.latest(PLATFORM)).items():
            try:
                missed = await self._missed(chat, int(last))
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                meaning = refused(error)
                if not isinstance(meaning, UndeliverableError):
                    raise meaning from error
                log.info("A chat on Discord can no longer be read; it is left out.")
                continue
            except EchoesError:
                raise
            except Exception as error:
                log.warning("A chat on Discord could not be caught up with (%s).", type(error).__name__)
                continue
            for message in missed:
                await self._take(message)

    async def _missed(self, chat: Chat, last: int) -> list[discord.Message]:
        """Everything after `last` in a private chat, the newest of it in a group; oldest first."""
        channel = self.get_channel(int(chat.id)) or await self.fetch_channel(int(chat.id))
        if not isinstance(channel, discord.abc.Messageable):
            return []
        limit = None if chat.kind is ChatKind.PRIVATE else GROUP_CATCH_UP
        found: list[dict[str, Any]] = []
        before: int | None = None
        while limit is None or len(found) < limit:
            page = await self._listed(channel.id, before=before)  # the newest first
            newer = [one for one in page if (_number(one) or 0) > last]
            found += newer
            if not page or len(newer) < len(page):
                break
            before = _number(page[-1])
        return [message for one in found[:limit][::-1] if (message := self._parsed(channel, one))]

    def _parsed(self, channel: discord.abc.Messageable, told: dict[str, Any]) -> discord.Message | None:
        made: list[discord.Message] = []

        def make(data: dict[str, Any]) -> None:
            state: Any = self._connection
            made.append(state.create_message(channel=channel, data=data))

        _careful("MESSAGE_CREATE", make)(told)
        return made[0] if made else None

    async def _tell_time(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, done: aiohttp.TraceRequestEndParams
    ) -> None:
        if at := http_date(done.response.headers.get("Date")):
            self._inbox.server_said(at)


def _careful(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Reads an event, of a message the bare words if need be; what cannot be read is left out.

    The library's parsers raise at whatever they do not expect, a poll without an end for one.
    """

    def careful(data: Any) -> None:
        attempts = [data]
        if event in _MESSAGES and isinstance(data, dict):
            bare = {key: data[key] for key in _BARE if key in data}
            attempts += [{**bare, **{key: data.get(key, empty) for key, empty in _AROUND.items()}}, {**bare, **_AROUND}]
        for attempt in attempts:
            try:
                parse(attempt)
            except Exception as error:  # whatever a missing or unknown field leads to in the library
                log.warning("Discord's event %s could not be read (%s).", event, type(error).__name__)
            else:
                return

    return careful


def _number(told: Mapping[str, Any]) -> int | None:
    number = told.get("id")
    return int(number) if isinstance(number, str) and number.isdecimal() else None


def _place(channel: int, guild: int | None) -> Chat:
    return Chat(PLATFORM, str(channel), ChatKind.PRIVATE if guild is None else ChatKind.GROUP)
