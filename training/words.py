"""The words of a message, runs of them, and what counts as said again, in English and Chinese."""

import re
from collections.abc import Sequence

from bot.chat.dialogue import Bubble

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:['’]\w+)*")

_RUN = 5  # words on end that count as said again

Bubbles = tuple[str, ...]
Tokens = tuple[str, ...]


def texts(bubbles: Sequence[Bubble]) -> Bubbles:
    """The words of a turn, bubble by bubble."""
    return tuple(bubble.text for bubble in bubbles if bubble.text.strip())


def tokens(bubbles: Bubbles) -> Tokens:
    """Words in small letters, each Chinese character being one; where there are none, the bubbles as they are."""
    return tuple(_TOKEN.findall("\n".join(bubbles).casefold())) or bubbles


def grams(found: Sequence[str], number: int) -> list[Tokens]:
    return [tuple(found[first : first + number]) for first in range(len(found) - number + 1)]


def repeatable(reply: Tokens) -> set[Tokens]:
    """What of a reply says the same again where it stands in another: all of it, or five words on end."""
    return {reply, *grams(reply, _RUN)}
