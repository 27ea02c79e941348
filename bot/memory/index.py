"""The index of earlier words: a SQLite file with full-text search, made from the chats and made anew where it is lost.

It holds terms and where they stand, and vectors of them where an encoder is set, but no text: what is found is read
where it was said, so that whatever is no longer there, or may no longer be shown, is not found either.
"""

import logging
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import PassingError
from bot.files import refusal
from bot.memory.terms import terms
from bot.store.layout import write_ahead

log = logging.getLogger(__name__)

VERSION = 2
_BUSY_SECONDS = 5
_LAYOUT = """
CREATE TABLE places (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, state TEXT NOT NULL, last INTEGER NOT NULL)
    STRICT;
CREATE TABLE words (
    id INTEGER PRIMARY KEY, place INTEGER NOT NULL, ref INTEGER NOT NULL, at REAL NOT NULL, terms TEXT NOT NULL
) STRICT;
CREATE INDEX words_by_time ON words (place, at);
CREATE VIRTUAL TABLE found USING fts5(terms, content = 'words', content_rowid = 'id', tokenize = 'unicode61');
"""
_VECTORS = """
CREATE TABLE vectors (id INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
CREATE TABLE encoder (fingerprint TEXT NOT NULL) STRICT;
"""
"""Since version 2: for the words of the same id what they mean, by one encoder (see `bot.memory.vectors`)."""
_STEPS = (_LAYOUT, _VECTORS)  # from version 0 to 1, and on
_PLACE = "\ue000"
"""Begins the term that stands for a place: a private character, which no text's terms have."""
_ASKED = 40  # of a question's terms, the first
_MOST = 1000  # messages that have a term: one that more have is no help in finding one of them
_LEAST = 5.5  # nats
_STRONG = 1.5  # words that nobody else said: so much in common is no chance
_EVERY = 7  # a term of more than every seventh message says nothing


@dataclass(frozen=True, slots=True)
class Place:
    """A chat in one of the stores. state: changes whenever what is there could have changed."""

    key: str
    state: str


@dataclass(frozen=True, slots=True)
class Words:
    """What was said in one message. ref: its row in its store, growing. at: seconds since 1970."""

    ref: int
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A message that has something in common with what was asked. score: in nats, of what both have in common."""

    place: str
    ref: int
    at: float
    score: float


class Index:
    """One SQLite file. A damaged one is made anew, since all that is in it comes from elsewhere."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.db = db
        self._path = path

    @classmethod
    def open(cls, path: Path) -> "Index":
        """Opens the index, or makes an empty one. Raises PassingError where the machine refuses."""
        try:
            return cls(_opened(path), path)
        except sqlite3.Error as error:
            if (sentence := refusal(error, path)) is not None:
                raise PassingError(sentence) from error
        except OSError as error:
            raise PassingError(refusal(error, path) or f"{path} cannot be opened ({error}).") from error
        log.warning("The index of what was said before was damaged: it is made anew from the chats.")
        cls.remove(path)
        return cls(_opened(path), path)

    @staticmethod
    def remove(path: Path) -> None:
        """Deletes the file: what is in it can be made anew."""
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        self.db.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def last(self, place: Place) -> int:
        """The last ref that was taken from a place, or 0."""
        row = self.db.execute("SELECT last FROM places WHERE key = ?", (place.key,)).fetchone()
        return int(row[0]) if row else 0

    def knows(self, place: Place) -> bool:
        """Whether the place was taken as it is now."""
        row = self.db.execute("SELECT state FROM places WHERE key = ?", (place.key,)).fetchone()
        return row is not None and row[0] == place.state

    def take(self, place: Place, every: Iterable[Words]) -> None:
        """Adds what was said in a place, and notes its state."""
        with self.change() as db:
            db.execute("INSERT OR IGNORE INTO places (key, state, last) VALUES (?, '', 0)", (place.key,))
            (number,) = db.execute("SELECT id FROM places WHERE key = ?", (place.key,)).fetchone()
            last = 0
            for one in every:
                last = max(last, one.ref)
                found = terms(one.text)
                if not found:
                    continue
                row = db.execute(
                    "INSERT INTO words (place, ref, at, terms) VALUES (?, ?, ?, ?)",
                    (number, one.ref, one.at, " ".join([f"{_PLACE}{number}", *found])),
                ).lastrowid
                db.execute("INSERT INTO found (rowid, terms) SELECT id, terms FROM words WHERE id = ?", (row,))
            db.execute("UPDATE places SET state = ?, last = max(last, ?) WHERE id = ?", (place.state, last, number))

    def drop(self, keys: Iterable[str]) -> None:
        """Forgets places, and leaves nothing of their words in the file."""
        with self.change() as db:
            gone = False
            for key in keys:
                row = db.execute("SELECT id FROM places WHERE key = ?", (key,)).fetchone()
                if row is None:
                    continue
                gone = True
                db.execute(
                    "INSERT INTO found (found, rowid, terms) SELECT 'delete', id, terms FROM words WHERE place = ?", row
                )
                db.execute("DELETE FROM vectors WHERE id IN (SELECT id FROM words WHERE place = ?)", row)
                db.execute("DELETE FROM words WHERE place = ?", row)
                db.execute("DELETE FROM places WHERE id = ?", row)
            if gone:
                db.execute("INSERT INTO found (found) VALUES ('optimize')")
        if gone:
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def places(self) -> list[str]:
        """The keys of the places that something was taken from."""
        return [key for (key,) in self.db.execute("SELECT key FROM places")]

    def latest(self, places: Sequence[str], most: int, before: float) -> list[Found]:
        """Returns the newest messages of these places, before a time, that hold any word, newest first; of no score."""
        marks = ",".join("?" for _ in places)
        rows = self.db.execute(
            "SELECT places.key, words.ref, words.at FROM words JOIN places ON places.id = words.place"
            f" WHERE places.key IN ({marks}) AND words.at < ? ORDER BY words.at DESC LIMIT ?",
            (*places, before, most),
        )
        return [Found(key, ref, at, 0.0) for key, ref, at in rows]

    def count(self, places: Sequence[str]) -> int:
        """How many messages of these places hold any word."""
        marks = ",".join("?" for _ in places)
        (number,) = self.db.execute(
            f"SELECT count(*) FROM words JOIN places ON places.id = words.place WHERE places.key IN ({marks})", places
        ).fetchone()
        return int(number)

    def find(self, places: Sequence[str], text: str, before: float, *, strong: bool = False) -> list[Found]:
        """Returns what was said in these places before a time and has something in common with a text, best first.

        What is in common is weighed by how rare it is there: Σ ln(N / n) over the common terms, where n of the N
        messages before that time have the term. Too little is nothing in common: less than 3/4 of ln N, one rare word,
        or, where little was said yet, less than two. It follows from what was said by then in these places alone,
        whatever else is in the index. strong: only what has much in common.
        """
        numbers = [
            row[0]
            for key in places
            if (row := self.db.execute("SELECT id FROM places WHERE key = ?", (key,)).fetchone())
        ]
        marks = ",".join("?" for _ in numbers)
        (total,) = self.db.execute(
            f"SELECT count(*) FROM words WHERE place IN ({marks}) AND at < ?", (*numbers, before)
        ).fetchone()
        where = " OR ".join(f'"{_PLACE}{number}"' for number in numbers)
        scores: dict[int, float] = {}
        for term in list(dict.fromkeys(terms(text)))[:_ASKED] if total else ():
            rows = self.db.execute(
                "SELECT words.id FROM found JOIN words ON words.id = found.rowid"
                " WHERE found MATCH ? AND words.at < ? LIMIT ?",
                (f'({where}) AND "{term}"', before, _MOST + 1),
            ).fetchall()
            if len(rows) <= min(max(total // _EVERY, 1), _MOST):
                for (row,) in rows:
                    scores[row] = scores.get(row, 0.0) + math.log((total + 1) / len(rows))
        one_word = math.log(total + 1)
        least = max((_STRONG if strong else 0.75) * one_word, min(1.8 * one_word, _LEAST))
        found = []
        for row, score in scores.items():
            if score >= least:
                key, ref, at = self.db.execute(
                    "SELECT key, ref, at FROM words JOIN places ON places.id = place WHERE words.id = ?", (row,)
                ).fetchone()
                found.append(Found(key, ref, at, score))
        return sorted(found, key=lambda one: (-one.score, -one.at, -one.ref))

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Changes all or nothing. Raises PassingError where the machine refuses."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            yield self.db
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error) and (sentence := refusal(error, self._path)) is not None:
                raise PassingError(sentence) from error
            raise


def _opened(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        write_ahead(db)
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise sqlite3.DatabaseError("another layout")
        if version < VERSION:
            db.executescript(f"BEGIN IMMEDIATE;{''.join(_STEPS[version:])}PRAGMA user_version = {VERSION};COMMIT;")
        db.execute("SELECT count(*) FROM places").fetchone()
        db.execute("SELECT rowid FROM found LIMIT 1").fetchone()
    except BaseException:
        db.close()
        raise
    return db
