"""What the subject answered about themselves: questionnaire.yaml."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, model_validator

from bot.files import read_utf8
from bot.validation import Document, Section, if_empty, wrong

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
_A_TEXT = "a text, in quotes if it holds a colon or begins with a sign"
_COMMENT = re.compile(" +#")
_LOST = (
    "what follows the # would be lost, because YAML takes it for a comment: put the whole text in quotes, or the "
    "comment on a line of its own."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """trait: 1 to 7 for the items of that kind, whose `answer` is then only the number."""

    id: str
    question: str
    answer: str
    trait: int | None = None


class _Item(Section):
    id: str = Field(min_length=1, description="one word of its own for each item")
    question: str = Field(min_length=1, description=_A_TEXT)
    answer: Annotated[str, if_empty("")] = Field(default="", description=_A_TEXT)

    @model_validator(mode="before")
    @classmethod
    def _has_keys(cls, value: Any) -> Any:
        if isinstance(value, str | list):
            raise wrong("must have id, question, answer.")
        return value

    @model_validator(mode="after")
    def _trait_is_a_number(self) -> "_Item":
        if self.id.startswith(TRAIT) and self.answer and self.answer not in tuple("1234567"):
            raise wrong(f"{self.id} wants a number from 1 (not like me at all) to 7 (very much like me).", "answer")
        return self


class _File(Section):
    answers: Annotated[tuple[_Item, ...], if_empty(())] = Field(
        default=(), description="a list of items with id, question and answer"
    )


def load_questionnaire(path: Path) -> tuple[Answer, ...]:
    """Loads the items that are answered; a missing file has none. Raises ConfigError with every mistake in the file."""
    try:
        text = read_utf8(path)
    except FileNotFoundError:
        return ()
    return tuple(item for item in read_items(text, str(path)) if item.answer)


def read_items(text: str, name: str) -> tuple[Answer, ...]:
    """Reads every item, also those without an answer. Raises as `load_questionnaire` does; name: of the file."""
    document = Document(text, name)
    file = document.read(_File)
    for number in _used_before(document.value):
        document.problem(("answers", number, "id"), "was used before: give each item an id of its own.")
    for number, key in _cut_short(text):
        document.problem(("answers", number, key), _LOST)
    document.finish()
    return tuple(map(_answer, file.answers)) if file else ()


def _answer(item: _Item) -> Answer:
    trait = int(item.answer) if item.answer and item.id.startswith(TRAIT) else None
    return Answer(item.id, item.question, item.answer, trait)


def _used_before(value: Any) -> Iterator[int]:
    """Yields the index of each item whose id an earlier item has."""
    items = value.get("answers") if isinstance(value, dict) else None
    seen: set[str] = set()
    for number, item in enumerate(items if isinstance(items, list) else ()):
        id_ = item.get("id") if isinstance(item, dict) else None
        if isinstance(id_, str):
            if id_.strip() in seen:
                yield number
            seen.add(id_.strip())


def _cut_short(text: str) -> Iterator[tuple[int, str]]:
    """Yields the item's index and the key of each text without quotes that a space and # cut short."""
    root = yaml.compose(text, yaml.BaseLoader)
    for key, items in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "answers" and isinstance(items, yaml.SequenceNode):
            for number, item in enumerate(items.value):
                for name, value in item.value if isinstance(item, yaml.MappingNode) else ():
                    plain = isinstance(value, yaml.ScalarNode) and value.style is None
                    if plain and _COMMENT.match(text, value.end_mark.index):
                        yield number, name.value


def how_like_you(statement: str, language: str) -> str:
    """Returns the question about an item from 1 to 7, to be answered in one of SCALE's phrases."""
    return _LIKE_YOU[language].format(bare(statement))


def bare(question: str) -> str:
    """Returns a question without the note on the scale, which is for whoever fills in the file."""
    return _SCALE_NOTE.sub("", question)
