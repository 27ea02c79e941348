"""A web chat with a small avatar behind it, that answers at once or when it is told to."""

import asyncio
import contextlib
import io
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from adapters.web.adapter import WebAdapter
from bot.message import Chat, Message
from bot.people import Contact, People
from bot.platform import Adapter
from tests.inbox import QuietInbox

TOKEN = "a-token-for-tests"
PEOPLE = People.of(
    (Contact("mei", "Mei", "friend"), Contact("mum", "妈妈", "parent"), Contact("tom", "Tom", "colleague"))
)


@dataclass
class Avatar(QuietInbox):
    """An inbox that answers each new message with what `says` makes of it, through the adapter."""

    says: Callable[[Message], Sequence[str]] = lambda message: ()
    pause: float = 0.0  # seconds of typing before each bubble
    messages: list[Message] = field(default_factory=list)
    typed: list[Chat] = field(default_factory=list)
    reactions: list[Message] = field(default_factory=list)  # those that are there
    fails: Exception | None = None
    adapter: Adapter | None = None
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def receive(self, message: Message) -> None:
        await asyncio.sleep(0)
        if self.fails is not None:
            raise self.fails
        if message.id in {one.id for one in self.messages}:
            return
        self.messages.append(message)
        task = asyncio.create_task(self._answer(message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, message: Message) -> None:
        assert self.adapter is not None
        for number, bubble in enumerate(self.says(message)):
            if self.pause:
                await self.adapter.typing(message.chat)
                await asyncio.sleep(self.pause)
            await self.adapter.send(message.chat, bubble, f"{message.id}/{number}")

    async def reacted(self, reaction: Message) -> None:
        if self.fails is not None:
            raise self.fails
        self.reactions.append(reaction)

    async def took_back(self, reaction: Message) -> None:
        self.reactions = [one for one in self.reactions if _what(one) != _what(reaction)]

    def typing(self, chat: Chat) -> None:
        self.typed.append(chat)

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        return {}

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


def _what(reaction: Message) -> tuple[object, ...]:
    return reaction.chat, reaction.sender, reaction.reply_to, reaction.reaction


def web_adapter(
    folder: Path, port: int = 0, announce: Callable[[str], None] = lambda url: None, people: People = PEOPLE
) -> WebAdapter:
    stickers = {"😂": folder / "laughing.png"}
    return WebAdapter(
        "127.0.0.1", port, TOKEN, lambda: people, folder, avatar="Lena", group="Flat share", announce=announce,
        stickers=stickers,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def serving(folder: Path, avatar: Avatar, port: int = 0, people: People = PEOPLE) -> AsyncIterator[WebAdapter]:
    """The adapter, listening."""
    listening = asyncio.Event()
    adapter = web_adapter(folder, port, lambda url: listening.set(), people)
    avatar.adapter = adapter
    task = asyncio.create_task(adapter.run(avatar))
    waiting = asyncio.create_task(listening.wait())
    await asyncio.wait([task, waiting], timeout=10, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if task.done():
            await task
        yield adapter
    finally:
        task.cancel()
        await asyncio.gather(task, *avatar.tasks, return_exceptions=True)


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 240), seed: int = 1) -> bytes:
    """A picture of a few coloured stripes."""
    rng = random.Random(seed)
    image = Image.new("RGB", (8, 6))
    image.putdata([(rng.randrange(60, 256), rng.randrange(60, 256), rng.randrange(60, 256)) for _ in range(48)])
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(out, kind)
    return out.getvalue()
