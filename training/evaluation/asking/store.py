"""What respondents answered is kept as it comes, so that nothing costly is asked twice and a broken run goes on.

One SQLite file in the workspace, which may be deleted at any time. A record is one answer, under the digest of all that
it depends on. A record that is damaged counts as not there; a file that is damaged is begun anew.
"""

import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from bot.errors import EchoesError
from bot.files import refusal
from bot.workspace import private_dir

FORMAT = 1
"""Raised whenever what stands in a record changes its meaning: older files are begun anew."""

_AT_ONCE = 500  # keys looked up by one statement


def digest(*parts: object) -> str:
    """Names what an answer depends on; bytes as they are, everything else as it prints."""
    content = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        content.update(f"{len(data)} ".encode() + data)
    return content.hexdigest()[:32]


class Answers(Protocol):
    """Where answers are looked up and kept, by key, as JSON holds them."""

    def get(self, keys: Iterable[str]) -> dict[str, Any]: ...

    def put(self, answers: Mapping[str, Any]) -> None: ...


class AnswerStore:
    """See `Answers`."""

    def __init__(self, path: Path) -> None:
        """Raises EchoesError where the disk refuses."""
        self._path = path
        try:
            private_dir(path.parent)
            try:
                self._db = _open(path)
            except sqlite3.DatabaseError as error:
                if refusal(error):
                    raise
                for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                    path.with_name(name).unlink(missing_ok=True)
                self._db = _open(path)
        except (OSError, sqlite3.Error) as error:
            raise self._refused(error) from error

    def get(self, keys: Iterable[str]) -> dict[str, Any]:
        """Returns the answers that are known, by key."""
        wanted = list(keys)
        found: dict[str, Any] = {}
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            marks = ",".join("?" * len(some))
            try:
                rows = self._db.execute(f"SELECT key, answer, sum FROM answers WHERE key IN ({marks})", some).fetchall()
            except sqlite3.Error as error:
                raise self._refused(error) from error
            found |= {key: json.loads(answer) for key, answer, known in rows if known == _sum(key, answer)}
        return found

    def put(self, answers: Mapping[str, Any]) -> None:
        """Keeps answers, all or none. Raises EchoesError where they cannot be written."""
        texts = {key: json.dumps(answer) for key, answer in answers.items()}
        try:
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO answers (key, answer, sum) VALUES (?, ?, ?)",
                    [(key, text, _sum(key, text)) for key, text in texts.items()],
                )
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def close(self) -> None:
        self._db.close()

    def _refused(self, error: Exception) -> EchoesError:
        return EchoesError(
            f"The answers could not be kept in {self._path} ({error}): free space there, and evaluate again; "
            "what was kept before is used."
        )


def _open(path: Path) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError where the file is damaged or older."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if version not in (0, FORMAT) or state != "ok":
            raise sqlite3.DatabaseError("it is older or damaged")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, sum INTEGER NOT NULL)"
            " WITHOUT ROWID"
        )
        if version != FORMAT:
            connection.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _sum(key: str, answer: str) -> int:
    return zlib.crc32(f"{key} {answer}".encode())
