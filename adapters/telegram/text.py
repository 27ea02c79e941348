"""Texts as Telegram counts and cuts them."""

import unicodedata

LIMIT = 4096  # UTF-16 code units in one message
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "。", "！", "？", "…", "; ", "；", ", ", "，", " ")
_JOINER = "\u200d"


def utf16(text: str) -> int:
    """Length in UTF-16 code units, the unit of Telegram's limits and offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cuts a text into messages of at most `limit` units, where it breathes if it does, never inside an emoji.

    Empty for a text of spaces only, which Telegram does not take.
    """
    rest = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()
    parts = []
    while utf16(rest) > limit:
        end = _end(rest, limit)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [part for part in (*parts, rest) if part]


def _end(text: str, limit: int) -> int:
    """Where to cut, in characters: after a break in the second half if there is one."""
    longest = _within(text, limit)
    for mark in _BREAKS:
        trailing = len(mark) - len(mark.rstrip())  # the spaces at a break are not sent
        found = text.rfind(mark, longest // 2, longest + trailing)
        if found > 0:
            return found + len(mark)
    end = longest
    while end > longest - 64 and _inside(text, end):
        end -= 1
    return end if end > longest - 64 else longest


def _within(text: str, limit: int) -> int:
    """How many characters fit into `limit` units."""
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return index
    return len(text)


def _inside(text: str, index: int) -> bool:
    """Whether a cut before `index` would fall inside what is seen as one character."""
    before, after = text[index - 1], text[index]
    if before == _JOINER or after == _JOINER or unicodedata.combining(after) or after in "\ufe0e\ufe0f\u20e3":
        return True
    if 0x1F3FB <= ord(after) <= 0x1F3FF or 0xE0020 <= ord(after) <= 0xE007F:  # skin tones, tags of regional flags
        return True
    flags = 0
    while flags < index and 0x1F1E6 <= ord(text[index - 1 - flags]) <= 0x1F1FF:  # flags are pairs of letters
        flags += 1
    return flags % 2 == 1 and 0x1F1E6 <= ord(after) <= 0x1F1FF
