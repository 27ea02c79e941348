"""A daemon's inbox that remembers, and the far side of the network."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field

import discord
import pytest
from aiohttp.test_utils import TestServer
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from adapters.discord.adapter import DiscordAdapter
from bot.message import Chat, Message
from tests.discord.far_side import TOKEN, FarSide
from tests.inbox import QuietInbox


@dataclass
class Box(QuietInbox):
    """An inbox: keeps what it takes, once, and knows the newest of each chat."""

    messages: list[Message] = field(default_factory=list)
    newest: dict[Chat, str] = field(default_factory=dict)
    edits: list[Message] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    reactions: list[tuple[str, Message]] = field(default_factory=list)  # "put" or "taken back"
    typed: list[Chat] = field(default_factory=list)
    fails: Exception | None = None
    arrival: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, message: Message) -> None:
        await asyncio.sleep(0)  # durable
        if self.fails is not None:
            raise self.fails
        if (message.chat.key, message.id) not in {(one.chat.key, one.id) for one in self.messages}:
            self.messages.append(message)
        self.newest[message.chat] = message.id
        self.arrival.set()

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        return {chat: last for chat, last in self.newest.items() if chat.platform == platform}

    async def edited(self, message: Message) -> None:
        self.edits.append(message)
        self.arrival.set()

    async def reacted(self, reaction: Message) -> None:
        self.reactions.append(("put", reaction))
        self.arrival.set()

    async def took_back(self, reaction: Message) -> None:
        self.reactions.append(("taken back", reaction))
        self.arrival.set()

    async def deleted(self, chat: Chat, ids: Collection[str]) -> None:
        self.gone += [(chat.key, one) for one in ids]
        self.arrival.set()

    def typing(self, chat: Chat) -> None:
        self.typed.append(chat)
        self.arrival.set()

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    async def holds(self, count: int) -> None:
        """Waits until it holds that many messages."""
        async with asyncio.timeout(10):
            while len(self.messages) < count:
                self.arrival.clear()
                await self.arrival.wait()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def adapter() -> DiscordAdapter:
    return DiscordAdapter(TOKEN, ready_seconds=0.0)


@pytest.fixture
def simcord_bot(adapter: DiscordAdapter, box: Box) -> discord.Client:
    """What simcord's own fixture, `simcord_env`, runs."""
    return adapter.connect(box)


@pytest.fixture
async def far_side(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FarSide]:
    """discord.py, unmodified, talks to a server of our own instead of Discord."""
    far = FarSide()
    server = TestServer(far.app())
    await server.start_server()
    base = str(server.make_url("")).rstrip("/")
    monkeypatch.setattr(Route, "BASE", base)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(base.replace("http", "ws", 1) + "/gateway/"))
    far.base = base
    yield far
    await server.close()
