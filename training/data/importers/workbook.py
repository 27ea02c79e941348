"""Reads a workbook (xlsx): the rows of its first sheet as text, one after another."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import ParseError

from bot.errors import DataError
from training.data.importers.archives import refuse_hostile

_FIRST_ROWS = 8
_DAMAGED = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, KeyError, ValueError, IndexError, TypeError,
            AttributeError, NotImplementedError)  # fmt: skip
"""What openpyxl raises for a file that is cut off, damaged, or no workbook."""


def rows_of(path: Path) -> Iterator[tuple[str, ...]]:
    """Yields the cells of each row. Raises DataError for a workbook that is damaged, locked or hostile."""
    from openpyxl import load_workbook

    try:
        with path.open("rb") as file:
            with zipfile.ZipFile(file) as archive:
                refuse_hostile(path, archive.infolist())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and the like
                book = load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # which some programs tell wrongly
            for row in sheet.iter_rows(values_only=True):
                yield tuple(map(_text, row))
    except _DAMAGED as error:
        raise DataError(
            f"{path} is a damaged or incomplete workbook ({type(error).__name__}): export it again."
        ) from error


def first_words(path: Path) -> frozenset[str]:
    """Returns the words in the first rows; none where it is no workbook that can be read."""
    with suppress(DataError, OSError):
        return frozenset(cell for row in islice(rows_of(path), _FIRST_ROWS) for cell in row if cell)
    return frozenset()


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)
