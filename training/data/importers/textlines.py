"""Reads a text file line by line, in whichever encoding, however long a line is."""

import io
from collections.abc import Iterator

from training.data.importers.base import Source
from training.data.importers.encoding import encoding_of

_LONGEST = 1 << 16


def lines_of(source: Source, *, quiet: bool = False) -> Iterator[str]:
    """Yields the lines without their ends; one that is far too long comes in pieces.

    Raises DataError for an unknown encoding.
    """
    encoding = encoding_of(source.path)
    with io.TextIOWrapper(source.open(quiet=quiet), encoding, errors="ignore") as file:
        while line := file.readline(_LONGEST):
            yield line.removesuffix("\n")
