"""What the journal holds: messages of others and their reactions, bubbles of the avatar, notices, each in a state."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.message import Account, Attachment, Chat, ChatKind, Message
from bot.store.attachments import from_json


class Kind(StrEnum):
    MESSAGE = "message"
    BUBBLE = "bubble"
    NOTICE = "notice"
    REACTION = "reaction"  # of somebody else; one of the avatar's is a bubble


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
class Entry:
    """A message, a bubble of the avatar or a notice, in its place in the journal, and what became of it.

    reply: the number of the reply that a bubble belongs to. floor: the newest id that the platform had given out when
    sending began. tries: how often handling it failed; begun: how often it was begun without an end that anybody saw,
    because the process died.
    """

    seq: int
    kind: Kind
    state: State
    message: Message
    reply: int | None = None
    floor: str | None = None
    tries: int = 0
    begun: int = 0

    @property
    def at(self) -> datetime:
        return self.message.sent_at

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def sender(self) -> Account | None:
        return self.message.sender

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.message.attachments

    @property
    def native_id(self) -> str | None:
        """The id that the platform gave it, once that is known."""
        return self.message.id or None

    @property
    def key(self) -> str:
        """The same for every try of sending this bubble."""
        return f"echoes-{self.seq}"


@dataclass(frozen=True, slots=True)
class Aside:
    """An entry that was set aside, and the kind of error that it met."""

    entry: Entry
    trouble: str


COLUMNS = "entries.*, chats.platform AS chat_platform, chats.id AS chat_id, chats.kind AS chat_kind, chats.title"


def chat_of(row: sqlite3.Row) -> Chat:
    return Chat(row["platform"], row["id"], ChatKind(row["kind"]), row["title"])


def entry_of(row: sqlite3.Row) -> Entry:
    """Makes an entry from a row of COLUMNS."""
    message = Message(
        chat=Chat(row["chat_platform"], row["chat_id"], ChatKind(row["chat_kind"]), row["title"]),
        id=row["native_id"] or "",
        sender=Account(row["sender_platform"], row["sender_id"]) if row["sender_id"] is not None else None,
        sender_name=row["sender_name"] or "",
        sent_at=datetime.fromtimestamp(row["at"], UTC),
        text=row["text"],
        attachments=from_json(row["attachments"]),
        reply_to=row["reply_to"],
        addressed=bool(row["addressed"]),
        addressed_other=bool(row["addressed_other"]),
        from_bot=bool(row["from_bot"]),
        forwarded=bool(row["forwarded"]),
    )
    return Entry(
        row["seq"],
        Kind(row["kind"]),
        State(row["state"]),
        message,
        row["reply"],
        row["floor"],
        row["tries"],
        row["begun"],
    )
