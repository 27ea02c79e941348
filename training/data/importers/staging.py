"""Holds a file's events in temporary tables, so that any size fits and half a file never enters the corpus."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.message import PHOTO, Account, Attachment
from bot.store.attachments import text_and_attachments, to_json
from bot.writing import WritingKind
from training.data.importers.base import (
    ME_NAMES,
    NO_MESSAGE,
    SECOND,
    Event,
    ReadChat,
    ReadMessage,
    ReadReaction,
    Skipped,
    SkippedReactions,
    Truncated,
    named,
)
from training.data.importers.checking import checked
from training.data.importers.media import ExportMedia
from training.data.importers.reactions import SCHEMA as OF_REACTIONS
from training.data.importers.reactions import Reactions
from training.data.importers.shelving import SCHEMA as OF_WRITINGS
from training.data.importers.shelving import Tally, stage_writing
from training.data.importers.written import Own, ReadWriting, SkippedWriting

_BATCH = 2000
_SCHEMA = """
DROP TABLE IF EXISTS temp.incoming;
DROP TABLE IF EXISTS temp.incoming_senders;
CREATE TEMP TABLE incoming_senders (
    id INTEGER PRIMARY KEY, platform TEXT, native_id TEXT, is_bot INTEGER, row INTEGER
) STRICT;
CREATE TEMP TABLE incoming (
    id INTEGER PRIMARY KEY, chat INTEGER, sender INTEGER, name TEXT, sent_ms INTEGER, position INTEGER, text TEXT,
    attachments TEXT, forwarded INTEGER, native_id TEXT, reply_native TEXT, edited_ms INTEGER,
    match INTEGER  -- the message of the corpus that this is, or -1 for one that the file holds twice
) STRICT;
"""


@dataclass(slots=True)
class StagedChat:
    """A chat of one file. about: None until the format has yielded it. last: the row of the newest staged message."""

    index: int
    about: ReadChat | None = None
    read: int = 0
    kept: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    reactions: Reactions = field(default_factory=Reactions)
    last: int | None = None


@dataclass(slots=True)
class Staged:
    """What one file holds. truncated: sentences about where it is cut off.

    local_times: the number of messages whose times are written without a zone. owner_unnamed: it calls the account that
    made it only "me". zone: what zone its times were taken for, if none tells its own. corrected: how many messages of
    the corpus got another time, because they were imported with another zone. writings: the counts of what was written
    outside of chats.
    """

    chats: dict[str, StagedChat] = field(default_factory=dict)
    truncated: list[str] = field(default_factory=list)
    resolution_ms: int = SECOND
    local_times: int = 0
    owner_unnamed: bool = False
    zone: str = ""
    corrected: int = 0
    writings: dict[WritingKind, Tally] = field(default_factory=dict)


def stage(db: sqlite3.Connection, events: Iterable[Event], media: ExportMedia, own: Own) -> Staged:
    """Reads all events into temporary tables and copies their photos. Nothing of the corpus is touched.

    Raises FormatFault for events that make no sense, NobodySaid, and whatever `events` raises.
    """
    db.executescript(_SCHEMA + OF_WRITINGS + OF_REACTIONS)
    staged = Staged()
    db.execute("BEGIN")
    try:
        _stage(db, checked(events), media, own, staged)
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
    return staged


def _stage(db: sqlite3.Connection, events: Iterable[Event], media: ExportMedia, own: Own, staged: Staged) -> None:
    senders: dict[Account, int] = {}
    bots: set[int] = set()
    batch: list[tuple[object, ...]] = []
    messages = 0
    for event in events:
        match event:
            case ReadMessage():
                chat = staged.chats.get(event.chat) or _chat(staged, event.chat)
                chat.read += 1
                messages += 1
                chat.last = messages
                if event.resolution_ms > staged.resolution_ms:
                    staged.resolution_ms = event.resolution_ms
                staged.local_times += event.local_time
                sender = senders.setdefault(event.sender, len(senders) + 1)
                if event.is_bot:
                    bots.add(sender)
                batch.append(_row(event, chat.index, sender, media))
                if len(batch) >= _BATCH:
                    _flush(db, batch)
            case ReadReaction():
                chat = _chat(staged, event.chat)
                if event.to is None and chat.last is None:
                    chat.reactions.left_out[NO_MESSAGE] += 1
                else:
                    sender = senders.setdefault(event.sender, len(senders) + 1)
                    _stage_reaction(db, event, chat, sender)
            case SkippedReactions(chat=key, reason=reason, number=number):
                _chat(staged, key).reactions.left_out[reason] += number
            case Skipped(chat=key, reason=reason):
                chat = _chat(staged, key)
                chat.read += 1
                chat.skipped[reason] += 1
            case ReadWriting():
                tally = staged.writings.setdefault(event.kind, Tally())
                tally.read += 1
                stage_writing(db, event, own, tally)
            case SkippedWriting(kind=kind, reason=reason):
                tally = staged.writings.setdefault(kind, Tally())
                tally.read += 1
                tally.skipped[reason] += 1
            case ReadChat():
                _chat(staged, event.key).about = event
            case Truncated(sentence=sentence):
                staged.truncated.append(sentence)
    _flush(db, batch)
    staged.owner_unnamed = any(account == named(account.platform, me) for account in senders for me in ME_NAMES)
    db.executemany(
        "INSERT INTO incoming_senders VALUES (?, ?, ?, ?, NULL)",
        [(number, account.platform, account.id, number in bots) for account, number in senders.items()],
    )
    db.execute("CREATE INDEX temp.incoming_by_chat ON incoming (chat)")  # reads a chat in the order of its rows
    db.execute("CREATE INDEX temp.incoming_by_native ON incoming (chat, native_id) WHERE native_id IS NOT NULL")


def _chat(staged: Staged, key: str) -> StagedChat:
    chat = staged.chats.get(key)
    if chat is None:
        chat = staged.chats[key] = StagedChat(len(staged.chats))
    return chat


def _stage_reaction(db: sqlite3.Connection, reaction: ReadReaction, chat: StagedChat, sender: int) -> None:
    target = None if reaction.to is not None else chat.last
    db.execute(
        "INSERT INTO incoming_reactions (chat, target, target_native, sender, name, emoji, at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (chat.index, target, reaction.to, sender, reaction.sender_name, reaction.emoji, reaction.at_ms),
    )


def _row(message: ReadMessage, chat: int, sender: int, media: ExportMedia) -> tuple[object, ...]:
    text, attachments = message.text, ""
    if message.photos or message.placeholder:
        text, attachments = _with_attachments(message, media)
    return (
        chat,
        sender,
        message.sender_name,
        message.sent_ms,
        message.position,
        text,
        attachments,
        message.forwarded,
        message.native_id,
        message.reply_to,
        message.edited_ms,
    )


def _with_attachments(message: ReadMessage, media: ExportMedia) -> tuple[str, str]:
    """Copies a message's photos; returns its text, and what it brings as JSON."""
    photos = [digest for name in message.photos if (digest := media.take(name)) is not None]
    kind = message.placeholder or (PHOTO if message.photos and not photos else "")
    text, attachments = text_and_attachments(kind, message.text, [("", digest) for digest in photos])
    return text, to_json([_told(one, message, media) if one.kind == kind else one for one in attachments])


def _told(attachment: Attachment, message: ReadMessage, media: ExportMedia) -> Attachment:
    """What the placeholder stands for, with what the export tells of it and holds of it."""
    told = replace(attachment, words=message.transcript or attachment.words, seconds=message.seconds)
    return media.take_playing(message.plays, told) if message.plays else told


def _flush(db: sqlite3.Connection, batch: list[tuple[object, ...]]) -> None:
    db.executemany(
        "INSERT INTO incoming (chat, sender, name, sent_ms, position, text, attachments, forwarded, native_id,"
        " reply_native, edited_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        batch,
    )
    batch.clear()
