"""A store of messages as the memory reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.memory.index import Place, Words
from bot.message import Account, Chat, ChatKind, Message
from bot.people import People

AROUND = timedelta(hours=1)
"""What is further apart is no answer."""
ANSWER = 3
"""Messages of the subject at most that count as the answer to one."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Whose words may be remembered in a chat: of a private one all accounts of the contact."""

    chat: Chat
    accounts: frozenset[Account]
    people: People


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message, by its ref, and what the subject answered."""

    ref: int
    said: tuple[Message, ...]


class Source(Protocol):
    """grows: its places only grow, but for what `Recall.forget` is told of. until: what is later is not remembered."""

    grows: bool
    until: datetime | None

    def places(self, where: Whereabouts) -> Sequence[Place]:
        """The chats from which something may be remembered there."""
        ...

    def words(self, place: Place, after: int) -> Iterable[Words]:
        """What was said in one of these places in messages with a larger ref."""
        ...

    def stale(self, keys: Sequence[str], chat: Chat | None) -> Sequence[str]:
        """Those of these places in which something may have been taken away since they were read.

        chat: where alone that may be; None: anywhere.
        """
        ...

    def close(self) -> None:
        """Lets go of what is open."""
        ...

    def exchange(self, place: str, ref: int) -> Exchange | None:
        """What a message belongs to, as it is now. None where it is gone, or may not be shown."""
        ...


def exchange_at(every: Sequence[tuple[int, Message]], ref: int) -> Exchange | None:
    """Finds a message among those around it, with their refs, and what it belongs to: what somebody else wrote and what
    the subject answered within AROUND. In a group it stands alone.
    """
    time = next((message.sent_at for one, message in every if one == ref and not message.forwarded), None)
    if time is None:
        return None
    every = [one for one in every if not one[1].forwarded and time - AROUND <= one[1].sent_at < time + AROUND]
    at = next(index for index, (one, _) in enumerate(every) if one == ref)
    first = at
    if every[at][1].chat.kind is ChatKind.GROUP:
        return Exchange(ref, (every[at][1],))
    while first > 0 and every[first][1].sender is None and at - first < ANSWER:
        first -= 1
    if every[first][1].sender is None:
        first = at
    said = [every[first][1]]
    for _, message in every[first + 1 :]:
        if message.sender is not None or len(said) > ANSWER:
            break
        said.append(message)
    return Exchange(every[first][0], tuple(said))
