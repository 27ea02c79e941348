"""Which message a reply answers, and when that has to be shown: in a group, once others have written in between."""

from collections.abc import Sequence

from bot.store.journal import Entry


def answered(waiting: Sequence[Entry]) -> Entry:
    """Returns which of the messages that wait, oldest first, a reply is to.

    It is the last that speaks to the avatar; where none does, the last of whoever wrote first, for that message was the
    one that the avatar wanted to answer, and what others wrote joined it.
    """
    spoken_to = [entry for entry in waiting if entry.message.addressed]
    return spoken_to[-1] if spoken_to else [entry for entry in waiting if entry.sender == waiting[0].sender][-1]


def needs_showing(message: Entry, since: Sequence[Entry]) -> bool:
    """Whether a reader would not know what is answered: somebody else wrote since."""
    return any(entry.sender != message.sender for entry in since)
