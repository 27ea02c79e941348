"""How much of a chat is shown: the window only grows, and slides in big steps, so that what was read stays of use."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Shown = TypeVar("Shown")


def served_tokens(context: int, reply: int) -> int:
    """Returns the most tokens of a prompt, from the model's context and the longest reply."""
    return max(context - reply, context // 2)


def slide(shown: Sequence[Shown], limit: int, size: Callable[[Sequence[Shown]], int]) -> Sequence[Shown]:
    """Returns the last turns that fit: all of them, or about half of the limit where all are too long.

    size: of a prompt with these turns, in tokens. The last turn stays, be it too long.
    """
    if size(shown) <= limit:
        return shown
    while len(shown) > 1 and size(shown) > limit // 2:
        shown = shown[max(1, len(shown) // 8) :]
    return shown
