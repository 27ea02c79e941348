"""Opens a zip as platforms hand their exports out: unpacked into a private folder, which is gone afterwards.

A zip comes from anywhere, so nothing in it is trusted: neither its names nor its sizes.
"""

import errno
import fcntl
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from bot.errors import DataError
from bot.media import MAX_BYTES as _LARGEST_PLAYED
from bot.workspace import private_dir

MAX_FILES = 300_000
MAX_BYTES = 64 << 30
MAX_RATIO = 200
"""How many times larger than the zip its content may be. Text shrinks to a tenth, a bomb to a thousandth."""

_SMALL = 256 << 20  # below this no ratio does harm
_SPARE = 1 << 30  # on the disk, for what is imported from it
_CHUNK = 1 << 20
_HEAD = 4096
_NAME_AT, _LONGEST_FIRST = 30, 16
_OFFICE = (b"xl/", b"word/", b"ppt/", b"docProps/")
_PREFIX = ".unpacked-"
_UNREAD = frozenset((".mkv", ".avi", ".zip"))
"""Endings of what nothing reads. It stays in the zip."""
_PLAYS = frozenset((".mp4", ".mov", ".3gp", ".webm", ".opus", ".ogg", ".m4a", ".aac", ".amr", ".mp3", ".wav"))
"""Endings of what plays. What is larger than a photo may be is not read: often the greater part of a zip."""
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, ValueError, OverflowError
)  # fmt: skip


def is_zip(path: Path) -> bool:
    """Says whether a file is a zip archive by how it begins. Office documents are zips as well, and do not count."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not is_office_document(head)


def is_office_document(head: bytes) -> bool:
    """Says whether the beginning of a zip is that of a workbook, a letter or the like."""
    first = head[_NAME_AT : _NAME_AT + _LONGEST_FIRST]  # the name of the first file in it
    return head.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in head or first.startswith(_OFFICE))


@contextmanager
def unpacked(path: Path, workspace: Path) -> Iterator[Path]:
    """Unpacks a zip into a folder in the workspace, called as the zip is, that only its owner can open.

    Raises DataError, in a sentence, for a zip that is damaged, locked or hostile, or for which there is no room.
    """
    private_dir(workspace)
    place = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=workspace))
    lock = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = private_dir(place / (path.stem or "zip"))
        _unpack(path, folder)
        yield folder
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def sweep(workspace: Path) -> None:
    """Removes what an import that was killed has left. Folders of an import that runs are locked, and stay."""
    for place in workspace.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(place, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(lock)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename and not entry.filename.endswith("/")]
            refuse_hostile(path, entries)
            wanted = [entry for entry in entries if _is_wanted(entry)]
            _refuse_without_room(path, folder, sum(entry.file_size for entry in wanted))
            for entry in wanted:
                _extract(archive, entry, folder)
    except _DAMAGED as error:
        raise DataError(
            f"{path} is a damaged or incomplete zip archive ({type(error).__name__}): download or export it again."
        ) from error
    except OSError as error:
        raise DataError(f"{path} could not be unpacked: {error.strerror or error}.") from error


def refuse_hostile(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Raises DataError, in a sentence, for a zip that is locked, or that is made to do harm."""
    if len(entries) > MAX_FILES:
        raise DataError(
            f"{path} holds {len(entries):,} files, and at most {MAX_FILES:,} are unpacked: unpack it yourself."
        )
    size, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if size > MAX_BYTES or (size > _SMALL and size > packed * MAX_RATIO):
        raise DataError(
            f"{path} would become {size / 1e9:,.1f} GB, out of {packed / 1e6:,.1f} MB: no export does that, and it was "
            "not unpacked."
        )
    if any(_leads_out(entry) for entry in entries):
        raise DataError(f"{path} holds files that would land outside of its folder: it was not unpacked.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise DataError(f"{path} is locked with a password: unpack it yourself and import the folder.")


def _name(entry: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(entry.filename.replace("\\", "/"))  # as old Windows writes them


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    name = _name(entry)
    return name.is_absolute() or ".." in name.parts or entry.filename[1:2] == ":"


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    name = _name(entry)
    link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    ending = name.suffix.lower()
    unread = ending in _UNREAD or (ending in _PLAYS and entry.file_size > _LARGEST_PLAYED)
    return bool(name.parts) and not link and not unread and name.parts[0] != "__MACOSX"


def _refuse_without_room(path: Path, folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + _SPARE > free:
        raise DataError(
            f"{path} needs {(size + _SPARE) / 1e9:,.1f} GB to be unpacked, and the workspace's disk has "
            f"{free / 1e9:,.1f} GB free: make room, or unpack it elsewhere and import the folder."
        )


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Writes one file, which is never longer than the zip says it is. Of two with one name, the first stays."""
    target = folder.joinpath(_name(entry))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("xb") as file:
            shutil.copyfileobj(packed, file, _CHUNK)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.ENOTDIR):
            raise
