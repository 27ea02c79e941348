"""What crosses every boundary: an account, a chat, a message and what it brings. Plain, frozen, no platform in it.

The corpus, the journal and the platforms all speak of the same message.
"""

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


PHOTO, STICKER, VOICE = "photo", "sticker", "voice"
REACTION = "reaction"
"""What somebody puts on a message: an emoji, as the words of the only attachment of what is no message itself."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a message brings beside its text.

    kind: one of bot.chat.attachments.KINDS, or REACTION. ref: whatever is needed to fetch what it shows or plays, as
    text: of the platform, or in the corpus the digest of its sound in the media store.
    digest: its picture in the media store; None where it is not fetched, empty where there is none to be had.
    words: what it says, such as a transcript, a sticker's emoji, a place's name. seconds: how long it plays.
    frames: pictures out of what moves, in the media store, in order. heard: which model wrote its words down; empty
    where they came with it.
    """

    kind: str
    ref: str = ""
    digest: str | None = None
    words: str = ""
    seconds: int | None = None
    frames: tuple[str, ...] = ()
    heard: str = ""

    @property
    def pictures(self) -> tuple[str, ...]:
        """The digests of what it shows."""
        return (self.digest, *self.frames) if self.digest else self.frames

    @property
    def to_fetch(self) -> bool:
        return bool(self.ref) and self.digest is None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was sent. Times are aware and in UTC. What is missing is shown late, when a prompt is made.

    id: as its platform or store names it, unique in the chat; empty where there is none yet. sender: None for the
    avatar itself. reply_to: the id of the message that it answers, and replied: who wrote that, where known.
    """

    chat: Chat
    id: str
    sender: Account | None
    sender_name: str
    sent_at: datetime
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str | None = None
    replied: Account | None = None
    addressed: bool = False  # mentions the avatar's account or replies to it
    addressed_other: bool = False  # mentions or replies to somebody else
    from_bot: bool = False
    forwarded: bool = False

    @property
    def reaction(self) -> str:
        """The emoji, where this is a reaction to the message `reply_to`, and no message; else empty."""
        return next((one.words for one in self.attachments if one.kind == REACTION), "")

    @property
    def digests(self) -> tuple[str, ...]:
        """The pictures that it holds in the media store."""
        return tuple(digest for one in self.attachments for digest in one.pictures)
