"""From messages in order to the turns of a prompt. Training and serving both come through here."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.chat.attachments import shown, spoken
from bot.chat.dialogue import Bubble, Quote, Speaker, Turn
from bot.chat.reacted import Reacted
from bot.chat.scene import speaker_of
from bot.message import ChatKind, Message
from bot.people import People

LOOKBACK = 400
"""How many messages back a message is looked for that another one answers."""


@dataclass(frozen=True, slots=True)
class Said:
    """One bubble of somebody. speaker None: the subject or avatar. `seq`: its place in the chat, growing.

    bubble: None where nothing of it can be shown, such as a voice message of the subject. memory: what is remembered
    for it, a line each.
    """

    seq: int
    speaker: Speaker | None
    bubble: Bubble | None
    at: datetime
    memory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A turn, the seq of its first bubble, and when its last one was sent."""

    seq: int
    turn: Turn
    until: datetime


def said_by(
    messages: Iterable[tuple[int, Message]],
    people: People,
    language: str,
    readable: Callable[[str], bool],
    memory: Mapping[int, tuple[str, ...]] = MappingProxyType({}),
) -> Iterator[Said]:
    """Yields each message as a prompt shows it, in order. messages: each with its place in the chat.

    A reaction is shown with the next message of somebody else; one of the subject's in private is said by itself.
    readable: whether the picture of a digest can be opened. memory: what is remembered, by place.
    """
    recent: OrderedDict[str, Quote] = OrderedDict()
    reacted = Reacted(LOOKBACK)
    before = ""
    for seq, message in messages:
        if message.reaction:
            if own := reacted.take(message, people):
                yield Said(seq, None, Bubble(reactions=(own,)), reacted.since or message.sent_at)
            continue
        said = replace(_said(seq, message, people, language, readable), memory=memory.get(seq, ()))
        quote = recent.get(message.reply_to) if message.reply_to and message.reply_to != before else None
        if said.speaker is not None and said.bubble is not None and quote is not None:
            said = replace(said, bubble=replace(said.bubble, quote=quote))
        if message.id:
            before = message.id
            if said.bubble is not None and said.bubble.text.strip():
                recent[message.id] = Quote(said.speaker, said.bubble.text)
            if len(recent) > LOOKBACK:
                recent.popitem(last=False)
        if said.speaker is not None and said.bubble is not None and (shown_with := reacted.shown()):
            said = replace(said, bubble=replace(said.bubble, reactions=shown_with))
        reacted.passed(message, Quote(said.speaker, said.bubble.text if said.bubble else ""))
        yield said


def _said(seq: int, message: Message, people: People, language: str, readable: Callable[[str], bool]) -> Said:
    if message.sender is None:
        return Said(seq, None, Bubble(spoken(message)) if shows(message) else None, message.sent_at)
    bubble = Bubble(*shown(message, language, readable)) if shows(message) else None
    return Said(seq, speaker_of(message, people), bubble, message.sent_at)


def shows(message: Message) -> bool:
    """Whether anything of a message stands in a prompt. What the subject passed on is not their voice.

    A reaction is no message: it stands with one.
    """
    if message.reaction:
        return False
    if message.sender is None:
        return not message.forwarded and bool(spoken(message).strip())
    return bool(message.text.strip() or message.attachments)


def to_turns(kind: ChatKind, said: Iterable[Said], gap: timedelta) -> list[Placed]:
    """Joins bubbles to turns, in order; no turn goes on after a silence that ends a dialogue.

    A burst of the subject is one turn, a burst of the contact in a private chat too. In a group each message of
    somebody else is a turn of its own, because each is a decision.
    """
    turns: list[Placed] = []
    for one in said:
        if one.bubble is None:
            continue
        if turns:
            placed = turns[-1]
            last = placed.turn
            same_burst = (last.speaker is None) == (one.speaker is None) and goes_on(placed.until, one.at, gap)
            if same_burst and (one.speaker is None or kind is ChatKind.PRIVATE):
                joined = replace(last, bubbles=(*last.bubbles, one.bubble), memory=(*last.memory, *one.memory))
                turns[-1] = Placed(placed.seq, joined, one.at)
                continue
        turns.append(Placed(one.seq, Turn(one.speaker, (one.bubble,), one.at, one.memory), one.at))
    return turns


def goes_on(before: datetime, here: datetime, gap: timedelta) -> bool:
    """Whether a message belongs to the dialogue of the one before it: the only place that says where one ends."""
    return here - before <= gap


def dialogue_start(turns: Sequence[Placed], gap: timedelta) -> int:
    """Returns the index of the first turn of the dialogue that the last one is in."""
    first = len(turns) - 1
    while first > 0 and goes_on(turns[first - 1].until, turns[first].turn.at, gap):
        first -= 1
    return first
