"""What the subject wrote outside of chats, as the corpus holds it: read, told by file, and removed by the owner."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.message import Account
from bot.store.corpus import Corpus
from bot.writing import Addressee, Writing, WritingKind


@dataclass(frozen=True, slots=True)
class Kept:
    """How much there is of one kind from one file. undated: how many of these tell no day."""

    kind: WritingKind
    source: str
    number: int
    undated: int
    first: date | None
    last: date | None


def writings(corpus: Corpus) -> list[Writing]:
    """Everything that was written, in the order of its days; what tells no day comes last.

    What went to somebody who is left out is not among it, where the corpus was opened without them.
    """
    to = _addressees(corpus.db)
    rows = corpus.db.execute(
        "SELECT id, kind, author_platform, author_id, day, at_ms, title, text, source FROM writings WHERE removed = 0"
        " ORDER BY day IS NULL, day, at_ms, id"
    )
    return [
        Writing(
            id_,
            WritingKind(kind),
            text,
            Account(platform, native) if platform is not None else None,
            date.fromisoformat(day) if day else None,
            datetime.fromtimestamp(at / 1000, UTC) if at is not None else None,
            title,
            tuple(to.get(id_, ())),
            source,
        )
        for id_, kind, platform, native, day, at, title, text, source in rows
    ]


def left_out(corpus: Corpus) -> dict[WritingKind, int]:
    """How many of each kind cannot be seen, because they went to somebody who is left out."""
    rows = corpus.db.execute(
        "SELECT kind, count(*) FROM main.writings WHERE removed = 0 AND id NOT IN (SELECT id FROM writings)"
        " GROUP BY kind"
    )
    return {WritingKind(kind): number for kind, number in rows}


def count(corpus: Corpus) -> int:
    """How many there are in all."""
    (number,) = corpus.db.execute("SELECT count(*) FROM writings WHERE removed = 0").fetchone()
    return int(number)


def authors(corpus: Corpus) -> dict[Account, int]:
    """Who wrote how many, of those whose author is an account."""
    rows = corpus.db.execute(
        "SELECT author_platform, author_id, count(*) FROM writings WHERE removed = 0 AND author_platform IS NOT NULL"
        " GROUP BY author_platform, author_id ORDER BY count(*) DESC, author_platform, author_id"
    )
    return {Account(platform, native): number for platform, native, number in rows}


def by_file(corpus: Corpus) -> list[Kept]:
    """What there is from each file, by kind and name."""
    rows = corpus.db.execute(
        "SELECT kind, source, count(*), count(*) - count(day), min(day), max(day) FROM writings WHERE removed = 0"
        " GROUP BY kind, source ORDER BY kind, source"
    )
    return [
        Kept(
            WritingKind(kind),
            source,
            number,
            undated,
            date.fromisoformat(first) if first else None,
            date.fromisoformat(last) if last else None,
        )
        for kind, source, number, undated, first, last in rows
    ]


def remove(corpus: Corpus, ids: Iterable[int]) -> int:
    """Empties writings for good, in the file and beside it, and returns how many.

    What they are known by stays, so that importing their file again does not bring them back.
    """
    corpus.db.execute("PRAGMA secure_delete = ON")
    number = 0
    with corpus.transaction() as db:
        for id_ in ids:
            number += db.execute(
                "UPDATE main.writings SET removed = 1, title = '', text = '' WHERE id = ? AND removed = 0", (id_,)
            ).rowcount
            db.execute("DELETE FROM addressees WHERE writing = ?", (id_,))
    corpus.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return number


def allow_again(corpus: Corpus) -> int:
    """Forgets what was removed, so that importing a file again brings it back; returns how many that were."""
    with corpus.transaction() as db:
        return db.execute("DELETE FROM main.writings WHERE removed = 1").rowcount


def _addressees(db: sqlite3.Connection) -> dict[int, list[Addressee]]:
    found: dict[int, list[Addressee]] = {}
    rows = db.execute("SELECT writing, platform, native_id, name FROM addressees ORDER BY rowid")
    for writing, platform, native, name in rows:
        account = Account(platform, native) if platform is not None else None
        found.setdefault(writing, []).append(Addressee(name, account))
    return found
