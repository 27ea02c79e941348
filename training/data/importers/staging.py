"""Holds a file's events in temporary tables, so that any size fits and half a file never enters the corpus."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

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
_CHAT_BITS = 32
_SCHEMA = f"""
DROP TABLE IF EXISTS temp.incoming;
DROP TABLE IF EXISTS temp.incoming_writers;
DROP TABLE IF EXISTS temp.incoming_senders;
DROP TABLE IF EXISTS temp.found;
CREATE TEMP TABLE incoming_senders (id INTEGER PRIMARY KEY, platform TEXT, native_id TEXT, is_bot INTEGER) STRICT;
CREATE TEMP TABLE incoming_writers (  -- a sender in a chat, under one display name
    id INTEGER PRIMARY KEY, chat INTEGER, sender INTEGER, name TEXT,
    sender_row INTEGER, name_row INTEGER  -- in the corpus
) STRICT;
CREATE TEMP TABLE incoming (
    id INTEGER PRIMARY KEY,  -- those of a chat lie together, in the file's order
    chat INTEGER AS (id >> {_CHAT_BITS}),
    writer INTEGER, sent_ms INTEGER, position INTEGER, text TEXT, native_id TEXT,
    attachments TEXT DEFAULT '', forwarded INTEGER DEFAULT 0, reply_native TEXT, edited_ms INTEGER
) STRICT;
CREATE TEMP TABLE found (
    staged INTEGER PRIMARY KEY,
    message INTEGER  -- the message of the corpus that this is, or -1 for one that the file holds twice
) STRICT;
"""


@dataclass(slots=True)
class StagedChat:
    """A chat of one file. about: None until the format has yielded it. end: where its next message will be staged.

    Its messages have rows of their own from `first` on, more than anybody writes, so that they lie together though the
    file may tell many chats in turns.
    """

    index: int
    end: int
    about: ReadChat | None = None
    read: int = 0
    kept: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    reactions: Reactions = field(default_factory=Reactions)

    @property
    def first(self) -> int:
        return self.index << _CHAT_BITS

    @property
    def messages(self) -> int:
        """How many are staged."""
        return self.end - self.first

    @property
    def rows(self) -> dict[str, int]:
        """Where its messages are; for SQL."""
        return {"first": self.first, "last": self.end - 1}


@dataclass(slots=True)
class Staged:
    """What one file holds. truncated: sentences about where it is cut off.

    local_times: the number of messages whose times are written without a zone. owner_unnamed: it calls the account that
    made it only "me". zone: what zone its times were taken for, if none tells its own. corrected: how many messages of
    the corpus got another time, because they were imported with another zone. writings: the counts of what was written
    outside of chats. unique_ids: no chat holds two messages under one id.
    """

    chats: dict[str, StagedChat] = field(default_factory=dict)
    truncated: list[str] = field(default_factory=list)
    resolution_ms: int = SECOND
    local_times: int = 0
    owner_unnamed: bool = False
    zone: str = ""
    corrected: int = 0
    writings: dict[WritingKind, Tally] = field(default_factory=dict)
    unique_ids: bool = True

    @property
    def messages(self) -> int:
        """How many are staged."""
        return sum(chat.messages for chat in self.chats.values())

    def chat(self, key: str) -> StagedChat:
        chat = self.chats.get(key)
        if chat is None:
            index = len(self.chats)
            chat = self.chats[key] = StagedChat(index, end=index << _CHAT_BITS)
        return chat


@dataclass(frozen=True, slots=True)
class _Writer:
    """A sender in a chat, under one display name. number: the row."""

    number: int
    sender: int
    chat: StagedChat


@dataclass(frozen=True, slots=True)
class _Writers:
    """Those who wrote or reacted, each told once: a message names the row. bots: the rows of senders that are bots."""

    known: dict[tuple[str, str, str, str], _Writer] = field(default_factory=dict)
    senders: dict[Account, int] = field(default_factory=dict)
    bots: set[int] = field(default_factory=set)

    def of(self, message: ReadMessage | ReadReaction, staged: Staged) -> _Writer:
        sender = message.sender
        key = message.chat, sender.platform, sender.id, message.sender_name
        found = self.known.get(key)
        if found is None:
            row = self.senders.setdefault(sender, len(self.senders) + 1)
            found = self.known[key] = _Writer(len(self.known) + 1, row, staged.chat(message.chat))
        return found

    def write(self, db: sqlite3.Connection) -> None:
        db.executemany(
            "INSERT INTO incoming_senders VALUES (?, ?, ?, ?)",
            [(row, account.platform, account.id, int(row in self.bots)) for account, row in self.senders.items()],
        )
        db.executemany(
            "INSERT INTO incoming_writers (id, chat, sender, name) VALUES (?, ?, ?, ?)",
            [(one.number, one.chat.index, one.sender, name) for (*_, name), one in self.known.items()],
        )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows to be written, many at once. plain: those that only have words, which most do: a third of their columns is
    as the table has it by itself."""

    db: sqlite3.Connection
    plain: list[tuple[object, ...]] = field(default_factory=list)
    other: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, place: int, writer: int, text: str, attachments: str, message: ReadMessage) -> None:
        row = (place, writer, message.sent_ms, message.position, text, message.native_id)
        forwarded, reply, edited = message.forwarded, message.reply_to, message.edited_ms
        if attachments or forwarded or reply is not None or edited is not None:
            self.other.append((*row, attachments, int(forwarded), reply, edited))
        else:
            self.plain.append(row)
        if len(self.plain) + len(self.other) >= _BATCH:
            self.write()

    def write(self) -> None:
        columns = "id, writer, sent_ms, position, text, native_id"
        self.db.executemany(f"INSERT INTO incoming ({columns}) VALUES (?, ?, ?, ?, ?, ?)", self.plain)
        self.db.executemany(
            f"INSERT INTO incoming ({columns}, attachments, forwarded, reply_native, edited_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.other,
        )
        self.plain.clear()
        self.other.clear()


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
    writers = _Writers()
    rows = _Rows(db)
    for event in events:
        match event:
            case ReadMessage():
                writer = writers.of(event, staged)
                if event.is_bot:
                    writers.bots.add(writer.sender)
                if event.resolution_ms > staged.resolution_ms:
                    staged.resolution_ms = event.resolution_ms
                if event.local_time:
                    staged.local_times += 1
                text, attachments = event.text, ""
                if event.photos or event.placeholder:
                    text, attachments = _with_attachments(event, media)
                rows.add(writer.chat.end, writer.number, text, attachments, event)
                writer.chat.end += 1
            case ReadReaction():
                _stage_reaction(db, event, writers, staged)
            case SkippedReactions(chat=key, reason=reason, number=number):
                staged.chat(key).reactions.left_out[reason] += number
            case Skipped(chat=key, reason=reason):
                chat = staged.chat(key)
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
                staged.chat(event.key).about = event
            case Truncated(sentence=sentence):
                staged.truncated.append(sentence)
    rows.write()
    writers.write(db)
    for chat in staged.chats.values():
        chat.read += chat.messages
    staged.owner_unnamed = any(account == named(account.platform, me) for account in writers.senders for me in ME_NAMES)
    by_id = "INDEX temp.incoming_by_native ON incoming (chat, native_id) WHERE native_id IS NOT NULL"
    try:
        db.execute(f"CREATE UNIQUE {by_id}")
    except sqlite3.IntegrityError:
        db.execute(f"CREATE {by_id}")
        staged.unique_ids = False


def _stage_reaction(db: sqlite3.Connection, reaction: ReadReaction, writers: _Writers, staged: Staged) -> None:
    chat = staged.chat(reaction.chat)
    if reaction.to is None and not chat.messages:
        chat.reactions.left_out[NO_MESSAGE] += 1
        return
    target = chat.end - 1 if reaction.to is None else None
    db.execute(
        "INSERT INTO incoming_reactions (chat, target, target_native, writer, emoji, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (chat.index, target, reaction.to, writers.of(reaction, staged).number, reaction.emoji, reaction.at_ms),
    )


def _with_attachments(message: ReadMessage, media: ExportMedia) -> tuple[str, str]:
    """Copies a message's photos, and of what plays what is kept; returns its text, and what it brings as JSON."""
    photos = [digest for name in message.photos if (digest := media.take(name)) is not None]
    kind = message.placeholder or (PHOTO if message.photos and not photos else "")
    if photos:
        text, attachments = text_and_attachments(kind, message.text, [("", digest) for digest in photos])
        told = [_told(one, message.transcript, message.seconds) if one.kind == kind else one for one in attachments]
        return text, to_json([_played(one, message, media) if one.kind == kind else one for one in told])
    text, attachment, as_json = _alone(kind, message.text, message.transcript, message.seconds)
    found = _played(attachment, message, media)
    return text, as_json if found is attachment else to_json([found])


@lru_cache(1000)  # stickers and voice messages are alike by the thousand
def _alone(kind: str, text: str, transcript: str, seconds: int | None) -> tuple[str, Attachment, str]:
    """Returns the text and the one attachment of a message without photos, and that as JSON."""
    text, (attachment,) = text_and_attachments(kind, text, ())
    told = _told(attachment, transcript, seconds)
    return text, told, to_json([told])


def _told(attachment: Attachment, transcript: str, seconds: int | None) -> Attachment:
    """Returns what a placeholder stands for, with what the export tells of it."""
    return replace(attachment, words=transcript or attachment.words, seconds=seconds)


def _played(attachment: Attachment, message: ReadMessage, media: ExportMedia) -> Attachment:
    return media.take_playing(message.plays, attachment) if message.plays else attachment
