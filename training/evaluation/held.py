"""What the panels know of the subject: the chats by split, who is who, and what they said of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.message import ChatKind
from bot.people import People
from bot.persona import Persona
from training.data.dialogues import Dialogue
from training.data.points import Point
from training.data.questionnaire import Answer
from training.data.splits import Split, Splits
from training.evaluation.voice import Bubbles


@dataclass(frozen=True, slots=True)
class Burst:
    """Consecutive messages of one sender in one chat, as the judges of style read them.

    sender: `me` for the subject, else who wrote it, by name. partner: in a private chat the contact's key in
    people.yaml or their name; in a group the chat's. relationship: the partner's, `group` in a group.
    """

    sender: str
    bubbles: Bubbles
    chat: str
    kind: ChatKind
    partner: str
    relationship: str
    at: datetime
    day: date
    split: Split
    delay: float | None = None  # seconds after the message it answers; None where it opens


ME = "me"


@dataclass(frozen=True, slots=True)
class Held:
    """dialogues and bursts by split, redacted as what is learnt; nothing of validation and test days was trained on.

    unredacted: the dialogues of the training days with what identifies somebody still in them.
    """

    persona: Persona
    people: People
    splits: Splits
    dialogues: Mapping[Split, tuple[Dialogue, ...]]
    bursts: tuple[Burst, ...]
    points: tuple[Point, ...]
    questionnaire: tuple[Answer, ...]
    unredacted: tuple[Dialogue, ...] = ()

    @property
    def language(self) -> str:
        return self.persona.language

    def own(self, split: Split) -> list[Burst]:
        return [burst for burst in self.bursts if burst.sender == ME and burst.split is split]

    def others(self, split: Split) -> list[Burst]:
        return [burst for burst in self.bursts if burst.sender != ME and burst.split is split]
