"""One daemon a workspace: a locked file that holds its process id. The lock goes with the process, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import UsageError
from bot.workspace import Workspace

_TRIES = 10


def pid_file(workspace: Workspace) -> Path:
    return workspace.root / "daemon.pid"


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Raises UsageError where another process holds the workspace."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(descriptor):
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            known = f" (process {owner})" if owner else ""
            raise UsageError(
                f"This avatar is running already{known}: stop it first, or use another workspace."
            ) from None
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error  # which file, said with it
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Tries for a moment: somebody may just be looking whether the daemon runs."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def running(path: Path) -> int | None:
    """The process id of the daemon that holds the workspace; None where none does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 32, 0).strip()
        return int(owner) if owner.isdigit() else None
    finally:
        os.close(descriptor)
    return None
