import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime

import pytest
from PIL import Image

from adapters.telegram.adapter import TelegramAdapter
from bot.message import Chat, Message
from bot.platform import Inbox
from tests.inbox import QuietInbox
from tests.standins.telegram import TelegramServer


class RecordingInbox(QuietInbox):
    """Keeps what it is given; a message counts once however often it comes, as in the journal."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.again = 0  # deliveries of a message that was there already
        self.moves: list[tuple[str, str]] = []
        self.edits: list[Message] = []
        self.reactions: list[tuple[str, Message]] = []  # "put" or "taken back"
        self.times: list[datetime] = []
        self.before_durable: Callable[[Message], Awaitable[None]] | None = None
        self._seen: set[tuple[str, str]] = set()
        self._bell = asyncio.Event()

    async def receive(self, message: Message) -> None:
        if self.before_durable:
            await self.before_durable(message)
        key = (message.chat.key, message.id)
        if key in self._seen:
            self.again += 1
        else:
            self._seen.add(key)
            self.messages.append(message)
        self._ring()

    async def reacted(self, reaction: Message) -> None:
        self.reactions.append(("put", reaction))
        self._ring()

    async def took_back(self, reaction: Message) -> None:
        self.reactions.append(("taken back", reaction))
        self._ring()

    async def edited(self, message: Message) -> None:
        self.edits.append(message)
        self._ring()

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        return {message.chat: message.id for message in self.messages}

    def server_said(self, at: datetime) -> None:
        self.times.append(at)
        self._ring()

    async def moved(self, old: Chat, new: Chat) -> None:
        self.moves.append((old.id, new.id))
        self._ring()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await self._bell.wait()

    async def got(self, n: int) -> list[Message]:
        await self.until(lambda: len(self.messages) >= n)
        return self.messages

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()


Connect = Callable[..., Awaitable[TelegramAdapter]]


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def inbox() -> RecordingInbox:
    return RecordingInbox()


def adapter_for(server: TelegramServer, token: str | None = None) -> TelegramAdapter:
    return TelegramAdapter(
        token or server.token, server.base_url, server.base_file_url, poll_seconds=10, first_wait=0.01
    )


@asynccontextmanager
async def running(adapter: TelegramAdapter, inbox: Inbox) -> AsyncIterator[asyncio.Task[None]]:
    """The adapter's run() as the daemon starts it; cancelled at the end, and whatever it raised comes out."""
    task = asyncio.create_task(adapter.run(inbox))
    try:
        yield task
    finally:
        task.cancel()
        async with asyncio.timeout(5):
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def connect(server: TelegramServer, inbox: RecordingInbox) -> AsyncIterator[Connect]:
    """Starts an adapter on the server and waits until it polls."""
    async with AsyncExitStack() as stack:

        async def start() -> TelegramAdapter:
            adapter = adapter_for(server)
            before = polls(server)
            await stack.enter_async_context(running(adapter, inbox))
            await server.wait_until(lambda: polls(server) > before)
            return adapter

        yield start


async def until_logged(caplog: pytest.LogCaptureFixture, words: str, times: int = 1) -> None:
    async with asyncio.timeout(10):
        while caplog.text.count(words) < times:  # noqa: ASYNC110 - logging has no event to wait for
            await asyncio.sleep(0.01)


def polls(server: TelegramServer) -> int:
    return sum(call.method == "getUpdates" for call in server.calls)


def picture(color: str = "red", size: tuple[int, int] = (640, 480), kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, kind)
    return buffer.getvalue()
