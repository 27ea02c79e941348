"""An inbox in which nothing happens: a test overrides what it looks at."""

from collections.abc import Collection, Mapping
from datetime import datetime

from bot.message import Chat, Message


class QuietInbox:
    async def receive(self, message: Message) -> None:
        raise AssertionError("no message was expected")

    async def reacted(self, reaction: Message) -> None:
        raise AssertionError("no reaction was expected")

    async def took_back(self, reaction: Message) -> None:
        raise AssertionError("no reaction was expected")

    async def edited(self, message: Message) -> None:
        """Nothing."""

    async def deleted(self, chat: Chat, ids: Collection[str]) -> None:
        """Nothing."""

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        return {}

    async def moved(self, old: Chat, new: Chat) -> None:
        raise AssertionError("no chat was expected to move")

    def typing(self, chat: Chat) -> None:
        """Nothing."""

    def server_said(self, at: datetime) -> None:
        """Nothing."""
