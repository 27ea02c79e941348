"""The journal's file: opening it, changing it in whole steps, reading entries."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from bot.errors import DataError, EchoesError, PassingError
from bot.files import refusal
from bot.store.journal.entries import COLUMNS, Entry, entry_of
from bot.store.journal.schema import LAYOUT
from bot.store.layout import write_ahead

_BUSY_SECONDS = 10


class Database:
    """Raises PassingError in a sentence when the disk refuses; the daemon then takes no message it cannot keep."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Callable[[], datetime], era: str) -> None:
        self._db = connection
        self._path = path
        self._clock = clock
        self.era = era

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC), era: str = "") -> Self:
        """`clock` tells when a bubble is sent. era: the one that the avatar speaks from."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise PassingError(refusal(error, path) or f"The journal {path} cannot be opened ({error}).") from error
        connection.row_factory = sqlite3.Row
        opened = cls(connection, path, clock, era)
        try:
            write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            LAYOUT.prepare(connection, path)
            opened.checkpoint()  # what was forgotten just before a kill is still in the write-ahead log
        except EchoesError:
            connection.close()
            raise
        except sqlite3.DatabaseError as error:
            connection.close()
            if (sentence := refusal(error, f"The journal {path}")) is not None:
                raise PassingError(sentence) from error
            raise DataError(f"The journal {path} cannot be opened ({error}): restore it, or move it away.") from error
        return opened

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
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
                raise _unusable(error) from error
            raise  # about what was to be written, not about the disk

    def _read(self, sql: str, values: Sequence[str | float] = ()) -> list[sqlite3.Row]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            raise _unusable(error) from error

    def _entries(self, where: str, *values: str | float) -> list[Entry]:
        return [entry_of(row) for row in self._rows(where, *values)]

    def _rows(self, where: str, *values: str | float) -> list[sqlite3.Row]:
        return self._read(f"SELECT {COLUMNS} FROM entries JOIN chats ON chats.key = entries.chat WHERE {where}", values)

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file, and empties it; on a full disk that waits for the next time."""
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _unusable(error: sqlite3.Error) -> PassingError:
    return PassingError(f"The journal cannot be read or written ({error}): is the disk full?")
