"""What a prompt is made of: a scene, and turns in order."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.message import ChatKind
from bot.people import STRANGER
from bot.persona import Persona
from bot.writing import WritingKind


@dataclass(frozen=True, slots=True)
class Speaker:
    """How a contact appears in a prompt. Without a name: somebody."""

    name: str | None = None
    relationship: str = STRANGER


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers: who said it (None: the subject or avatar), and its words."""

    speaker: Speaker | None
    text: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji that somebody put on a message. speaker: None for the subject or avatar.

    to: that message; None where it is the newest one that is not by whoever reacted.
    """

    emoji: str
    speaker: Speaker | None
    to: Quote | None = None


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as sent: text, photos by digest, and what it answers, where that is not the message before it.

    reactions: what was put on messages since the bubble before; they stand on lines of their own in front of it. A
    bubble of the subject's that has nothing else is a reaction of theirs.
    """

    text: str = ""
    photos: tuple[str, ...] = ()
    quote: Quote | None = None
    reactions: tuple[Reaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A burst of one speaker; speaker None is the subject or avatar. `at`: when its first bubble was sent, UTC.

    In a group a turn of somebody else is one message, because each is a decision. memory: what is remembered for this
    turn, a line each. It stands with the turn and stays there, so that what was read before it is never read anew.
    """

    speaker: Speaker | None
    bubbles: tuple[Bubble, ...]
    at: datetime
    memory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What is written where nobody is talked with. day: of its writing, None where that is not known.

    to_others: it went to more people than one. goes_on: what stands before in the same writing is not shown.
    """

    kind: WritingKind
    day: date | None = None
    title: str = ""
    to_others: bool = False
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """The stable part of a prompt: who the avatar is, where it talks with whom, and in which time.

    era: the year or month that the avatar speaks from, as `2019` or `2019-06`; empty where none is told. times: whether
    the times of messages are shown. page: instead of a chat; the partner is then whom it went to.
    """

    persona: Persona
    kind: ChatKind
    partner: Speaker = Speaker()  # private chats
    title: str = ""  # groups
    era: str = ""
    times: bool = True
    page: Page | None = None
