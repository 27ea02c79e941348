"""Reads the lines of a text file, whatever encoding it is in, and however long a line is."""

import io
from collections.abc import Iterator

from training.data.importers.base import Source
from training.data.importers.encoding import encoding_of

_LONGEST_LINE = 1 << 16
_MOST_LINES = 1000


def add_line(lines: list[str], line: str) -> None:
    """Adds a line to those of a message. What is longer than any message is left out, so that it fills no memory."""
    if len(lines) < _MOST_LINES:
        lines.append(line)


def lines_of(source: Source, *, quiet: bool = False) -> Iterator[str]:
    """Yields each line without its end. A line beyond 65,536 characters comes in several.

    Raises DataError for an unknown encoding.
    """
    encoding = encoding_of(source.path)
    with io.TextIOWrapper(source.open(quiet=quiet), encoding, errors="replace", newline=None) as file:
        while line := file.readline(_LONGEST_LINE):
            yield line.rstrip("\n").lstrip("\ufeff")
