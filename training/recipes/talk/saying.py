"""What people said in the talks, and what the untrained avatar says in a person's place."""

from collections.abc import Iterator, Sequence

from bot.chat.dialogue import Turn
from bot.config import SamplingConfig
from bot.config.embedded import EMBEDDED_EN
from bot.engine.blocking import blocking
from bot.engine.device import fastest_dtype
from bot.engine.local import LocalEngine
from bot.engine.models import load
from bot.media import MediaStore
from training.evaluation.asking.model_respondent import ModelRespondent
from training.evaluation.opened import ModelUnderTest
from training.evaluation.respondent import Bubbles, Question, Respondent, as_turn, texts
from training.finetune.first import begin
from training.finetune.lora import attach
from training.finetune.presets import TUNED
from training.recipes.talk.work import Talk

REPLIES = 8
"""Of a talk, judged together. A talk with fewer is left out."""

_WINDOW = 12  # turns that the avatar is shown

Writer = list[list[Bubbles]]
"""What one writer said, talk by talk."""


def speakers(media: MediaStore) -> Iterator[tuple[str, Respondent]]:
    """Yields the untrained avatar, and then the base model alone."""
    loaded = load(EMBEDDED_EN, "cpu", fastest_dtype("cpu", "auto"))
    lora = attach(loaded.model, TUNED, loaded.base_id)
    begin(lora, TUNED, loaded.base_id)
    lora.eval()

    async def made() -> LocalEngine:
        return LocalEngine(loaded, media)

    with blocking(made()) as served:
        model = ModelUnderTest(served, SamplingConfig(), None)
        yield "the untrained avatar", ModelRespondent("the untrained avatar", model, None)
        lora.unload()
        yield "the base model alone", ModelRespondent("the base model alone", model, None)


def answers(speaker: Respondent, talks: Sequence[Talk]) -> Writer:
    """Returns what the speaker says in the place of who was learnt from, seeing its own words and never theirs."""
    shown: list[list[Turn]] = [[] for _ in talks]
    coming = [partner_turns(talk) for talk in talks]
    for number in range(REPLIES):
        for turns, heard in zip(shown, coming, strict=True):
            turns += heard[number]
        questions = [Question(talk[0].scene, tuple(turns[-_WINDOW:])) for talk, turns in zip(talks, shown, strict=True)]
        for turns, question, words in zip(shown, questions, speaker.write(questions), strict=True):
            turns += [as_turn(words, question)] if words else []
    return [[texts(turn.bubbles) for turn in turns if turn.speaker is None] for turns in shown]


def subject(talk: Talk) -> str:
    """Returns who is learnt from, as `conversations.read_talks` names them."""
    return talk[0].chat.partition(":")[0]


def said(talk: Talk) -> list[Bubbles]:
    """Returns the bursts of who is learnt from, each once."""
    return [words for turn in _turns(talk) if turn.speaker is None and (words := texts(turn.bubbles))]


def partner_turns(talk: Talk) -> list[list[Turn]]:
    """Returns what the other said before each turn of who is learnt from."""
    found, heard = list[list[Turn]](), list[Turn]()
    for turn in _turns(talk):
        if turn.speaker is not None:
            heard.append(turn)
        elif heard:
            found, heard = [*found, heard], []
    return found


def _turns(talk: Talk) -> Iterator[Turn]:
    return (turn for dialogue in talk for turn in dialogue.turns[dialogue.context :])
