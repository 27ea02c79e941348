"""Reactions out: a line that is one, in private, becomes a real reaction on the message that it is to.

The model learnt when the person did that, and with what. Where it cannot be done the words beside it are all that is
said; where there are none, the emoji is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.chat.attachments import spoken
from bot.chat.prompt.reactions import Written, without_reactions, written_reaction
from bot.letters import unmarked
from bot.store.journal import Entry, Kind, Put

LOOKED_AT = 60
"""Newest entries among which the message is that a reaction names by its words."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply as it goes out. reactions: which of the bubbles are reactions, and to which messages."""

    bubbles: Sequence[str]
    reactions: Mapping[str, Put]


def reacting(
    bubbles: Sequence[str], offered: Callable[[str], str | None], target: Callable[[Written], str | None]
) -> Said:
    """Returns a reply with the reactions that can be put. Of several on one message the last is put.

    offered: the emoji as the platform takes it, or None. target: the id of the message that one is to, or None.
    """
    puts: dict[str, Put] = {}
    for bubble in bubbles:
        if (written := written_reaction(bubble)) is None:
            continue
        emoji, to = offered(written.emoji), target(written)
        if emoji is not None and to is not None:
            puts = {other: put for other, put in puts.items() if put.to != to} | {bubble: Put(emoji, to)}
    said = [bubble for bubble in bubbles if bubble in puts or written_reaction(bubble) is None]
    return Said(said or without_reactions(bubbles), puts)


def reacted_to(written: Written, at_hand: Entry, recent: Sequence[Entry]) -> str | None:
    """Returns the id of the message that a reaction is to: the one at hand, or the newest that begins as it says.

    recent: the newest entries of the chat, oldest first.
    """
    others = (one for one in reversed(recent) if one.kind is Kind.MESSAGE and one.native_id)
    quoted = (one for one in others if written.head and unmarked(spoken(one.message)).startswith(written.head))
    return next(quoted, at_hand).native_id
