"""Who is examined: a respondent writes answers and says how likely words are. It is a model, or planted in a test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.chat.dialogue import Bubble, Scene, Turn
from bot.message import ChatKind
from training.data.dialogues import Dialogue
from training.scoring import Scores
from training.statistics import spread
from training.words import Bubbles as Bubbles
from training.words import texts as texts


@dataclass(frozen=True, slots=True)
class Question:
    """A place where the subject speaks next: the last turn is somebody else's."""

    scene: Scene
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A question that the subject really answered. contact: the partner's name, or the group's chat key."""

    question: Question
    real: Bubbles
    chat: str
    day: date
    message: int  # row in the corpus of the subject's first bubble

    @property
    def kind(self) -> ChatKind:
        return self.question.scene.kind


@dataclass(frozen=True, slots=True)
class Likelihood:
    """−log p of a turn and its end, in nats. In a group, given that there is an answer."""

    nats: float
    tokens: int
    characters: int


class Respondent(Protocol):
    """What a panel asks. Answers come in the order of the questions; long work shows its progress and is kept."""

    @property
    def name(self) -> str: ...

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        """Returns the log-odds of every decision and the likelihood of every real reply, dialogue by dialogue."""
        ...

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        """Writes one answer to each question, as the avatar would send it; never silence."""
        ...

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        """Returns how likely each candidate is, for each question."""
        ...


@dataclass(frozen=True, slots=True)
class Respondents:
    """base: the base model with the prompt only. against: a second avatar to compare with."""

    base: Respondent
    avatar: Respondent | None = None
    against: Respondent | None = None


def occasions(dialogues: Sequence[Dialogue]) -> list[Occasion]:
    """Lists every turn of the subject in these dialogues that answers something in words."""
    found = []
    for dialogue in dialogues:
        for index in range(max(dialogue.context, 1), len(dialogue.turns)):
            turn = dialogue.turns[index]
            if turn.speaker is None and dialogue.turns[index - 1].speaker is not None and texts(turn.bubbles):
                found.append(
                    Occasion(
                        Question(dialogue.scene, dialogue.turns[:index]),
                        texts(turn.bubbles),
                        dialogue.chat,
                        dialogue.day,
                        dialogue.messages[index],
                    )
                )
    return found


def some_occasions(dialogues: Sequence[Dialogue], limit: int) -> list[Occasion]:
    """Picks at most `limit` occasions, of whole dialogues spread evenly: what they share is read only once."""
    asked = [found for dialogue in dialogues if (found := occasions([dialogue]))]
    total = sum(len(found) for found in asked)
    if total <= limit:
        return [occasion for found in asked for occasion in found]
    chosen = spread(asked, math.ceil(limit * len(asked) / total))
    return [occasion for found in chosen for occasion in found][:limit]


def as_turn(bubbles: Bubbles, question: Question) -> Turn:
    """Makes a candidate answer the subject's turn, right after the question."""
    return Turn(None, tuple(Bubble(text) for text in bubbles), question.turns[-1].at)
