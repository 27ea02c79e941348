"""Opens a program's own SQLite database without changing it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

_MAGIC = b"SQLite format 3\0"


def is_database(head: bytes) -> bool:
    """Says whether a file is a SQLite database by how it begins."""
    return head.startswith(_MAGIC)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Opens a database for reading, with what a program left in the log beside it. Raises sqlite3.Error."""
    log = path.with_name(f"{path.name}-wal")
    whole = not (log.is_file() and log.stat().st_size)
    uri = f"file:{quote(str(path.resolve()))}?mode=ro{'&immutable=1' if whole else ''}"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        db.text_factory = lambda data: data.decode("utf-8", "replace")
        yield db


def tables_of(path: Path) -> frozenset[str]:
    """Returns the names of the tables; none where it cannot be read."""
    with suppress(sqlite3.Error, OSError), opened(path) as db:
        return frozenset(name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    return frozenset()


def columns_of(db: sqlite3.Connection, table: str) -> frozenset[str]:
    """Returns the names of a table's columns; none where there is no such table."""
    return frozenset(name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,)))
