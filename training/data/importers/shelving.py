"""Adds what was written outside of chats to the corpus: once each, and edited where its file was edited."""

import hashlib
import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field, replace

from bot.writing import WritingKind
from training.data.importers.written import BY_OTHERS, Own, ReadWriting

ALREADY = "already in the corpus"
EDITED = "already in the corpus, and edited since"
REMOVED = "removed before (`echoes writings --allow-again`)"

SCHEMA = """
DROP TABLE IF EXISTS temp.incoming_writings;
CREATE TEMP TABLE incoming_writings (
    id INTEGER PRIMARY KEY, kind TEXT, author_platform TEXT, author_id TEXT, day TEXT, at_ms INTEGER, title TEXT,
    text TEXT, native_id TEXT, everywhere INTEGER, addressees TEXT, digest TEXT
) STRICT;
CREATE INDEX temp.incoming_writings_by_name ON incoming_writings (native_id);
"""
_COLUMNS = "kind, author_platform, author_id, day, at_ms, title, text, native_id, everywhere, addressees, digest"


@dataclass(slots=True)
class Tally:
    """The counts of one kind in one file: read = kept + the sum of skipped."""

    read: int = 0
    kept: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.read += other.read
        self.kept += other.kept
        self.skipped += other.skipped


def stage_writing(db: sqlite3.Connection, writing: ReadWriting, own: Own, tally: Tally) -> None:
    """Lays one aside that the subject wrote. What others wrote is counted, and kept nowhere. Raises NobodySaid."""
    if writing.author is not None and not own.wrote(writing.author):
        tally.skipped[BY_OTHERS] += 1
        return
    author = writing.author
    to = [(one.name, *((one.account.platform, one.account.id) if one.account else (None, None))) for one in writing.to]
    db.execute(
        f"INSERT INTO incoming_writings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            writing.kind.value,
            author.platform if author else None,
            author.id if author else None,
            writing.day.isoformat() if writing.day else None,
            writing.at_ms,
            writing.title,
            writing.text,
            writing.native_id,
            writing.everywhere,
            json.dumps(to, ensure_ascii=False),
            hashlib.sha256(writing.text.encode()).hexdigest(),
        ),
    )


def shelve(db: sqlite3.Connection, tallies: dict[WritingKind, Tally], place: str, source: str) -> None:
    """Adds what was laid aside, within the caller's transaction.

    place: where its file is, in which a day is the name of one page. Other words under the same name are an edit; the
    same words under another name are that page with its day set right, or, in another file, a copy.
    """
    rows = db.execute(f"SELECT {_COLUMNS} FROM incoming_writings ORDER BY id").fetchall()
    for row in rows:
        kind, platform, author, day, at_ms, title, text, native, everywhere, addressees, digest = row
        space = (platform or kind) if everywhere else f"file:{place}"
        tally = tallies[WritingKind(kind)]
        known = _known(db, space, native, day, digest)
        if known is not None and known.removed:
            tally.skipped[REMOVED] += 1
        elif known is not None and known.copy:
            tally.skipped[ALREADY] += 1
        elif known is not None:
            tally.skipped[ALREADY if known.digest == digest else EDITED] += 1
            db.execute(
                "UPDATE writings SET kind = ?, day = ?, at_ms = ?, title = ?, text = ?, native_id = ?, digest = ?"
                " WHERE id = ?",
                (kind, day, at_ms, title, text, native, digest, known.id),
            )
            _address(db, known.id, addressees)
        else:
            tally.kept += 1
            new = db.execute(
                "INSERT INTO writings (kind, author_platform, author_id, day, at_ms, title, text, source, space,"
                " native_id, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, platform, author, day, at_ms, title, text, source, space, native, digest),
            ).lastrowid
            assert new is not None
            _address(db, new, addressees)


@dataclass(frozen=True, slots=True)
class _Known:
    """A writing of the corpus that is the one at hand. copy: of the same words, in another file or a second time."""

    id: int
    digest: str
    removed: bool
    copy: bool = False


def _known(db: sqlite3.Connection, space: str, native: str, day: str | None, digest: str) -> _Known | None:
    columns = "SELECT id, digest, removed FROM writings WHERE"
    removed = db.execute(f"{columns} digest = ? AND removed = 1", (digest,)).fetchone()
    named = db.execute(f"{columns} space = ? AND native_id = ?", (space, native)).fetchone()
    if removed or named:
        return _Known(*(removed or named))
    renamed = db.execute(
        f"{columns} digest = ? AND space = ? AND native_id NOT IN (SELECT native_id FROM incoming_writings)",
        (digest, space),
    ).fetchone()
    if renamed:
        return _Known(*renamed)
    copied = db.execute(
        f"{columns} digest = ? AND (day IS NULL OR ? IS NULL OR day = ?)", (digest, day, day)
    ).fetchone()
    return replace(_Known(*copied), copy=True) if copied else None


def _address(db: sqlite3.Connection, writing: int, addressees: str) -> None:
    db.execute("DELETE FROM addressees WHERE writing = ?", (writing,))
    db.executemany(
        "INSERT INTO addressees VALUES (?, ?, ?, ?, ?)",
        [(writing, platform, native, name, name.casefold()) for name, platform, native in json.loads(addressees)],
    )
