"""Voice messages out: a bubble is spoken as often as the person sent one in that chat, and never oftener."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.message import VOICE, Message

_DOUBT = 4
"""How many messages in writing are taken for granted: one voice message alone is no habit."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """How many messages the person spoke, and how many they wrote."""

    voices: int = 0
    texts: int = 0

    @property
    def share(self) -> float:
        """Of what the person said, how much by voice."""
        return self.voices / (self.voices + self.texts + _DOUBT)


def spoke(talks: Iterable[Sequence[Message]]) -> Spoke:
    """Counts the person's own messages of some chats, without what they passed on."""
    own = [one for talk in talks for one in talk if one.sender is None and not one.forwarded]
    voices = sum(any(attachment.kind == VOICE for attachment in one.attachments) for one in own)
    return Spoke(voices, sum(bool(one.text.strip()) and not one.attachments for one in own))


def to_speak(bubbles: Sequence[str], theirs: Spoke, longest: int, chance: Callable[[], float]) -> set[str]:
    """Returns the bubbles that are spoken. longest: in characters. chance: gives a number from 0 to 1."""
    return {one for one in bubbles if _can_be_spoken(one, longest) and chance() < theirs.share}


def _can_be_spoken(bubble: str, longest: int) -> bool:
    """Not a link, nor what has no words in it."""
    return len(bubble) <= longest and any(map(str.isalpha, bubble)) and "://" not in bubble
