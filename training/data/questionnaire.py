"""The dialogues that come of what the subject answered about themselves."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.message import ChatKind
from bot.persona import Persona
from bot.questionnaire import Answer
from training.data.dialogues import Dialogue

CHAT = "questionnaire"
_ASKED = datetime(2000, 1, 1, tzinfo=UTC)  # never shown


def questionnaire_dialogues(answers: Iterable[Answer], persona: Persona) -> list[Dialogue]:
    """One private dialogue with a stranger for each answer. They belong to the train split.

    The items from 1 to 7 are left out: they are kept to measure the avatar by, and would teach it seven phrases only.
    """
    return [asked(((one.question, one.answer),), persona) for one in answers if one.trait is None]


def asked(talk: Iterable[tuple[str, str]], persona: Persona) -> Dialogue:
    """Returns the dialogue in which a stranger asks these questions and gets these answers; their lines are bubbles."""
    turns: list[Turn] = []
    for question, answer in talk:
        bubbles = tuple(Bubble(line.strip()) for line in answer.splitlines() if line.strip())
        turns += (ask(question), Turn(None, bubbles, _ASKED))
    scene = asked_by_a_stranger(persona)
    return Dialogue(CHAT, scene, tuple(turns), 0, _ASKED.date(), (False,) * len(turns), (0,) * len(turns))


def asked_by_a_stranger(persona: Persona) -> Scene:
    """Returns the scene in which the questionnaire is answered."""
    return Scene(persona, ChatKind.PRIVATE, Speaker(), times=False)


def ask(question: str) -> Turn:
    """Returns a question asked by somebody without a name."""
    return Turn(Speaker(), (Bubble(question),), _ASKED)
