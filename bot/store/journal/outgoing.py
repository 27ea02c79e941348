"""What waits to be sent: the notices and bubbles of one reply, in order."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.message import REACTION, STICKER, VOICE, Attachment, Chat
from bot.store.attachments import to_json
from bot.store.journal.entries import Kind, State


@dataclass(frozen=True, slots=True)
class Outgoing:
    """attachments: as the journal keeps them. reply_to: the message that it is shown as a reply to."""

    kind: Kind
    text: str
    attachments: str = ""
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """An emoji to put on a message, by its id."""

    emoji: str
    to: str


def of_reply(
    notices: Sequence[str],
    bubbles: Sequence[str],
    stickers: Collection[str] = (),
    to: str | None = None,
    voices: Collection[str] = (),
    reactions: Mapping[str, Put] = MappingProxyType({}),
) -> list[Outgoing]:
    """Notices first. stickers, voices, reactions: bubbles that go out as such. to: what the first is a reply to."""
    outgoing = [Outgoing(Kind.NOTICE, text) for text in notices]
    for place, text in enumerate(bubbles):
        reply_to = None if place else to
        if text in reactions:
            put = reactions[text]
            outgoing.append(Outgoing(Kind.BUBBLE, "", to_json((Attachment(REACTION, words=put.emoji),)), put.to))
        elif text in stickers:
            outgoing.append(Outgoing(Kind.BUBBLE, "", to_json((Attachment(STICKER, words=text),)), reply_to))
        else:
            spoken = to_json((Attachment(VOICE),)) if text in voices else ""
            outgoing.append(Outgoing(Kind.BUBBLE, text, spoken, reply_to))
    return outgoing


def queue(
    db: sqlite3.Connection, chat: Chat, outgoing: Sequence[Outgoing], at: float, era: str, until: float | None = None
) -> int:
    """Adds what is to be sent, until a time; returns the number of the reply that all of it belongs to."""
    number: int | None = None
    for one in outgoing:
        cursor = db.execute(
            "INSERT INTO entries (chat, kind, state, at, text, attachments, reply, reply_to, until, era)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (chat.key, one.kind, State.QUEUED, at, one.text, one.attachments, number, one.reply_to, until, era),
        )
        if number is None:
            number = int(cursor.lastrowid or 0)
            db.execute("UPDATE entries SET reply = seq WHERE seq = ?", (number,))
    return number or 0
