"""The connection: every message to the inbox, in the order of the chats, with none left out while it was away."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from adapters.discord.convert import PLATFORM, to_message
from adapters.discord.sentences import refused
from bot.errors import UndeliverableError
from bot.platform import Inbox
from bot.types import Chat, ChatKind

log = logging.getLogger(__name__)

GROUP_CATCH_UP = 200  # messages a group: more than any prompt holds


class AvatarClient(discord.Client):
    """Delivers until it is closed. The first failure closes it and stays in `failure`.

    discord.py starts a task for each event; the lock, which is first come, first served, puts them in order again.
    After each new session the lock is held until what was missed is delivered, so that newer messages wait for it.
    """

    def __init__(self, inbox: Inbox, proxy: str | None = None, ready_seconds: float = 2.0) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody calls the avatar
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=ready_seconds,
            proxy=proxy,
        )
        self.failure: Exception | None = None
        self._inbox = inbox
        self._order = asyncio.Lock()
        self._waiting: set[asyncio.Task[Any]] = set()
        self._session_ready = asyncio.Event()

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
        received = to_message(message, self.user)
        if received is not None:
            await self._inbox.receive(received)

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
            for message in missed:
                await self._take(message)

    async def _missed(self, chat: Chat, last: int) -> list[discord.Message]:
        """Everything after `last` in a private chat, the newest of it in a group; oldest first."""
        channel = self.get_channel(int(chat.id)) or await self.fetch_channel(int(chat.id))
        if not isinstance(channel, discord.abc.Messageable):
            return []
        limit = None if chat.kind is ChatKind.PRIVATE else GROUP_CATCH_UP
        after = discord.Object(last)
        missed = [message async for message in channel.history(limit=limit, after=after, oldest_first=False)]
        return missed[::-1]
