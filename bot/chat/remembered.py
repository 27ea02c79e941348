"""What is remembered for the messages of a dialogue: the same in training, in measuring and when the avatar runs.

A message is remembered for once, and keeps what it was given; what it is given is older than all that the dialogue
shows, so that nothing is told twice, and nothing of what came later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.chat.attachments import spoken
from bot.chat.features import mentions
from bot.chat.turns import goes_on, shows
from bot.message import Chat, ChatKind, Message
from bot.people import People
from bot.persona import Persona

LINES = 2
"""At most so many for one turn: each takes room from the conversation."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One line. key: what it is made from, so that no dialogue shows it twice."""

    key: str
    line: str


class Memory(Protocol):
    """What there is to remember."""

    @property
    def changes(self) -> int:
        """Grows whenever something was taken away from it."""
        ...

    def forget(self, chat: Chat | None = None) -> None:
        """Lets go of all in which something may have been taken away: of one chat, or of any."""
        ...

    async def prepare(self, messages: Sequence[Message]) -> None:
        """Does beforehand, beside the event loop, what takes long in recalling for these messages."""
        ...

    def recall(
        self, message: Message, people: People, before: datetime, shown: Collection[str], most: int
    ) -> Sequence[Remembered]:
        """Returns what fits a message, the best first, from before a time and without what is shown already.

        In a private chat that is what was said with this contact and what anybody may know; in a group what was said
        there and what anybody may know.
        """
        ...


@dataclass(frozen=True, slots=True)
class Remembering:
    """Remembers for dialogues. gap: a longer silence ends one. carried: turns shown again from before."""

    memory: Memory
    persona: Persona
    gap: timedelta
    carried: int

    def dialogue(
        self,
        messages: Sequence[tuple[int, Message]],
        people: People,
        known: Mapping[int, tuple[Remembered, ...]],
    ) -> dict[int, tuple[Remembered, ...]]:
        """Returns, by place, what is remembered for each message of the dialogue that the last of these is in.

        messages: in order, with their places in the chat. known: what was found for some of them before.
        """
        every, first = self._last_dialogue(messages)
        return self.stretch(every, first, len(every), people, known)

    def asked(
        self, messages: Sequence[tuple[int, Message]], known: Mapping[int, tuple[Remembered, ...]]
    ) -> list[Message]:
        """Returns the messages for which `dialogue` may look something up."""
        every, first = self._last_dialogue(messages)
        return [message for seq, message in every[max(first, 0) :] if seq not in known and self._asks(message)]

    def stretch(
        self,
        messages: Sequence[tuple[int, Message]],
        first: int,
        end: int,
        people: People,
        known: Mapping[int, tuple[Remembered, ...]],
    ) -> dict[int, tuple[Remembered, ...]]:
        """The same for the dialogue messages[first:end]. All that stand before `end` are messages that show."""
        if not messages:
            return {}
        before = self._shown_from(messages, first)
        found: dict[int, tuple[Remembered, ...]] = {}
        shown: set[str] = set()
        room = LINES
        for seq, message in messages[first:end]:
            if message.sender is None or message.chat.kind is ChatKind.GROUP:
                room = LINES
            if seq in known:
                found[seq] = known[seq]
            elif room and self._asks(message):
                found[seq] = tuple(self.memory.recall(message, people, before, shown, room))
            else:
                continue
            room = max(room - len(found[seq]), 0)
            shown |= {one.key for one in found[seq]}
        return found

    def _last_dialogue(self, messages: Sequence[tuple[int, Message]]) -> tuple[list[tuple[int, Message]], int]:
        """All that show, and where among them the last dialogue begins."""
        every = [one for one in messages if shows(one[1])]
        first = len(every) - 1
        while first > 0 and goes_on(every[first - 1][1].sent_at, every[first][1].sent_at, self.gap):
            first -= 1
        return every, first

    def _asks(self, message: Message) -> bool:
        """Whether anything is to be remembered for it: in a group only where the subject is spoken to."""
        if message.sender is None or message.from_bot or not message.text.strip():
            return False
        group = message.chat.kind is ChatKind.GROUP
        return not group or message.addressed or mentions(spoken(message), self.persona.names)

    def _shown_from(self, messages: Sequence[tuple[int, Message]], first: int) -> datetime:
        """The time of the first message that is shown, with the turns carried over before messages[first]."""
        begins, turns = messages[first][1].sent_at, 0
        for index in range(first - 1, -1, -1):
            message, following = messages[index][1], messages[index + 1][1]
            own = message.sender is None
            alone = not own and message.chat.kind is ChatKind.GROUP
            goes = goes_on(message.sent_at, following.sent_at, self.gap)
            if index == first - 1 or alone or not goes or own != (following.sender is None):
                turns += 1
                if turns > self.carried:
                    break
            begins = message.sent_at
        return begins
