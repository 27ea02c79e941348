"""Splits a mailbox (mbox) into its mails, as a stream: one is held in memory at a time."""

import re
from collections.abc import Iterator
from typing import BinaryIO

_LONGEST_LINE = 1 << 16
_LARGEST = 8 << 20  # bytes of one mail; its words stand at its beginning, behind them what is attached
_FROM = re.compile(rb"From (?:- |\S*\s*\S.*\b\d{4}\b|\S+@\S+)")


def is_mailbox(head: bytes) -> bool:
    """Says whether a file begins as a mailbox does."""
    return _FROM.match(head) is not None


def mails(file: BinaryIO) -> Iterator[bytes]:
    """Yields each mail, a longer one cut off behind 8 MB. A file that is one mail alone is yielded as it is."""
    lines: list[bytes] = []
    size, blank, begun = 0, True, True
    while line := file.readline(_LONGEST_LINE):
        if begun and blank and _FROM.match(line):
            if lines:
                yield b"".join(lines)
            lines, size, blank, begun = [], 0, False, True
            continue
        if size < _LARGEST:
            lines.append(line[1:] if begun and line.startswith(b">From ") else line)
            size += len(line)
        blank = begun and not line.strip()
        begun = line.endswith(b"\n")
    if lines:
        yield b"".join(lines)
