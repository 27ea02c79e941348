"""What a prompt is made of: a scene, and turns in order."""

from dataclasses import dataclass
from datetime import datetime

from bot.message import ChatKind
from bot.people import STRANGER
from bot.persona import Persona


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as sent: text, and photos by digest."""

    text: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """How a contact appears in a prompt. Without a name: somebody."""

    name: str | None = None
    relationship: str = STRANGER


@dataclass(frozen=True, slots=True)
class Turn:
    """A burst of one speaker; speaker None is the subject or avatar. `at`: when its first bubble was sent, UTC.

    In a group a turn of somebody else is one message, because each is a decision.
    """

    speaker: Speaker | None
    bubbles: tuple[Bubble, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """The stable part of a prompt: who the avatar is, and where it talks with whom."""

    persona: Persona
    kind: ChatKind
    partner: Speaker = Speaker()  # private chats
    title: str = ""  # groups
