"""Unicode as people meet it: what can be stored and sent, and what can be seen."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # Unicode categories that show nothing
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
"""Letters and marks that show nothing: Hangul fillers, an empty Braille cell, variation selectors."""


def well_formed(text: str) -> str:
    """Joins the halves of surrogate pairs; half a pair, which no encoding takes, becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def visible(text: str) -> bool:
    """Whether anybody would see something in a text."""
    return any(letter not in _BLANK and unicodedata.category(letter) not in _UNSEEN for letter in text)
