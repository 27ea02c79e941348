"""Finds the files that Element puts beside a room's JSON, which does not name them."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

_NUMBER = re.compile(r"\d+")


def names_in(folder: Path) -> tuple[str, ...]:
    """Returns the names of the files in a folder, sorted; none where there is no such folder."""
    return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()


def exported_name(names: Sequence[str], name: str, sent_ms: int) -> str | None:
    """Returns the name, of those sorted, under which a message's file was exported; None if it is not certain which.

    Element calls cat.png of a message `cat-3-3-2020 at 6-05-12 PM.png`, with the time as the language of whoever
    exported it writes it, in their time zone. The year, and minute and second at the end, are the same in nearly all.
    """
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    start, end = f"{stem}-", f"{dot}{ending}"
    alike = takewhile(lambda one: one.startswith(start), names[bisect_left(names, start) :])
    found = [one for one in alike if one.endswith(end)]
    if len(found) > 1:
        sent = datetime.fromtimestamp(sent_ms // 1000, UTC)
        found = [one for one in found if _tells(one.removeprefix(start).removesuffix(end), sent)]
    return found[0] if len(found) == 1 else None


def _tells(written: str, sent: datetime) -> bool:
    numbers = [int(number) for number in _NUMBER.findall(written)]
    return sent.year in numbers and numbers[-2:] == [sent.minute, sent.second]
