"""The words of a message, and runs of them, in English and Chinese."""

import re
from collections.abc import Sequence

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:['’]\w+)*")

Tokens = tuple[str, ...]


def tokens(bubbles: tuple[str, ...]) -> Tokens:
    """Words in small letters, each Chinese character being one; where there are none, the bubbles as they are."""
    return tuple(_TOKEN.findall("\n".join(bubbles).casefold())) or bubbles


def grams(found: Sequence[str], number: int) -> list[Tokens]:
    return [tuple(found[first : first + number]) for first in range(len(found) - number + 1)]
