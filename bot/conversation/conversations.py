"""All chats of the daemon: takes messages from the adapters and wakes the chat they belong to."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.conversation.chat import Avatar, ChatWorker
from bot.health import Observer
from bot.journal import Journal
from bot.placeholders import placeholder
from bot.platform import Adapter
from bot.types import Chat, Message


class Conversations:
    """The adapters' inbox. One worker a chat; chats do not wait for each other."""

    def __init__(self, avatar: Avatar, journal: Journal, adapters: Mapping[str, Adapter], observe: Observer) -> None:
        self.avatar = avatar
        self._journal = journal
        self._adapters = adapters
        self._observe = observe
        self._workers: dict[str, ChatWorker] = {}
        self._draining = False

    async def receive(self, message: Message) -> None:
        if message.placeholder:
            words = placeholder(message.placeholder, self.avatar.persona.language, message.text)
            message = replace(message, text=words)
        if self._journal.take(message) is None:
            return
        self._observe.received(message.chat.platform, message.chat.kind)
        self._wake(message.chat, arrived=True)

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        return self._journal.latest(platform)

    async def moved(self, old: Chat, new: Chat) -> None:
        self._journal.move(old, new)
        if worker := self._workers.pop(old.key, None):
            await worker.finish(0)
        self._wake(new, arrived=False)

    async def start(self) -> None:
        """Takes up what an earlier run left: messages without an answer, replies not sent."""
        for chat in self._journal.unfinished():
            self._wake(chat, arrived=False)

    async def drain(self, seconds: float) -> None:
        """Keeps taking messages into the journal but begins nothing new; what is in hand may end within that time."""
        self._draining = True
        await asyncio.gather(*(worker.finish(seconds) for worker in self._workers.values()))

    def idle(self) -> bool:
        """Whether nothing is in hand and nothing waits."""
        return not any(worker.busy for worker in self._workers.values()) and not self._journal.queue_length()

    def _wake(self, chat: Chat, *, arrived: bool) -> None:
        busy = sum(worker.busy for worker in self._workers.values())
        self._observe.waiting(busy, self._journal.queue_length())
        adapter = self._adapters.get(chat.platform)
        if adapter is None or self._draining:
            return
        worker = self._workers.get(chat.key)
        if worker is None:
            worker = self._workers[chat.key] = ChatWorker(chat, self.avatar, adapter, self._journal, self._observe)
        worker.wake(arrived=arrived)
