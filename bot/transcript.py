"""From messages in order to the turns of a prompt. Training and serving both come through here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dialogue import Bubble, Speaker, Turn
from bot.types import ChatKind

CARRIED_WITHIN = timedelta(days=7)
"""A conversation older than this is not carried over into the next."""


@dataclass(frozen=True, slots=True)
class Said:
    """One bubble of somebody. speaker None: the subject or avatar. `seq`: its place in the chat, growing."""

    seq: int
    speaker: Speaker | None
    bubble: Bubble
    at: datetime


def to_turns(kind: ChatKind, said: Iterable[Said]) -> list[tuple[int, Turn]]:
    """Turns with the seq of their first bubble.

    A burst of the subject is one turn, a burst of the contact in a private chat too. In a group each message of
    somebody else is a turn of its own, because each is a decision.
    """
    turns: list[tuple[int, Turn]] = []
    for one in said:
        if turns:
            seq, last = turns[-1]
            same_side = (last.speaker is None) == (one.speaker is None)
            if same_side and (one.speaker is None or kind is ChatKind.PRIVATE):
                turns[-1] = seq, Turn(last.speaker, (*last.bubbles, one.bubble), last.at)
                continue
        turns.append((one.seq, Turn(one.speaker, (one.bubble,), one.at)))
    return turns


def dialogue_start(turns: Sequence[tuple[int, Turn]], gap: timedelta, carried: int) -> int:
    """Index of the first turn to show: the dialogue that the last turn is in, and the turns carried over before it."""
    first = len(turns) - 1
    while first > 0 and turns[first][1].at - turns[first - 1][1].at <= gap:
        first -= 1
    if first <= 0 or turns[first][1].at - turns[first - 1][1].at > CARRIED_WITHIN:
        return max(first, 0)
    return max(0, first - carried)
