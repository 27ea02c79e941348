"""Unicode as people meet it: what can be stored and sent, and what can be seen."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # Unicode categories that show nothing
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")
"""Letters and marks that show nothing: Hangul fillers, an empty Braille cell, variation selectors."""


_NOT_IN_MARKS = str.maketrans("[]", "()")
_OF_EMOJI = frozenset({"So", "Sk", "Mn", "Cf"})  # pictures, shades of skin, selectors, joiners
_OLD_EMOJI = frozenset("\u203c\u2049")  # two marks that were punctuation before they were emoji
_LONGEST_EMOJI = 16


def is_emoji(text: str) -> bool:
    """Whether a text is nothing but an emoji, such as ❤️ or 👩‍👧; what has letters, digits or spaces in it is none."""
    if not 0 < len(text) <= _LONGEST_EMOJI:
        return False
    kinds = ["So" if letter in _OLD_EMOJI else unicodedata.category(letter) for letter in text]
    return "So" in kinds and _OF_EMOJI.issuperset(kinds)


def bare(emoji: str) -> str:
    """Returns an emoji as it is compared: some write it with a mark that asks for colours."""
    return emoji.strip().replace("\ufe0f", "")


def coloured(emoji: str) -> str:
    """Returns an emoji so that it is drawn in colours: a sign that may also be a letter's is marked as a picture."""
    alone = bare(emoji)
    return f"{alone}\ufe0f" if len(alone) == 1 and unicodedata.east_asian_width(alone) != "W" else emoji


def unmarked(text: str) -> str:
    """Returns a text on one line, without the brackets by which a prompt marks what nobody typed."""
    return " ".join(text.translate(_NOT_IN_MARKS).split())


def well_formed(text: str) -> str:
    """Joins the halves of surrogate pairs; half a pair, which no encoding takes, becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def visible(text: str) -> bool:
    """Whether anybody would see something in a text."""
    return any(letter not in _BLANK and unicodedata.category(letter) not in _UNSEEN for letter in text)
