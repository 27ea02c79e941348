"""What the avatar has before its eyes in one chat: the prompt, and what a decision sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat.examples import example_turns
from bot.chat.prompt import Codec, Prompt, render
from bot.chat.remembered import Memory, Remembered, Remembering
from bot.chat.scene import scene_at
from bot.chat.turns import Placed, dialogue_start, said_by, to_turns
from bot.chat.window import windows
from bot.config import ConversationConfig
from bot.era import set_back
from bot.message import Chat, Message
from bot.people import People
from bot.persona import Persona
from bot.released import Exchange

RECENT = 400
"""Entries read for a prompt; far more than fit into one."""

WHOLE_DIALOGUE = 4000
"""Entries read for the first prompt since the start: where the window begins follows from the whole dialogue."""

Line = tuple[int, Message]
"""A message and its place in the chat: a seq of the journal, or below zero what was said before the avatar."""


def messages(lines: Sequence[Line]) -> list[Message]:
    """Returns what was said, without reactions."""
    return [message for _, message in lines if not message.reaction]


_ALL = -(1 << 62)
_FIRST = _ALL + 1  # the place of the first example, before all that was ever said


class Context:
    """The window on one chat. It only grows, and slides in big steps, so that a kept key-value cache stays of use."""

    def __init__(
        self,
        chat: Chat,
        persona: Persona,
        config: ConversationConfig,
        max_tokens: int,
        has_photo: Callable[[str], bool],
    ) -> None:
        self._chat = chat
        self._has_photo = has_photo
        self._persona = persona
        self._gap = timedelta(minutes=config.gap_minutes)
        self._carried = config.carried_turns
        self._max_tokens = max_tokens
        self._remembered: dict[int, tuple[Remembered, ...]] = {}
        self._remembered_for: tuple[object, int] = (None, 0)  # the people, and how often something was forgotten
        self._examples: tuple[Exchange, ...] = ()
        self._start = _ALL  # place of the first turn shown
        self._until = _ALL  # place of the last one
        self._begins_at = _ALL  # place of the first message that may be shown

    @property
    def entries(self) -> int:
        """How many entries the next prompt needs, at most."""
        return WHOLE_DIALOGUE if self._until == _ALL else RECENT

    def follow(self, chat: Chat) -> None:
        """Lets the chat go on under another id."""
        self._chat = chat

    def begin_at(self, seq: int) -> None:
        """Leaves out what was said before: rendering it may be what fails."""
        self._begins_at = seq

    def begin_with(self, examples: Sequence[Exchange]) -> None:
        """Lets a chat without a past begin with these."""
        self._examples = tuple(examples)

    async def prepare(self, lines: Sequence[Line], people: People, memory: Memory | None) -> None:
        """Does beforehand, beside the event loop, what takes long in remembering for these lines."""
        if memory is not None:
            known = self._known(people, memory)
            await memory.prepare(self._remembering(memory).asked(self._may_be_shown(lines), known))

    def remember(self, lines: Sequence[Line], people: People, memory: Memory | None) -> None:
        """Remembers for the messages of the dialogue that the last line is in: once for each of them."""
        if memory is None:
            self._remembered = {}
            return
        known = self._known(people, memory)
        self._remembered_for = people, memory.changes
        self._remembered = self._remembering(memory).dialogue(self._may_be_shown(lines), people, known)

    def _known(self, people: People, memory: Memory) -> Mapping[int, tuple[Remembered, ...]]:
        """What was remembered before, unless something was taken away since, or other people are known."""
        return self._remembered if (people, memory.changes) == self._remembered_for else {}

    def _remembering(self, memory: Memory) -> Remembering:
        return Remembering(memory, self._persona, self._gap, self._carried)

    def _may_be_shown(self, lines: Sequence[Line]) -> list[Line]:
        return [one for one in lines if one[0] >= self._begins_at]

    def prompt(self, lines: Sequence[Line], people: People, codec: Codec) -> Prompt:
        """Renders the prompt after the last line, ready for the avatar's turn, in at most `max_tokens`."""
        turns = self.turns(lines, people)
        last = turns[-1].seq
        if turns[dialogue_start(turns, self._gap)].seq > self._until:  # another dialogue than that of the prompt before
            self._start = _ALL
        turns = self._in_its_era(turns)
        # What waits comes last, though it may have come before what was said meanwhile.
        earlier = [one.turn for one in turns[:-1] if one.seq < self._start]
        turns = [one for one in turns[:-1] if one.seq >= self._start] + turns[-1:]
        scene = scene_at(self._chat, self._persona, people, (message for _, message in reversed(lines)))
        *_, first = windows(
            scene, [one.turn for one in turns], self._max_tokens, codec, earlier[-1] if earlier else None
        )
        self._start, self._until = turns[first].seq, max(self._until, last)
        shown = [one.turn for one in turns[first:]]
        prompt = render(scene, shown, codec, open_turn=True)
        while len(prompt.ids) > self._max_tokens and len(shown[-1].bubbles) > 1:
            shown = [replace(shown[-1], bubbles=shown[-1].bubbles[1:])]
            prompt = render(scene, shown, codec, open_turn=True)
        return prompt

    def opening(self, lines: Sequence[Line], people: People, codec: Codec) -> Prompt:
        """Renders the prompt at which the avatar begins a dialogue: after what is carried over, ready for its turn.

        What was remembered for turns that are carried over is not shown with them, as in any other dialogue.
        """
        turns = [one.turn for one in self._in_its_era(self._all(lines, people, {}))]
        turns = turns[max(len(turns) - self._carried, 0) :]
        scene = scene_at(self._chat, self._persona, people, (message for _, message in reversed(lines)))
        first = max(windows(scene, turns, self._max_tokens, codec), default=0)
        return render(scene, turns[first:], codec, open_turn=True)

    def turns(self, lines: Sequence[Line], people: People) -> list[Placed]:
        """Returns the turns of the dialogue that the last line is in, and those carried over before it."""
        memory = {seq: tuple(one.line for one in found) for seq, found in self._remembered.items()}
        turns = self._all(lines, people, memory)
        return turns[max(dialogue_start(turns, self._gap) - self._carried, 0) :]

    def _in_its_era(self, turns: Sequence[Placed]) -> list[Placed]:
        """The turns at the times that the avatar's clock shows: of an era that is over, set back into it."""
        era, zone = self._persona.era, self._persona.zone
        return [replace(one, turn=replace(one.turn, at=set_back(one.turn.at, era, zone))) for one in turns]

    def _all(self, lines: Sequence[Line], people: People, memory: Mapping[int, tuple[str, ...]]) -> list[Placed]:
        said = said_by(self._may_be_shown(lines), people, self._persona.language, self._has_photo, memory)
        turns = to_turns(self._chat.kind, said, self._gap)
        return [*self._placed_examples(turns[0].turn.at), *turns] if turns else turns

    def _placed_examples(self, before: datetime) -> list[Placed]:
        if self._begins_at != _ALL:
            return []
        turns = example_turns(self._examples, before, self._gap, self._persona.language)
        return [Placed(_FIRST + number, turn, turn.at) for number, turn in enumerate(turns)]
