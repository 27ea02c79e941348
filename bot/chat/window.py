"""How much of a dialogue is shown: the window only grows, and slides in big steps, so that what was read stays of use.

Where it begins follows from the dialogue alone, whoever asks and whenever: a daemon that was started anew shows the
same turns as one that ran all the while, and as the evaluation.
"""

from collections.abc import Iterator, Sequence

from bot.chat.dialogue import Scene, Turn
from bot.chat.prompt import Codec
from bot.chat.prompt.render import render, turn_tokens


def served_tokens(context: int, reply: int) -> int:
    """Returns the most tokens of a prompt, from the model's context and the longest reply."""
    return max(context - reply, context // 2)


def windows(scene: Scene, turns: Sequence[Turn], limit: int, codec: Codec, before: Turn | None = None) -> Iterator[int]:
    """Yields, for each turn, the index of the first one that is shown with it.

    turns: a dialogue from its beginning, or from a turn that is the first one shown, with the one before that. Wherever
    a turn of somebody else makes the prompt longer than `limit` tokens, about half of that is kept. A turn that is too
    long stands alone.
    """
    limit -= len(render(scene, (), codec, open_turn=True).ids)
    sizes: list[int] = []
    start, total = 0, 0
    for number, turn in enumerate(turns):
        sizes.append(turn_tokens(scene, turn, turns[number - 1] if number else before, codec))
        total += sizes[-1]
        if turn.speaker is not None and total > limit:
            while start < number and total > limit // 2:
                total -= sizes[start]
                start += 1
        yield start
