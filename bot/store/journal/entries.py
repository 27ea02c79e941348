"""What the journal holds: messages of others, bubbles of the avatar, and notices, each in a state."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.message import Account, Chat, ChatKind


class Kind(StrEnum):
    MESSAGE = "message"
    BUBBLE = "bubble"
    NOTICE = "notice"


class State(StrEnum):
    NEW = "new"  # a message that waits for its decision or answer
    ANSWERED = "answered"
    SILENT = "silent"  # the avatar decided to say nothing
    IGNORED = "ignored"  # policy: not allowed, stopped, another bot, too old; or deleted by who wrote it
    QUEUED = "queued"  # a bubble or notice that waits to be sent
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"  # the chat cannot be reached
    ASIDE = "aside"  # failed again and again; the owner sees it with `echoes aside`


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a message: how its platform names it, and its digest once fetched (empty: it cannot be had)."""

    ref: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`placeholder`: what it is where words are missing, a kind of bot.chat.attachments; `text` holds only words.

    `floor`: the newest id that the platform had given out when sending began. `tries`: how often handling it
    failed; `begun`: how often it was begun without an end that anybody saw, because the process died.
    """

    seq: int
    kind: Kind
    state: State
    at: datetime
    text: str
    native_id: str | None = None
    sender: Account | None = None
    sender_name: str = ""
    photos: tuple[Photo, ...] = ()
    addressed: bool = False
    addressed_other: bool = False
    from_bot: bool = False
    reply: int | None = None
    placeholder: str = ""
    floor: str | None = None
    tries: int = 0
    begun: int = 0

    @property
    def key(self) -> str:
        """The same for every try of sending this bubble."""
        return f"echoes-{self.seq}"


@dataclass(frozen=True, slots=True)
class Aside:
    """An entry that was set aside, its chat, and the kind of error that it met."""

    chat: Chat
    entry: Entry
    trouble: str


def chat_of(row: sqlite3.Row) -> Chat:
    return Chat(row["platform"], row["id"], ChatKind(row["kind"]), row["title"])


def entry_of(row: sqlite3.Row) -> Entry:
    return Entry(
        seq=row["seq"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        at=datetime.fromtimestamp(row["at"], UTC),
        text=row["text"],
        native_id=row["native_id"],
        sender=Account(row["sender_platform"], row["sender_id"]) if row["sender_id"] is not None else None,
        sender_name=row["sender_name"] or "",
        photos=tuple(photos_of(row["photos"])),
        addressed=bool(row["addressed"]),
        addressed_other=bool(row["addressed_other"]),
        from_bot=bool(row["from_bot"]),
        reply=row["reply"],
        placeholder=row["placeholder"],
        floor=row["floor"],
        tries=row["tries"],
        begun=row["begun"],
    )


def photos_of(text: str) -> list[Photo]:
    return [Photo(ref, digest) for ref, digest in json.loads(text)]


def photos_json(photos: Sequence[Photo]) -> str:
    return json.dumps([[photo.ref, photo.digest] for photo in photos])
