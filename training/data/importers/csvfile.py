"""Reads the rows of a CSV file as exporters and spreadsheets write them."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TextIO

from training.data.importers.base import Source, Truncated
from training.data.importers.encoding import encoding_of

_MAX_CELL = 1 << 26
DELIMITERS = ",\t;"


class CutOff(Exception):
    """The file ends in the middle of a row."""

    sentence = "The file ends in the middle of a row, so the export is incomplete; everything before it was read."


def header_of(line: str) -> tuple[tuple[str, ...], str]:
    """Returns the column names of a table's first line, and its delimiter."""
    best: tuple[str, ...] = ()
    chosen = ","
    for delimiter in DELIMITERS:
        with suppress(csv.Error, StopIteration):
            cells = tuple(cell.strip().lstrip("\ufeff") for cell in next(csv.reader([line], delimiter=delimiter)))
            if len(cells) > len(best):
                best, chosen = cells, delimiter
    return best, chosen


class Row:
    """One row.

    row["name"] is the cell of that column, or "". cells: all of them, maybe more or fewer than the columns.
    """

    __slots__ = ("_index", "cells")

    def __init__(self, index: Mapping[str, int], cells: list[str]) -> None:
        self._index = index
        self.cells = cells

    def __getitem__(self, column: str) -> str:
        place = self._index.get(column)
        return self.cells[place] if place is not None and place < len(self.cells) else ""

    def __contains__(self, column: str) -> bool:
        return column in self._index


def rows(source: Source, *, quiet: bool = False) -> Iterator[Row]:
    """Yields every row after the header.

    Raises DataError for an unknown encoding, and CutOff after a cut file's last row.
    """
    encoding = encoding_of(source.path)
    csv.field_size_limit(_MAX_CELL)
    with io.TextIOWrapper(source.open(quiet=quiet), encoding, errors="ignore", newline="") as file:
        lines = _Lines(file)
        header, delimiter = header_of(next(lines, ""))
        index = {name: place for place, name in reversed(list(enumerate(header)))}
        cells: list[str] = []
        width = 0  # of the row before: files exist whose rows are all shorter than their header
        for following in csv.reader(lines, delimiter=delimiter):
            if cells:
                yield Row(index, cells)
                width = len(cells)
            cells = following
        if lines.within_quotes or (cells and not lines.ended_with_newline and len(cells) < width):
            raise CutOff
        if cells:
            yield Row(index, cells)


def rows_and_cut(source: Source, *, quiet: bool = False) -> Iterator[Row | Truncated]:
    """Yields every row after the header, and Truncated after the last if the file is cut off.

    Raises DataError as `rows`.
    """
    try:
        yield from rows(source, quiet=quiet)
    except CutOff as cut:
        yield Truncated(cut.sentence)


class _Lines:
    """Yields lines with their ends, and notes whether the text stops within quotes or within a line."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.within_quotes = False
        self.ended_with_newline = True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._file)
        if line.count('"') % 2:
            self.within_quotes = not self.within_quotes
        self.ended_with_newline = line.endswith(("\n", "\r"))
        return line
