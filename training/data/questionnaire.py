"""What the subject answered about themselves: questionnaire.yaml, and the dialogues that come of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.errors import ConfigError
from bot.files import read_text, read_yaml
from bot.message import ChatKind
from bot.persona import Persona
from training.data.dialogues import Dialogue

CHAT = "questionnaire"
TRAIT = "trait_"

SCALE = {
    "en": (
        "not like me at all",
        "not like me",
        "not really like me",
        "half and half",
        "a bit like me",
        "like me",
        "very much like me",
    ),
    "zh": ("完全不像我", "不像我", "不太像我", "一半一半吧", "有点像我", "挺像我的", "非常像我"),
}
"""Answers to the items whose id begins with `trait_`, from 1 to 7."""

_LIKE_YOU = {"en": "How much is this like you? {}", "zh": "这句话有多像你？{}"}
_SCALE_NOTE = re.compile(r"\s*[(（]\s*1\s*=.*7\s*=.*[)）]\s*$")  # for whoever fills in the file
_KEYS = ("id", "question", "answer")
_ASKED = datetime(2000, 1, 1, tzinfo=UTC)  # never shown


@dataclass(frozen=True, slots=True)
class Answer:
    """trait: 1 to 7 for the items of that kind, whose `answer` is then only the number."""

    id: str
    question: str
    answer: str
    trait: int | None = None


def load_questionnaire(path: Path) -> tuple[Answer, ...]:
    """The items that are answered. A missing file is no answers. Raises ConfigError with every mistake in the file."""
    try:
        # Every value as it is written: `answer: no` and `answer: 007` are words here.
        raw: Any = read_yaml(path, yaml.BaseLoader)
    except FileNotFoundError:
        return ()
    if raw is None or raw == "":
        return ()
    if not isinstance(raw, dict) or not isinstance(raw.get("answers") or [], list):
        raise ConfigError(f"{path}: the file must hold `answers:`, a list of items with {', '.join(_KEYS)}.")
    problems = [f"{path}: {key}: unknown key (known: answers)." for key in raw if key != "answers"]
    ids: set[str] = set()
    answers = [
        _answer(item, f"{path}:{line}: item {n}", ids, problems)
        for n, (item, line) in enumerate(zip(raw.get("answers") or [], _lines(path), strict=True), 1)
    ]
    if problems:
        raise ConfigError(*problems)
    return tuple(answer for answer in answers if answer)


def _lines(path: Path) -> list[int]:
    """On which line each item begins, in a file that was found to be in order so far."""
    root = yaml.compose(read_text(path), Loader=yaml.BaseLoader)
    found = {key.value: value for key, value in root.value} if root else {}
    items = found.get("answers")
    return [item.start_mark.line + 1 for item in items.value] if isinstance(items, yaml.SequenceNode) else []


def _answer(item: Any, where: str, ids: set[str], problems: list[str]) -> Answer | None:
    if not isinstance(item, dict):
        problems.append(f"{where}: must have {', '.join(_KEYS)}.")
        return None
    problems += [f"{where}: {key}: unknown key (known: {', '.join(_KEYS)})." for key in item if key not in _KEYS]
    texts = {key: item.get(key) or "" for key in _KEYS}
    nested = [key for key, text in texts.items() if not isinstance(text, str)]
    if nested:
        problems += [f"{where}: {key}: must be a text; put it in quotes." for key in nested]
        return None
    id_, question, answer = (text.strip() for text in texts.values())
    problems += [f"{where}: {key}: missing." for key in ("id", "question") if not texts[key].strip()]
    if id_ and id_ in ids:
        problems.append(f"{where}: id: {id_} was used before.")
    ids.add(id_)
    if answer in ("", "~", "null"):
        return None
    if not id_.startswith(TRAIT):
        return Answer(id_, question, answer)
    if answer not in tuple("1234567"):
        problems.append(f"{where}: answer: {id_} wants a number from 1 (not like me at all) to 7 (very much like me).")
        return None
    return Answer(id_, question, answer, int(answer))


def questionnaire_dialogues(answers: Iterable[Answer], persona: Persona) -> list[Dialogue]:
    """One private dialogue with a stranger for each answer; its lines are bubbles. They belong to the train split.

    The items from 1 to 7 are left out: they are kept to measure the avatar by, and would teach it seven phrases only.
    """
    scene, dialogues = asked_by_a_stranger(persona), []
    for answer in answers:
        if answer.trait is None:
            bubbles = tuple(Bubble(line.strip()) for line in answer.answer.splitlines() if line.strip())
            turns = (ask(answer.question), Turn(None, bubbles, _ASKED))
            dialogues.append(Dialogue(CHAT, scene, turns, 0, _ASKED.date(), (False, False), (0, 0)))
    return dialogues


def asked_by_a_stranger(persona: Persona) -> Scene:
    """Where the questionnaire is answered."""
    return Scene(persona, ChatKind.PRIVATE, Speaker(), times=False)


def ask(question: str) -> Turn:
    """A question of somebody without a name."""
    return Turn(Speaker(), (Bubble(question),), _ASKED)


def how_like_you(statement: str, language: str) -> str:
    """The question about an item from 1 to 7, to be answered in one of SCALE's phrases."""
    return _LIKE_YOU[language].format(_SCALE_NOTE.sub("", statement))
