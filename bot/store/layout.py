"""Brings a SQLite store of an earlier program up to date: a copy is kept, and all of it is done or nothing."""

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataError, PassingError
from bot.files import refusal
from bot.workspace import private_dir

COPIES = "before-upgrade"
"""In the workspace: copies of stores as they were before an upgrade. They hold private words."""

_SWITCHING_SECONDS = 5.0

Step = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """The tables of a store, version by version.

    what: how sentences call the store. steps: the first makes the tables where there are none, each brings one version
    further; the version of a store is how many of them it has had.

    after_damage: what to do where a store cannot be upgraded, as the end of a sentence.
    """

    what: str
    steps: Sequence[Step]
    after_damage: str

    @property
    def version(self) -> int:
        return len(self.steps)

    def prepare(self, db: sqlite3.Connection, path: Path) -> None:
        """Makes the tables, or brings them up to this version.

        Raises DataError for a store of a newer program, or one that is damaged; sqlite3.Error for what the disk says.
        """
        found, anything = self._found(db, path)
        if found == self.version:
            return
        if anything:
            keep_copy(db, path, found)
        db.execute("BEGIN IMMEDIATE")
        try:
            for step in self.steps[self._found(db, path)[0] :]:  # another process may have been quicker
                step(db)
            db.execute(f"PRAGMA user_version = {self.version}")
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if isinstance(error, ValueError | KeyError | TypeError):
                raise DataError(
                    f"{self.what} {path} cannot be brought up to date: what it holds is damaged. {self.after_damage}"
                ) from error
            raise

    def _found(self, db: sqlite3.Connection, path: Path) -> tuple[int, bool]:
        """The version, and whether there is anything in it: asked at once, for another process may be making it."""
        version, tables = db.execute(
            "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if version > self.version:
            raise DataError(
                f"{self.what} {path} was written by a newer Echoes (layout {version}, and this one knows "
                f"{self.version}): update Echoes. Nothing was changed."
            )
        return version, bool(tables)


def write_ahead(db: sqlite3.Connection) -> None:
    """Switches to a write-ahead log. SQLite does not wait for another process that switches just now: this does."""
    until = time.monotonic() + _SWITCHING_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def statements(script: str) -> Step:
    """A step of plain SQL; each statement ends with a semicolon at the end of its line."""

    def step(db: sqlite3.Connection) -> None:
        for statement in script.split(";\n"):
            db.execute(statement)

    return step


def keep_copy(db: sqlite3.Connection, path: Path, version: int) -> Path:
    """A whole copy of a store beside it, only for its owner's eyes. Raises PassingError where there is no room."""
    folder = path.parent / COPIES
    copy = folder / f"{path.stem}-{version}{path.suffix}"
    part = copy.with_suffix(".part")
    try:
        private_dir(folder)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        other = sqlite3.connect(part)
        try:
            db.backup(other)
        finally:
            other.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(copy)
    except (OSError, sqlite3.OperationalError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise PassingError(
            refusal(error, folder) or f"A copy of {path} could not be kept before its upgrade ({error})."
        ) from error
    return copy


def drop_copies(path: Path) -> None:
    """Deletes the copies of a store: what is to be forgotten is in them, too."""
    for copy in (path.parent / COPIES).glob(f"{path.stem}-*"):
        copy.unlink(missing_ok=True)
