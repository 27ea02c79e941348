"""Reads JSON lines as a stream: a line that is damaged costs only itself."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from training.data.importers.jsonstream import Damaged

_LONGEST_LINE = 1 << 24


def objects_of_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yields the object of each line; empty lines and lines that begin with # are none.

    Raises Damaged after it has yielded all that could be read.
    """
    lost, cut = 0, False
    while line := file.readline(_LONGEST_LINE):
        text = line.decode("utf-8-sig", "replace").strip()
        if not text or text.startswith("#"):
            continue
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            lost += len(line)
            cut = not line.endswith(b"\n")
            continue
        if isinstance(found, dict):
            yield found
        else:
            lost += len(line)
    if lost:
        raise Damaged(cut=cut, read_on=True, lost=lost)
