"""Giving back memory that holds nothing yet: llama.cpp fills the caches of all its slots with zeros when it starts."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_DONTNEED = 4  # madvise(2): until it is written to again, the kernel shows zeros there and needs no memory for them
_LEAST = 32 << 20  # bytes of a mapping that may be caches: more than any thread's stack has
_PIECE = 1 << 20


def give_back_zeros() -> None:
    """Lets the kernel take the memory of this process that was filled with zeros. To be called while nothing is asked.

    What is read there stays the same. Does nothing where that is not Linux.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, ValueError):
        libc = ctypes.CDLL(None)
        libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for start, end in list(_large()):
            for place in range(start, end - _PIECE + 1, _PIECE):
                if ctypes.string_at(place, _PIECE) == _ZEROS:
                    libc.madvise(place, _PIECE, _DONTNEED)


def _large() -> Iterator[tuple[int, int]]:
    """Where the large mappings are that belong to no file."""
    for line in Path("/proc/self/maps").read_text("utf-8").splitlines():
        place, rights, _, _, file, *name = line.split(maxsplit=5)
        start, end = (int(part, 16) for part in place.split("-"))
        if rights == "rw-p" and file == "0" and not name and end - start >= _LEAST:
            yield start, end


_ZEROS = bytes(_PIECE)
