"""Tables for the terminal, aligned where Chinese characters take two columns."""

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Returns how many columns a text takes in a terminal."""
    return sum(_columns(character) for character in text)


def fit(text: str, columns: int) -> str:
    """Returns the text on one line, cut to so many columns."""
    text = "".join(character for character in " ".join(text.split()) if character.isprintable())
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept) + _columns(character) > columns - 1:
            break
        kept += character
    return f"{kept}…"


def table(head: Sequence[str], rows: Sequence[Sequence[str | int]], longest: int = 40) -> str:
    """Lines of a table; numbers to the right. `longest`: columns that one text may take."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else fit(cell, longest) for cell in row] for row in rows]
    numeric = [bool(rows) and all(isinstance(row[place], int) for row in rows) for place in range(len(head))]
    widths = [max(width(line[place]) for line in [list(head), *cells]) for place in range(len(head))]
    lines = [list(head), *cells]
    return "\n".join(
        "  ".join(
            _pad(text, columns, right) for text, columns, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _pad(text: str, columns: int, right: bool) -> str:
    space = " " * (columns - width(text))
    return space + text if right else text + space


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
