"""The memory of this machine, or of the container that the process is in: what is free, and giving back what was freed.

A container tells of all the machine's memory and ends what takes more than its own share. Linux keeps that share in
control groups, each within another: the narrowest counts.
"""

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path

import psutil

_GROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_FILES = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))  # of versions 2 and 1
_CACHE = ("inactive_file", "active_file")  # what was read of files, which makes room when it is needed


def free_memory(groups: Path = _GROUPS, own: Path = _OWN) -> int:
    """Returns how many bytes this process and those that it starts can still have."""
    return min([int(psutil.virtual_memory().available), *_left(groups, own)])


def give_back() -> None:
    """Has all that is unused go back to the system: glibc keeps most of a model that was let go, for the next one."""
    gc.collect()
    trim()


def trim() -> None:
    """Has glibc return freed memory, which it keeps for the thread that freed it: 900 MB after photos in eight."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _left(groups: Path, own: Path) -> Iterator[int]:
    """What each of the groups around this process has left, of those that have a limit and can be read."""
    for folder in _around(groups, own):
        for limit, used in _FILES:
            with contextlib.suppress(OSError, ValueError):  # "max": none
                most, taken = (int((folder / name).read_text("ascii")) for name in (limit, used))
                yield max(0, most - taken + _cached(folder))


def _around(groups: Path, own: Path) -> Iterator[Path]:
    """The folders of this process's groups and of those around them, as far as they can be seen from within."""
    with contextlib.suppress(OSError, ValueError):
        for line in own.read_text("utf-8").splitlines():
            _, kinds, place = line.split(":", 2)
            if kinds in ("", "memory"):
                root = groups / kinds
                folder = root / place.lstrip("/")
                yield folder
                yield from (parent for parent in folder.parents if parent == root or root in parent.parents)


def _cached(folder: Path) -> int:
    """Bytes of files in a group's memory, its own groups' included."""
    told = dict(line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines())
    return sum(int(told.get(f"total_{name}", told.get(name, 0))) for name in _CACHE)
