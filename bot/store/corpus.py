"""The imported messages: one SQLite file, written by the importers and read by everything that trains or measures."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from bot.errors import DataError, PassingError
from bot.files import refusal
from bot.message import Account, Chat, ChatKind
from bot.workspace import private_dir

VERSION = 1
SCHEMA = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, imported_at INTEGER NOT NULL,
    resolution_ms INTEGER NOT NULL,  -- of its times: 1000, or 60000 where the seconds are missing
    kept INTEGER NOT NULL, truncated INTEGER NOT NULL
) STRICT;
CREATE TABLE chats (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, native_id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
    owner TEXT  -- private chats: the other account beside native_id, where the export tells
) STRICT;
CREATE INDEX chats_by_native ON chats (platform, native_id);
CREATE TABLE senders (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, native_id TEXT NOT NULL, is_bot INTEGER NOT NULL DEFAULT 0,
    UNIQUE (platform, native_id)
) STRICT;
CREATE TABLE names (
    id INTEGER PRIMARY KEY, sender INTEGER NOT NULL REFERENCES senders, name TEXT NOT NULL, UNIQUE (sender, name)
) STRICT;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES chats,
    sender INTEGER NOT NULL REFERENCES senders,
    name INTEGER NOT NULL REFERENCES names,  -- the display name at the time
    sent_ms INTEGER NOT NULL,  -- since 1970 in UTC
    position INTEGER NOT NULL,  -- breaks ties within a second: the exporter's own order
    text TEXT NOT NULL,
    photos TEXT NOT NULL,  -- digests in the media store, separated by spaces
    placeholder TEXT,
    forwarded INTEGER NOT NULL,
    native_id TEXT,
    space TEXT,  -- what native_id is unique in; NULL where nothing is known of it
    reply_native TEXT,
    reply_to INTEGER REFERENCES messages,
    source INTEGER NOT NULL REFERENCES sources
) STRICT;
CREATE INDEX messages_by_time ON messages (chat, sent_ms, position, id);
CREATE INDEX messages_by_native ON messages (chat, native_id) WHERE native_id IS NOT NULL;
CREATE INDEX messages_by_sender ON messages (sender, name, chat);
CREATE INDEX unresolved_replies ON messages (chat, reply_native) WHERE reply_to IS NULL AND reply_native IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class CorpusChat:
    """A chat with at least one message. `id` is its row in the corpus."""

    id: int
    platform: str
    native_id: str
    kind: ChatKind
    title: str
    messages: int
    first: datetime
    last: datetime

    @property
    def chat(self) -> Chat:
        """The same chat as the platforms and the prompt name it."""
        return Chat(self.platform, self.native_id, self.kind, self.title)


@dataclass(frozen=True, slots=True)
class CorpusMessage:
    """One message as sent. Times are aware and in UTC; `id` and `reply_to` are rows in the corpus.

    `sender_name` is the display name at the time, or "" if no export tells any. `placeholder` names what a message
    without words was: one of PLACEHOLDERS. A sticker may also have text, its emoji.
    `reply_to` is None where the message answered none or the answered one was not imported.
    """

    id: int
    chat: int
    sender: Account
    sender_name: str
    sent_at: datetime
    text: str = ""
    photos: tuple[str, ...] = ()
    reply_to: int | None = None
    reply_to_sender: Account | None = None
    is_bot: bool = False
    placeholder: str | None = None
    forwarded: bool = False


PLACEHOLDERS = ("sticker", "animation", "photo", "voice", "video", "audio", "file", "location", "contact", "link")
"""`photo`: one that the export left out or that could not be read."""


@dataclass(frozen=True, slots=True)
class CorpusSender:
    """Everybody who wrote a message. `names` are the display names seen, the latest first; `name` is the latest, or "".

    `private_messages` are those in private chats; `chats` the rows of the chats written in; `last` the time of the
    latest message.
    """

    account: Account
    name: str
    names: tuple[str, ...]
    messages: int
    private_messages: int
    chats: tuple[int, ...]
    is_bot: bool
    last: datetime


class Corpus:
    """One SQLite file. Use as a context manager; several may read while one writes."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.db = db
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "Corpus":
        """Opens the corpus, making an empty one where there is none. Raises DataError if the file is something else.

        Raises PassingError while the disk is full or another command holds it.
        """
        try:
            private_dir(path.parent)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its -wal and -shm files the same mode
        except OSError as error:
            raise DataError(f"{path} cannot be opened as a corpus: {error.strerror}.") from error
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = NORMAL")
            if _version(db) == 0:
                db.execute("BEGIN IMMEDIATE")
                if _version(db) == 0:  # and nobody else was faster
                    for statement in SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {VERSION}")
                db.execute("COMMIT")
            if _version(db) != VERSION:
                raise DataError(
                    f"{path} was made by another version of Echoes (layout {_version(db)}, this one reads {VERSION}): "
                    "move it away and import the exports again."
                )
        except sqlite3.DatabaseError as error:
            db.close()
            if (sentence := refusal(error, path)) is not None:
                raise PassingError(sentence) from error
            raise DataError(f"{path} cannot be used as a corpus: {error}.") from error
        except BaseException:
            db.close()
            raise
        return cls(db, path)

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what happens inside, or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def count(self) -> int:
        """How many messages there are in all."""
        (number,) = self.db.execute("SELECT count(*) FROM messages").fetchone()
        return int(number)

    def chats(self) -> list[CorpusChat]:
        """Every chat, the one with most messages first."""
        rows = self.db.execute(
            "SELECT chats.id, platform, chats.native_id, kind, title, count(*), min(sent_ms), max(sent_ms)"
            " FROM chats JOIN messages ON messages.chat = chats.id GROUP BY chats.id ORDER BY count(*) DESC, chats.id"
        )
        return [
            CorpusChat(id_, platform, native, ChatKind(kind), title, number, _time(first), _time(last))
            for id_, platform, native, kind, title, number, first, last in rows
        ]

    def messages(
        self, chat: CorpusChat | int, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[CorpusMessage]:
        """The messages of a chat in the order they were sent, read as a stream; `since` included, `until` not."""
        number = chat if isinstance(chat, int) else chat.id
        known: dict[tuple[str, str], str] | None = None
        rows = self.db.execute(
            "SELECT m.id, s.platform, s.native_id, names.name, m.sent_ms, m.text, m.photos, m.reply_to,"
            " r.platform, r.native_id, s.is_bot, m.placeholder, m.forwarded"
            " FROM messages m JOIN senders s ON s.id = m.sender JOIN names ON names.id = m.name"
            " LEFT JOIN messages answered ON answered.id = m.reply_to LEFT JOIN senders r ON r.id = answered.sender"
            " WHERE m.chat = ? AND m.sent_ms >= ? AND m.sent_ms < ? ORDER BY m.sent_ms, m.position, m.id",
            (number, _ms(since) if since else -(2**62), _ms(until) if until else 2**62),
        )
        for row in rows:
            id_, platform, native, name, sent, text, photos, reply, to_platform, to_native, bot, holder, forwarded = row
            if not name:
                known = self._names() if known is None else known
                name = known.get((platform, native), "")
            yield CorpusMessage(
                id_,
                number,
                Account(platform, native),
                name,
                _time(sent),
                text,
                tuple(photos.split()),
                reply,
                None if to_native is None else Account(to_platform, to_native),
                bool(bot),
                holder,
                bool(forwarded),
            )

    def _names(self) -> dict[tuple[str, str], str]:
        """The name that each sender wrote under most, for chats whose export gives only ids."""
        rows = self.db.execute(
            "SELECT s.platform, s.native_id, names.name FROM messages m JOIN names ON names.id = m.name"
            " JOIN senders s ON s.id = m.sender WHERE names.name <> '' GROUP BY m.sender, m.name ORDER BY count(*)"
        )
        return {(platform, native): name for platform, native, name in rows}

    def senders(self, chat: CorpusChat | int | None = None) -> list[CorpusSender]:
        """Everybody who wrote, in one chat or anywhere, the one with most messages first. Counts are of that scope."""
        number = chat.id if isinstance(chat, CorpusChat) else chat
        where = "" if number is None else " WHERE m.chat = ?"
        rows = self.db.execute(
            "SELECT m.sender, s.platform, s.native_id, s.is_bot, names.name, m.chat, chats.kind, count(*), max(sent_ms)"
            " FROM messages m JOIN senders s ON s.id = m.sender JOIN names ON names.id = m.name"
            " JOIN chats ON chats.id = m.chat" + where + " GROUP BY m.sender, m.name, m.chat",
            () if number is None else (number,),
        )
        people: dict[int, _Tally] = {}
        for sender, platform, native, bot, name, place, kind, messages, last in rows:
            tally = people.setdefault(sender, _Tally(Account(platform, native), bool(bot), {}, {}))
            tally.names[name] = max(last, tally.names.get(name, last))
            total, _ = tally.chats.get(place, (0, kind))
            tally.chats[place] = (total + messages, kind)
        found = [tally.sender() for tally in people.values()]
        return sorted(found, key=lambda sender: (-sender.messages, sender.account.platform, sender.account.id))

    def texts(self, accounts: Iterable[Account], limit: int) -> list[str]:
        """The latest words of some people, at most `limit` messages, without what they passed on."""
        marks = [(account.platform, account.id) for account in accounts]
        where = " OR ".join("(s.platform = ? AND s.native_id = ?)" for _ in marks) or "FALSE"
        rows = self.db.execute(
            f"SELECT m.text FROM senders s JOIN messages m ON m.sender = s.id WHERE ({where}) AND m.text <> ''"
            " AND m.forwarded = 0 ORDER BY m.sent_ms DESC LIMIT ?",
            (*(value for mark in marks for value in mark), limit),
        )
        return [text for (text,) in rows]


@dataclass(slots=True)
class _Tally:
    account: Account
    is_bot: bool
    names: dict[str, int]  # to when last seen
    chats: dict[int, tuple[int, str]]  # to the number of messages and the kind

    def sender(self) -> CorpusSender:
        seen = (name for name in self.names if name)
        names = tuple(sorted(seen, key=lambda name: (-self.names[name], name)))
        messages = sum(number for number, _ in self.chats.values())
        private = sum(number for number, kind in self.chats.values() if kind == ChatKind.PRIVATE)
        last = _time(max(self.names.values()))
        return CorpusSender(
            self.account,
            names[0] if names else "",
            names,
            messages,
            private,
            tuple(sorted(self.chats)),
            self.is_bot,
            last,
        )


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
