"""The contract between the daemon and a platform adapter."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from bot.message import Chat, Message


class Inbox(Protocol):
    """What the daemon offers an adapter. Only PassingError is ever raised: the daemon can keep nothing just now."""

    async def receive(self, message: Message) -> None:
        """Takes one message; returns when it is durable. The same message again is ignored."""

    async def edited(self, message: Message) -> None:
        """Takes what a message says now; `id` and `chat` tell which. One that was never received is ignored."""

    async def deleted(self, chat: Chat, ids: Collection[str]) -> None:
        """Forgets messages that were deleted on the platform, the avatar's own included."""

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        """The id of the newest message taken from each chat of a platform, to catch up from after a restart."""

    async def moved(self, old: Chat, new: Chat) -> None:
        """A chat continues under another id (a Telegram group that became a supergroup). May be told again."""

    def server_said(self, at: datetime) -> None:
        """Takes the time that the platform's server just gave, to notice a wrong clock here."""


class Adapter(Protocol):
    """One platform. Raises PermanentError or PassingError; retries only what the platform's rate limits ask for."""

    platform: str

    async def run(self, inbox: Inbox) -> None:
        """Connects and delivers messages until cancelled. Cleans up after itself.

        A message that cannot be read is left out with a line in the log: it never holds up those that follow.
        """

    async def send(self, chat: Chat, text: str, key: str) -> str:
        """Sends one bubble; returns its id. `key` is the same for the same bubble on every try.

        Raises UndeliverableError where this chat cannot be reached; the others still can.
        """

    def lane(self, chat: Chat) -> str:
        """Names what the chat shares its message ids with, such as the topics of a forum.

        Of a lane's bubbles one at a time is on its way, so that after a crash it is known which one to look for.
        """

    def saw(self, chat: Chat, message_id: str) -> None:
        """Notes the id of a message or bubble that an earlier process knew; told before anything is sent.

        An id from before the chat moved is none of this platform's.
        """

    def floor(self, chat: Chat) -> str | None:
        """The newest id that the platform is known to have given out where a bubble to this chat would get its own.

        It is journalled before the bubble is sent; None where nothing is known.
        """

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        """Whether a bubble whose sending was cut off by a crash arrived; None where the platform cannot tell.

        Where it arrived: its id if the platform tells it (journal it like one that `send` returned), else True.
        `floor` is what the adapter told before the sending began: of what is newer only this bubble can be ours.
        """

    async def typing(self, chat: Chat) -> None:
        """Shows the typing indicator once; it fades by itself after some seconds."""

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Downloads a photo of at most `limit` bytes; a larger one raises PermanentError."""
