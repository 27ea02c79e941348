"""What was said in the web chat, in a small SQLite file of its own, so that a reloaded page shows it."""

import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import PassingError, PermanentError
from bot.platform import ShownDecision
from bot.workspace import private_dir

_SCHEMA = """
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT NOT NULL,
    sender TEXT,                -- account id; NULL: the avatar
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    photos TEXT NOT NULL,       -- JSON list of names in the photo folder
    at INTEGER NOT NULL,        -- milliseconds since 1970, UTC
    mark TEXT NOT NULL UNIQUE,  -- what makes a second try the same line
    taken INTEGER NOT NULL,     -- the daemon has it; until then no page shows it
    answered INTEGER,           -- where that was decided
    why TEXT,                   -- JSON: sentences by language
    reply INTEGER,              -- the line that it answers
    often REAL                  -- the share of such messages that is answered, where chance decided
);
CREATE INDEX IF NOT EXISTS lines_by_chat ON lines (chat, id);
CREATE TABLE IF NOT EXISTS reactions (
    line INTEGER NOT NULL REFERENCES lines (id) ON DELETE CASCADE,
    sender TEXT NOT NULL,       -- account id; empty: the avatar
    emoji TEXT NOT NULL,
    PRIMARY KEY (line, sender)
);
CREATE TABLE IF NOT EXISTS erasures (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL);
"""
_COLUMNS = "id, chat, sender, name, text, photos, at, mark, answered, why, reply, often"


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble on the page."""

    id: int
    chat: str
    sender: str | None
    name: str
    text: str
    photos: tuple[str, ...]
    at: int
    mark: str
    decision: ShownDecision | None = None
    reply: int | None = None  # the line that it answers


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody put on a line. sender: None is the avatar."""

    line: int
    sender: str | None
    emoji: str


class Transcript:
    """All chats of the page. Written through at once; `mark` makes adding idempotent."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database

    @classmethod
    def open(cls, folder: Path) -> "Transcript":
        """Raises PermanentError where the file is no transcript, PassingError where it cannot be written now."""
        path = private_dir(folder) / "transcript.sqlite"
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            database = sqlite3.connect(path, isolation_level=None)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA secure_delete = ON")
                database.execute("PRAGMA foreign_keys = ON")
                database.executescript(_SCHEMA)
                known = {column for _, column, *_ in database.execute("PRAGMA table_info(lines)")}
                for column, kind in (("why", "TEXT"), ("reply", "INTEGER"), ("often", "REAL")):
                    if column not in known:  # made by an earlier program
                        database.execute(f"ALTER TABLE lines ADD COLUMN {column} {kind}")
                database.execute(  # another file than the one a page knows must not look like it
                    "INSERT INTO erasures (id, at) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM erasures)",
                    (secrets.randbelow(2**40) + 1, int(time.time() * 1000)),
                )
            except BaseException:
                database.close()
                raise
        except (OSError, sqlite3.OperationalError) as error:
            raise PassingError(f"{path} cannot be opened ({error}): is the disk full?") from error
        except sqlite3.DatabaseError as error:
            raise PermanentError(f"{path} is damaged ({error}): move it away, and a new one is made.") from error
        return cls(database)

    def _do(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise PassingError(f"The web chat's transcript cannot be used ({error}): is the disk full?") from error

    def close(self) -> None:
        self._db.close()

    def add(
        self,
        chat: str,
        sender: str | None,
        name: str,
        text: str,
        mark: str,
        photos: tuple[str, ...] = (),
        reply: int | None = None,
    ) -> tuple[Line, bool]:
        """Adds a line; returns it, and whether it is new. The avatar's is shown at once, a person's when `taken`."""
        at, taken = int(time.time() * 1000), int(sender is None)
        added = self._do(
            "INSERT INTO lines (chat, sender, name, text, photos, at, mark, taken, reply)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mark) DO NOTHING",
            (chat, sender, name, text, json.dumps(photos), at, mark, taken, reply),
        )
        line = self.find(mark)
        assert line is not None
        return line, added.rowcount == 1

    def find(self, mark: str) -> Line | None:
        row = self._do(f"SELECT {_COLUMNS} FROM lines WHERE mark = ?", (mark,)).fetchone()
        return _line(row) if row else None

    def there(self, chat: str, number: int) -> Line | None:
        """A line of a chat that its page shows."""
        row = self._do(f"SELECT {_COLUMNS} FROM lines WHERE id = ? AND chat = ? AND taken", (number, chat)).fetchone()
        return _line(row) if row else None

    def since(self, last: int, limit: int) -> list[Line]:
        """The newest `limit` lines after that id, oldest first."""
        rows = self._do(
            f"SELECT {_COLUMNS} FROM lines WHERE id > ? AND taken ORDER BY id DESC LIMIT ?", (last, limit)
        ).fetchall()
        return [_line(row) for row in reversed(rows)]

    def decided(self, number: int, shown: ShownDecision) -> None:
        """Notes with a line what became of it."""
        values = (int(shown.answered), json.dumps(dict(shown.why), ensure_ascii=False), shown.often, number)
        self._do("UPDATE lines SET answered = ?, why = ?, often = ? WHERE id = ?", values)

    def taken(self, number: int) -> None:
        """Notes that the daemon has this line."""
        self._do("UPDATE lines SET taken = 1 WHERE id = ?", (number,))

    def put(self, number: int, sender: str | None, emoji: str) -> None:
        """Notes somebody's reaction to a line, in place of the one before; an empty one takes that back."""
        self._do("DELETE FROM reactions WHERE line = ? AND sender = ?", (number, sender or ""))
        if emoji:
            self._do("INSERT INTO reactions (line, sender, emoji) VALUES (?, ?, ?)", (number, sender or "", emoji))

    def reactions(self, number: int | None = None) -> list[Reaction]:
        """What was put on a line, or on any, in the order in which it was."""
        rows = self._do(
            "SELECT line, sender, emoji FROM reactions WHERE ?1 IS NULL OR line = ?1 ORDER BY rowid", (number,)
        )
        return [Reaction(line, sender or None, emoji) for line, sender, emoji in rows]

    def forget(self, sender: str, private: str, before: int) -> set[str]:
        """Deletes a person's private chat whole, what they wrote elsewhere, up to (not with) that line, and reactions.

        Returns the photos that no line shows any more.
        """
        self._do("DELETE FROM reactions WHERE sender = ?", (sender,))
        return self._erase("id < ? AND (chat = ? OR sender = ?)", (before, private, sender))

    def purge(self, before: int) -> set[str]:
        """Deletes what is older than that, in milliseconds since 1970. Returns as `forget` does."""
        return self._erase("at < ?", (before,))

    def erasures(self) -> int:
        """Grows with each erasure: a page that knows a smaller number must begin anew."""
        return int(self._do("SELECT max(id) FROM erasures").fetchone()[0])

    def photos(self) -> set[str]:
        """Names of all photos that a line still shows."""
        rows: Iterable[tuple[str]] = self._do("SELECT photos FROM lines WHERE photos != '[]'")
        return {name for (names,) in rows for name in json.loads(names)}

    def _erase(self, which: str, values: tuple[object, ...]) -> set[str]:
        shown = self.photos()
        if not self._do(f"DELETE FROM lines WHERE {which}", values).rowcount:
            return set()
        self._do("INSERT INTO erasures (at) VALUES (?)", (int(time.time() * 1000),))
        self._do("PRAGMA wal_checkpoint(TRUNCATE)")
        return shown - self.photos()


_Row = tuple[int, str, str | None, str, str, str, int, str, int | None, str | None, int | None, float | None]


def _line(row: _Row) -> Line:
    number, chat, sender, name, text, photos, at, mark, answered, why, reply, often = row
    decided = None if answered is None else ShownDecision(bool(answered), often, json.loads(why or "{}"))
    return Line(number, chat, sender, name, text, tuple(json.loads(photos)), at, mark, decided, reply)
