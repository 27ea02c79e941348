"""What voices answered is kept as it comes, so that nothing costly is asked twice and a broken run goes on.

One file a voice and kind of work, in a folder of the workspace that may be deleted at any time. A line is one answer
under the digest of everything it depends on. A line that is damaged or only half there counts as not there.
"""

import hashlib
import json
import os
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.errors import EchoesError
from bot.workspace import private_dir

FORMAT = 1
"""Raised whenever what stands in a line changes its meaning; part of every file's name."""

_SYNC_SECONDS = 5.0


def digest(*parts: object) -> str:
    """Names what an answer depends on; bytes as they are, everything else as it prints."""
    content = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode()
        content.update(f"{len(data)} ".encode() + data)
    return content.hexdigest()[:32]


class Shelf:
    """The answers of one kind by one voice. Use it in a `with`: leaving it makes sure that all is on the disk."""

    def __init__(self, folder: Path, voice: str, kind: str) -> None:
        """voice: a digest of all that makes the voice what it is."""
        self.path = folder / f"{voice}-{kind}-{FORMAT}.jsonl"
        self._known = _read(self.path)
        self._file: int | None = None
        self._synced = time.monotonic()

    def get(self, key: str) -> Any:
        """What was answered, as JSON reads it; None where it is not known."""
        return self._known.get(key)

    def put(self, answers: Mapping[str, Any]) -> None:
        """Keeps answers. Raises EchoesError where they cannot be written."""
        if not answers:
            return
        self._known.update(answers)
        lines = [
            json.dumps({"key": key, "answer": answer, "check": _check(key, answer)}) for key, answer in answers.items()
        ]
        try:
            if self._file is None:
                self._file = self._open()
            os.write(self._file, "".join(line + "\n" for line in lines).encode())
            if time.monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._file)
                self._synced = time.monotonic()
        except OSError as error:
            raise EchoesError(
                f"The answers could not be kept in {self.path} ({error.strerror}): free space there, "
                "and evaluate again; what was kept before is used."
            ) from error

    def _open(self) -> int:
        private_dir(self.path.parent)
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        end = os.lseek(file, 0, os.SEEK_END)
        if end and os.pread(file, 1, end - 1) != b"\n":
            os.write(file, b"\n")  # after the half line of a run that was broken off
        return file

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            try:
                os.fsync(self._file)
            finally:
                os.close(self._file)
                self._file = None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    known: dict[str, Any] = {}
    for line in content.splitlines():
        try:
            record = json.loads(line)
            if record["check"] == _check(record["key"], record["answer"]):
                known[record["key"]] = record["answer"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return known


def _check(key: str, answer: Any) -> int:
    return zlib.crc32(f"{key} {json.dumps(answer)}".encode())
