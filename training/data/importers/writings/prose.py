"""Makes running text of lines: those that a program broke at a margin are joined again, empty ones stay one."""

import re
from collections.abc import Sequence

_NARROWEST, _WIDEST = 50, 80  # between these lies the margin of a program that breaks lines
_BEGINS_ANEW = re.compile(r"\s|[-*•>#|]|\d{1,3}[.)]\s")


def running(lines: Sequence[str]) -> str:
    """Returns the text of lines, paragraphs apart by an empty line as they were.

    Where no line is longer than a margin, a line goes on in the next if the next one's first word had no room on it.
    """
    kept = [line.rstrip() for line in lines]
    margin = max(map(len, kept), default=0)
    joined: list[str] = []
    before = ""
    for line in kept:
        if _NARROWEST <= margin <= _WIDEST and _goes_on(before, line, margin):
            joined[-1] = f"{joined[-1]} {line}"
        elif line or (joined and joined[-1]):
            joined.append(line)
        before = line
    return "\n".join(joined).strip()


def _goes_on(before: str, line: str, margin: int) -> bool:
    if not before or not line or _BEGINS_ANEW.match(line):
        return False
    return len(before) + 1 + len(line.split(maxsplit=1)[0]) > margin
