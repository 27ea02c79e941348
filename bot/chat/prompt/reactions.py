"""The line that a reaction is in a prompt, and back: what an avatar that writes such a line means by it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.chat.dialogue import Quote, Reaction, Speaker
from bot.chat.prompt.words import label
from bot.letters import is_emoji, unmarked

_WRITTEN = re.compile(r"\[(?P<emoji>[^\s\[\]]+)(?: (?:to |回应)[^\[\]:：]*(?:[:：] ?(?P<head>[^\[\]]*))?)?\]")


@dataclass(frozen=True, slots=True)
class Written:
    """A reaction as the avatar writes it. head: how the message begins that it is to; empty for the one at hand."""

    emoji: str
    head: str = ""


def reaction_line(reaction: Reaction, head: Callable[[Quote], str], language: str, *, named: bool) -> str:
    """Returns `[❤️]`, `[❤️ to you: are you…]`, `[Tom ❤️ to Mei]`: who is told where several people are there.

    head: shortens the words of a quote.
    """
    emoji = unmarked(reaction.emoji).replace(" ", "")  # what has words in it must not look like a mark with more
    said = f"{called(reaction.speaker, language)} {emoji}" if named else emoji
    if reaction.to is not None:
        words, whose = head(reaction.to), called(reaction.to.speaker, language)
        to, colon = (" 回应", "：") if language == "zh" else (" to ", ": ")
        said += f"{to}{whose}{colon}{words}" if words else f"{to}{whose}"
    return f"[{said}]"


def called(speaker: Speaker | None, language: str) -> str:
    """Returns what somebody is called where their words are quoted; None is the subject or avatar."""
    if language == "zh":
        return "你" if speaker is None else label(speaker.name) or "某人"
    return "you" if speaker is None else label(speaker.name) or "somebody"


def written_reaction(bubble: str) -> Written | None:
    """Returns the reaction that a bubble of the avatar's is; None for anything else."""
    found = _WRITTEN.fullmatch(bubble.strip())
    if found is None or not is_emoji(found["emoji"]):
        return None
    return Written(found["emoji"], (found["head"] or "").strip().removesuffix("…"))


def without_reactions(bubbles: Sequence[str]) -> list[str]:
    """Returns what is said in words alone; where nothing is, the emoji, for it is the answer."""
    words = [bubble for bubble in bubbles if written_reaction(bubble) is None]
    return words or [found.emoji for bubble in bubbles if (found := written_reaction(bubble))]
