"""What crosses the boundary between platforms, conversation and engine. Plain, frozen, no platform in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Account:
    """An id on a platform. A person may have several."""

    platform: str
    id: str


@dataclass(frozen=True, slots=True)
class Chat:
    platform: str
    id: str
    kind: ChatKind
    title: str = ""

    @property
    def key(self) -> str:
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A photo that the platform still holds: whatever its adapter needs to fetch it, as text."""

    ref: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of somebody else, as a platform delivered it. Times are aware and in UTC."""

    chat: Chat
    id: str
    sender: Account
    sender_name: str
    sent_at: datetime
    text: str = ""
    photos: tuple[PhotoRef, ...] = ()
    placeholder: str = ""  # what it is where words are missing: a kind of bot.chat.attachments, such as "voice"
    addressed: bool = False  # mentions the avatar's account or replies to it
    addressed_other: bool = False  # mentions or replies to somebody else
    from_bot: bool = False
