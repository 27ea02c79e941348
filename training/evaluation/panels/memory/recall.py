"""Questions about what the subject told of themselves and what was said in their chats, each with four answers.

They are asked in other words than those that were learnt. Answers are weighed, not written: a small model that knows
something often cannot say it in free words, and a written answer would need a judge.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from bot.chat.dialogue import Bubble, Scene, Turn
from bot.message import ChatKind
from training.data.dialogues import Dialogue
from training.data.questionnaire import ask, asked_by_a_stranger
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.respondent import Bubbles, Question, Respondent, texts
from training.evaluation.words import Words
from training.statistics import Draws, Floats, spread

KINDS = ("single", "relational", "temporal")
CHOICES = 4

_TIME = re.compile(
    r"\b(when|what time|how long|how often|today|tonight|tomorrow|yesterday|weekend|week|month|year|\w+day)\b|"
    r"几点|什么时候|啥时候|多久|今天|今晚|明天|昨天|周[一二三四五六日末]|星期|哪天|几号|月|年",
    re.IGNORECASE,
)
_ASKS = re.compile(r"([?？]|吗|呢|没有|什么|怎么样|几点)$")
_LENGTHS = {"en": (12, 12, 160), "zh": (5, 5, 80)}  # of a question at least, of an answer at least and at most


@dataclass(frozen=True, slots=True)
class Quiz:
    """The right answer is the first of the choices. unit: what is drawn whole for intervals, an item or a day.

    plain: the same place with nothing asked, by which each choice's own likelihood is known. helped: the question with
    what is remembered for it; None where it is not about a chat, or nothing is remembered at all.
    """

    kind: str
    question: Question
    plain: Question
    choices: tuple[Bubbles, ...]
    unit: str
    helped: Question | None = None

    @property
    def asked(self) -> str:
        return self.question.turns[-1].bubbles[0].text


@cache
def catalogue() -> Mapping[str, Any]:
    """asked.yaml."""
    text = (files("training.evaluation.panels.memory") / "asked.yaml").read_text("utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found


def quizzes(data: EvaluationData, limit: int) -> list[Quiz]:
    """Makes at most `limit` quizzes, at most half of them from the chats and the rest from the questionnaire."""
    told, said = from_questionnaire(data), from_chats(data)
    half = limit // 2
    return [*spread(told, max(half, limit - len(said))), *spread(said, max(half, limit - len(told)))]


def from_questionnaire(data: EvaluationData) -> list[Quiz]:
    """One about each answer in words; beside two other answers of the subject and one that is made up, if there is."""
    language = data.language
    items: Mapping[str, Mapping[str, str]] = catalogue()["items"]
    answers = [answer for answer in data.questionnaire if answer.trait is None]
    if len(answers) < CHOICES:
        return []
    words, scene, found = Words(language), asked_by_a_stranger(data.persona), []
    for answer in answers:
        item = items.get(answer.id, {})
        asked = item.get(language) or words("memory.asked.about", question=answer.question)
        made_up = item.get(f"false_{language}")
        others = sorted(
            (other for other in answers if other is not answer and other.answer != answer.answer),
            key=lambda other: abs(len(other.answer) - len(answer.answer)),
        )
        wrong = [_lines(other.answer) for other in others[: CHOICES - 2 if made_up else CHOICES - 1]]
        choices = (_lines(answer.answer), *wrong, *([_lines(made_up)] if made_up else []))
        if len(choices) == CHOICES:
            found.append(_quiz(words, scene, asked, choices, item.get("kind", KINDS[0]), answer.id))
    return found


def from_chats(data: EvaluationData) -> list[Quiz]:
    """What the subject answered to a contact's question on a train day, beside other answers to the same contact."""
    by_chat: dict[str, dict[str, tuple[Dialogue, Bubbles]]] = {}
    replies: dict[str, dict[Bubbles, None]] = {}
    for dialogue in data.dialogues[Split.TRAIN]:
        if dialogue.scene.kind is ChatKind.PRIVATE:
            for index in range(max(dialogue.context, 1), len(dialogue.turns)):
                asked = _question_of(dialogue.turns[index - 1], data.language)
                said = texts(dialogue.turns[index].bubbles)
                if dialogue.turns[index].speaker is not None or not _fit(said, data.language):
                    continue
                replies.setdefault(dialogue.chat, {})[said] = None
                if asked:
                    by_chat.setdefault(dialogue.chat, {}).setdefault(asked, (dialogue, said))
    words, names = Words(data.language), {contact.name.split()[0] for contact in data.people.contacts}
    found = []
    for chat, asked_there in by_chat.items():
        for asked, (dialogue, said) in asked_there.items():
            others = sorted(
                (other for other in replies[chat] if other != said),
                key=lambda other: (abs(len("".join(other)) - len("".join(said))), other),
            )
            if len(others) >= CHOICES - 1:
                again, choices = words("memory.asked.again", asked=asked), (said, *others[: CHOICES - 1])
                kind = _kind(asked, names - {(dialogue.scene.partner.name or "").split(" ")[0]})
                quiz = _quiz(words, dialogue.scene, again, choices, kind, str(dialogue.day))
                lines = data.remembered(dialogue.scene.partner.name, again)
                helped = question(dialogue.scene, again, lines) if data.memory else None
                found.append(replace(quiz, helped=helped))
    return found


def _quiz(words: Words, scene: Scene, asked: str, choices: tuple[Bubbles, ...], kind: str, unit: str) -> Quiz:
    return Quiz(kind, question(scene, asked), question(scene, words("memory.asked.hello")), choices, unit)


def gains(asked: Sequence[Quiz], respondent: Respondent) -> Floats:
    """Returns by how many nats the question makes each choice likelier: quizzes × choices.

    The largest is the respondent's answer. Holtzman, West, Shwartz, Choi and Zettlemoyer, "Surface Form Competition:
    Why the Highest Probability Answer Isn't Always Right", EMNLP 2021.
    """
    return plain_nats(asked, respondent) - _nats([quiz.question for quiz in asked], asked, respondent)


def helped_gains(asked: Sequence[Quiz], respondent: Respondent) -> Floats:
    """The same as `gains` with what is remembered: quizzes × choices. All of them must have a `helped` question."""
    helped = [quiz.helped for quiz in asked if quiz.helped]
    return plain_nats(asked, respondent) - _nats(helped, asked, respondent)


def plain_nats(asked: Sequence[Quiz], respondent: Respondent) -> Floats:
    """Returns −log p in nats of each choice where nothing was asked: quizzes × choices."""
    return _nats([quiz.plain for quiz in asked], asked, respondent)


def chosen(scores: Floats) -> Floats:
    """Returns 1 for each quiz whose first choice scores highest; equal ones share it."""
    best = scores == scores.max(axis=1, keepdims=True)
    return np.asarray(best[:, 0] / best.sum(axis=1), dtype=np.float64)


def accuracy(right: Floats, asked: Sequence[Quiz], kind: str | None = None) -> Floats:
    """Returns the share answered rightly, of one kind or of all; items and days are drawn whole."""
    rows = [number for number, quiz in enumerate(asked) if kind in (None, quiz.kind)]
    return Draws([asked[row].unit for row in rows]).mean(right[rows] if rows else [])


def question(scene: Scene, words: str, memory: tuple[str, ...] = ()) -> Question:
    """Makes a question by the partner of a private chat, with what is remembered for it."""
    return Question(scene, (replace(ask(words), speaker=scene.partner, memory=memory),))


def _nats(questions: Sequence[Question], asked: Sequence[Quiz], respondent: Respondent) -> Floats:
    found = respondent.likelihood(questions, [quiz.choices for quiz in asked]) if asked else []
    return np.array([[one.nats for one in row] for row in found], dtype=np.float64).reshape(len(asked), CHOICES)


def _lines(text: str) -> Bubbles:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _question_of(turn: Turn, language: str) -> str | None:
    """The last bubble of somebody else's turn, if it is a question of some length without a photo."""
    last: Bubble = turn.bubbles[-1]
    long = len(last.text) >= _LENGTHS[language][0]
    asks = _ASKS.search(last.text.strip()) is not None
    return last.text.strip() if turn.speaker and long and asks and not last.photos else None


def _fit(said: Bubbles, language: str) -> bool:
    _, least, most = _LENGTHS[language]
    return least <= len("".join(said)) <= most


def _kind(asked: str, names: set[str]) -> str:
    if _TIME.search(asked):
        return "temporal"
    return "relational" if any(name.casefold() in asked.casefold() for name in names if name) else "single"
