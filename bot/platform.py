"""The contract between the daemon and a platform adapter."""

from collections.abc import Mapping
from typing import Protocol

from bot.types import Chat, Message


class Inbox(Protocol):
    """What the daemon offers an adapter."""

    async def receive(self, message: Message) -> None:
        """Takes one message; returns when it is durable. The same message again is ignored."""

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        """The id of the newest message taken from each chat of a platform, to catch up from after a restart."""

    async def moved(self, old: Chat, new: Chat) -> None:
        """A chat continues under another id (a Telegram group that became a supergroup)."""


class Adapter(Protocol):
    """One platform. Raises PermanentError or PassingError; retries only what the platform's rate limits ask for."""

    platform: str

    async def run(self, inbox: Inbox) -> None:
        """Connects and delivers messages until cancelled. Cleans up after itself."""

    async def send(self, chat: Chat, text: str, key: str) -> str:
        """Sends one bubble; returns its id. `key` is the same for the same bubble on every try.

        Raises UndeliverableError where this chat cannot be reached; the others still can.
        """

    async def delivered(self, chat: Chat, text: str, key: str, after: str | None) -> str | bool | None:
        """Whether a bubble whose sending was cut off by a crash arrived; None where the platform cannot tell.

        Where it arrived: its id if the platform tells it (journal it like one that `send` returned), else True.
        `after` is the id of the newest message known from that chat when the sending began, the avatar's own
        included, if any.
        """

    async def typing(self, chat: Chat) -> None:
        """Shows the typing indicator once; it fades by itself after some seconds."""

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Downloads a photo of at most `limit` bytes; a larger one raises PermanentError."""
