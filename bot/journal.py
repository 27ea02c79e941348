"""The daemon's durable record. A message is here before it is handled, a reply before it is sent.

One table of entries in the order they came: messages of others, bubbles of the avatar, and notices (texts from
outside the model). Every change is one transaction, synced to disk, so a killed process continues where it was.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from bot.errors import DataError, PassingError
from bot.files import refusal
from bot.types import Account, Chat, ChatKind, Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS chats (
    key TEXT PRIMARY KEY, platform TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT NOT NULL REFERENCES chats(key),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    native_id TEXT,
    sender_platform TEXT, sender_id TEXT, sender_name TEXT,
    text TEXT NOT NULL,
    photos TEXT NOT NULL DEFAULT '[]',
    addressed INTEGER NOT NULL DEFAULT 0,
    addressed_other INTEGER NOT NULL DEFAULT 0,
    from_bot INTEGER NOT NULL DEFAULT 0,
    reply INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS entries_native ON entries(chat, native_id) WHERE kind = 'message';
CREATE INDEX IF NOT EXISTS entries_chat ON entries(chat, seq);
CREATE INDEX IF NOT EXISTS entries_open ON entries(state) WHERE state IN ('new', 'queued', 'sending');
CREATE TABLE IF NOT EXISTS stopped (platform TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (platform, id));
"""

_BUSY_SECONDS = 10


class Kind(StrEnum):
    MESSAGE = "message"
    BUBBLE = "bubble"
    NOTICE = "notice"


class State(StrEnum):
    NEW = "new"  # a message that waits for its decision or answer
    ANSWERED = "answered"
    SILENT = "silent"  # the avatar decided to say nothing
    IGNORED = "ignored"  # policy: not allowed, stopped, another bot, too old
    QUEUED = "queued"  # a bubble or notice that waits to be sent
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"  # the chat cannot be reached


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a message: how its platform names it, and its digest once fetched (empty: it cannot be had)."""

    ref: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
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

    @property
    def key(self) -> str:
        """The same for every try of sending this bubble."""
        return f"echoes-{self.seq}"


class Journal:
    """Raises PassingError in a sentence when the disk refuses; the daemon then takes no message it cannot keep."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        self._db = connection
        self._clock = clock

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> "Journal":
        """`clock` tells when a bubble is sent."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise PassingError(refusal(error, path) or f"The journal {path} cannot be opened ({error}).") from error
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            connection.close()
            if (sentence := refusal(error, f"The journal {path}")) is not None:
                raise PassingError(sentence) from error
            raise DataError(f"The journal {path} cannot be opened ({error}): restore it, or move it away.") from error
        return cls(connection, clock)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise _unusable(error) from error

    def _read(self, sql: str, values: Sequence[str | int] = ()) -> list[sqlite3.Row]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            raise _unusable(error) from error

    # -- messages in ----------------------------------------------------------------------------------------------

    def take(self, message: Message) -> int | None:
        """Keeps a message; returns its seq, or None if it was taken before."""
        with self._change() as db:
            _keep_chat(db, message.chat)
            cursor = db.execute(
                "INSERT OR IGNORE INTO entries (chat, kind, state, at, native_id, sender_platform, sender_id,"
                " sender_name, text, photos, addressed, addressed_other, from_bot) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    message.chat.key,
                    Kind.MESSAGE,
                    State.NEW,
                    message.sent_at.timestamp(),
                    message.id,
                    message.sender.platform,
                    message.sender.id,
                    message.sender_name,
                    message.text,
                    _photos_json([Photo(photo.ref) for photo in message.photos]),
                    message.addressed,
                    message.addressed_other,
                    message.from_bot,
                ),
            )
            return cursor.lastrowid if cursor.rowcount else None

    def settle(self, seqs: Sequence[int], state: State) -> None:
        """Says what became of messages."""
        with self._change() as db:
            db.executemany("UPDATE entries SET state = ? WHERE seq = ?", [(state, seq) for seq in seqs])

    def erase(self, seq: int) -> None:
        """Leaves a message out and does not keep what it said."""
        with self._change() as db:
            db.execute(
                "UPDATE entries SET state = 'ignored', text = '', photos = '[]', sender_name = '' WHERE seq = ?", (seq,)
            )

    def fetched(self, seq: int, photos: Sequence[Photo]) -> None:
        with self._change() as db:
            db.execute("UPDATE entries SET photos = ? WHERE seq = ?", (_photos_json(photos), seq))

    # -- replies out ----------------------------------------------------------------------------------------------

    def reply(self, chat: Chat, answered: Sequence[int], bubbles: Sequence[str], notices: Sequence[str] = ()) -> int:
        """In one step: the messages are answered and their reply waits to be sent. Returns the reply's number."""
        with self._change() as db:
            _keep_chat(db, chat)
            db.executemany("UPDATE entries SET state = 'answered' WHERE seq = ?", [(seq,) for seq in answered])
            now = self._clock().timestamp()
            number: int | None = None
            for kind, text in [*((Kind.NOTICE, text) for text in notices), *((Kind.BUBBLE, text) for text in bubbles)]:
                cursor = db.execute(
                    "INSERT INTO entries (chat, kind, state, at, text, reply) VALUES (?,?,?,?,?,?)",
                    (chat.key, kind, State.QUEUED, now, text, number),
                )
                if number is None:
                    number = int(cursor.lastrowid or 0)
                    db.execute("UPDATE entries SET reply = seq WHERE seq = ?", (number,))
            return number or 0

    def withdraw(self, reply: int, answered: Sequence[int]) -> bool:
        """Takes back a reply of which no bubble was sent yet; its messages wait again. False if it is too late."""
        with self._change() as db:
            begun = "SELECT 1 FROM entries WHERE reply = ? AND kind = 'bubble' AND state != 'queued'"
            if db.execute(begun, (reply,)).fetchone():
                return False
            db.execute("DELETE FROM entries WHERE reply = ? AND state = 'queued'", (reply,))
            db.executemany("UPDATE entries SET state = 'new' WHERE seq = ?", [(seq,) for seq in answered])
            return True

    def sending(self, seq: int) -> None:
        self.settle([seq], State.SENDING)

    def sent(self, seq: int, native_id: str | None) -> None:
        with self._change() as db:
            db.execute(
                "UPDATE entries SET state = 'sent', native_id = ?, at = ? WHERE seq = ?",
                (native_id, self._clock().timestamp(), seq),
            )

    # -- what is there --------------------------------------------------------------------------------------------

    def unfinished(self) -> list[Chat]:
        """The chats with messages to handle or bubbles to send."""
        rows = self._read(
            "SELECT DISTINCT chats.* FROM chats JOIN entries ON entries.chat = chats.key"
            " WHERE entries.state IN ('new', 'queued', 'sending')"
        )
        return [_chat(row) for row in rows]

    def pending(self, chat: Chat) -> list[Entry]:
        """The messages that wait, oldest first."""
        return self._entries("chat = ? AND state = 'new' ORDER BY seq", chat.key)

    def outbox(self, chat: Chat) -> list[Entry]:
        """The bubbles and notices to send, in order."""
        return self._entries("chat = ? AND state IN ('queued', 'sending') ORDER BY seq", chat.key)

    def recent(self, chat: Chat, count: int) -> list[Entry]:
        """The newest messages and bubbles, oldest first; no notices, nothing that policy left out."""
        newest = self._entries(
            "chat = ? AND kind != 'notice' AND state NOT IN ('ignored', 'dropped') ORDER BY seq DESC LIMIT ?",
            chat.key,
            count,
        )
        return newest[::-1]

    def noticed(self, chat: Chat, text: str, after: int = 0) -> bool:
        """Whether this notice is in the chat, later than that seq."""
        where = "chat = ? AND kind = 'notice' AND text = ? AND seq > ? LIMIT 1"
        return bool(self._entries(where, chat.key, text, after))

    def id_before(self, chat: Chat, seq: int) -> str | None:
        """The platform's id of the newest entry before another, if any has one."""
        where = "chat = ? AND native_id IS NOT NULL AND seq < ? ORDER BY seq DESC LIMIT 1"
        entries = self._entries(where, chat.key, seq)
        return entries[0].native_id if entries else None

    def latest(self, platform: str) -> dict[Chat, str]:
        """The id of the newest message taken, by chat."""
        rows = self._read(
            "SELECT chats.*, native_id, max(seq) FROM entries JOIN chats ON chats.key = entries.chat"
            " WHERE platform = ? AND entries.kind = 'message' GROUP BY chats.key",
            (platform,),
        )
        return {_chat(row): row["native_id"] for row in rows}

    def queue_length(self) -> int:
        [row] = self._read("SELECT count(*) FROM entries WHERE state IN ('new', 'queued', 'sending')")
        return int(row[0])

    def _entries(self, where: str, *values: str | int) -> list[Entry]:
        return [_entry(row) for row in self._read(f"SELECT * FROM entries WHERE {where}", values)]

    # -- people's wishes and retention ----------------------------------------------------------------------------

    def stop(self, account: Account) -> None:
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO stopped VALUES (?, ?)", (account.platform, account.id))

    def resume(self, account: Account) -> None:
        with self._change() as db:
            db.execute("DELETE FROM stopped WHERE platform = ? AND id = ?", (account.platform, account.id))

    def is_stopped(self, account: Account) -> bool:
        return bool(self._read("SELECT 1 FROM stopped WHERE platform = ? AND id = ?", (account.platform, account.id)))

    def forget(self, account: Account, until: int) -> set[str]:
        """Empties what an account wrote up to that seq, and private chats with it whole; the ids stay, so nothing
        is answered twice.

        Returns the digests of photos that no entry holds any more.
        """
        before = self.digests()
        with self._change() as db:
            own_chats = [
                row["chat"]
                for row in db.execute(
                    "SELECT DISTINCT chat FROM entries JOIN chats ON chats.key = entries.chat"
                    " WHERE chats.kind = 'private' AND sender_platform = ? AND sender_id = ?",
                    (account.platform, account.id),
                )
            ]
            empty = (
                "UPDATE entries SET text = '', photos = '[]', sender_name = '',"
                " state = CASE state WHEN 'queued' THEN 'dropped' ELSE 'ignored' END"
                " WHERE kind != 'notice' AND seq <= ?"
            )
            db.execute(f"{empty} AND sender_platform = ? AND sender_id = ?", (until, account.platform, account.id))
            db.executemany(f"{empty} AND chat = ?", [(until, chat) for chat in own_chats])
        return before - self.digests()

    def purge(self, before: datetime) -> int:
        """Deletes finished entries older than that; returns how many. The newest message of a chat keeps its id."""
        with self._change() as db:
            cursor = db.execute(
                "DELETE FROM entries WHERE at < ? AND state NOT IN ('new', 'queued', 'sending')"
                " AND kind != 'notice'"
                " AND seq NOT IN (SELECT max(seq) FROM entries WHERE kind = 'message' GROUP BY chat)",
                (before.timestamp(),),
            )
            removed = cursor.rowcount
            db.execute(
                "UPDATE entries SET text = '', photos = '[]', sender_name = '', state = 'ignored'"
                " WHERE at < ? AND kind = 'message' AND state NOT IN ('new', 'queued', 'sending')",
                (before.timestamp(),),
            )
            return removed

    def digests(self) -> set[str]:
        """The photos that entries still hold."""
        rows = self._read("SELECT photos FROM entries WHERE photos != '[]'")
        return {photo.digest for row in rows for photo in _photos(row["photos"]) if photo.digest}

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def move(self, old: Chat, new: Chat) -> None:
        """A chat goes on under another id."""
        with self._change() as db:
            _keep_chat(db, new)
            db.execute("UPDATE OR IGNORE entries SET chat = ? WHERE chat = ?", (new.key, old.key))


def _unusable(error: sqlite3.OperationalError) -> PassingError:
    return PassingError(f"The journal cannot be read or written ({error}): is the disk full?")


def _keep_chat(db: sqlite3.Connection, chat: Chat) -> None:
    db.execute(
        "INSERT INTO chats VALUES (?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET title = excluded.title",
        (chat.key, chat.platform, chat.id, chat.kind, chat.title),
    )


def _chat(row: sqlite3.Row) -> Chat:
    return Chat(row["platform"], row["id"], ChatKind(row["kind"]), row["title"])


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        seq=row["seq"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        at=datetime.fromtimestamp(row["at"], UTC),
        text=row["text"],
        native_id=row["native_id"],
        sender=Account(row["sender_platform"], row["sender_id"]) if row["sender_id"] is not None else None,
        sender_name=row["sender_name"] or "",
        photos=tuple(_photos(row["photos"])),
        addressed=bool(row["addressed"]),
        addressed_other=bool(row["addressed_other"]),
        from_bot=bool(row["from_bot"]),
        reply=row["reply"],
    )


def _photos(text: str) -> list[Photo]:
    return [Photo(ref, digest) for ref, digest in json.loads(text)]


def _photos_json(photos: Sequence[Photo]) -> str:
    return json.dumps([[photo.ref, photo.digest] for photo in photos])
