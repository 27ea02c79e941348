"""Reads the rows of PyWxDump's two layouts as one: of a table, or of a JSON list of objects with the same names."""

import json
from collections.abc import Iterator

from training.data.importers.base import Source, Truncated
from training.data.importers.csvfile import Row, rows_and_cut
from training.data.importers.encoding import head_text
from training.data.importers.jsonstream import Damaged, walk

_HEAD = 64


def rows(source: Source, *, quiet: bool = False) -> Iterator[Row | Truncated]:
    """Yields every row, and Truncated behind the last if the file is cut off or damaged.

    Raises DataError for a table in an unknown encoding.
    """
    return _objects(source, quiet=quiet) if _is_json(source) else rows_and_cut(source, quiet=quiet)


def _is_json(source: Source) -> bool:
    with source.path.open("rb") as file:
        head = head_text(file.read(_HEAD)) or ""
    return head.lstrip("\ufeff \t\r\n").startswith("[")


def _objects(source: Source, *, quiet: bool) -> Iterator[Row | Truncated]:
    with source.open(quiet=quiet) as file:
        try:
            for node in walk(file, {"item"}):
                if node.kind == "item":
                    index = {name: place for place, name in enumerate(node.value)}
                    yield Row(index, [_cell(value) for value in node.value.values()])
        except Damaged as damage:
            yield Truncated(damage.sentence)


def _cell(value: object) -> str:
    """Returns a value as a table would hold it; what is made of parts as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
