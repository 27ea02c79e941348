"""The answers to the IPIP-NEO-120: personality.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BeforeValidator, Field

from bot.files import read_utf8
from bot.personality.items import ITEMS
from bot.validation import Section, if_empty, read, wrong
from bot.workspace import write_private

_HEAD = """\
# The 120 statements of the IPIP-NEO-120 (public domain, ipip.ori.org), by number: 1 very inaccurate … 5 very accurate.
# `echoes questionnaire` asks them, `echoes personality` tells what comes of them. in_prompt: whether the avatar is told
# what stands out. words: what the person says to a statement in their own words, which is learnt.
# Each answer writes this file anew: comments that are added to it are lost.
# 每答一题都会重写本文件，自己加的注释会丢失。
"""


class By(StrEnum):
    """Who answered: the person, somebody who knew them, or each a part."""

    SELF = "self"
    OTHER = "other"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Personality:
    """answers: 1 to 5, by statement. words: what the person adds, by statement. in_prompt: whether it may be told."""

    by: By = By.SELF
    in_prompt: bool = True
    answers: Mapping[int, int] = field(default_factory=dict)
    words: Mapping[int, str] = field(default_factory=dict)

    def answered(self, number: int, answer: int | None, words: str, by: By) -> "Personality":
        """The same with an answer and the words to it; None takes it back, and its words."""
        answers = {key: one for key, one in {**self.answers, number: answer}.items() if one is not None}
        kept = {**self.words, number: words.strip() if answer is not None else ""}
        return replace(
            self,
            by=by if by is self.by or not self.answers.keys() - {number} else By.BOTH,
            answers=dict(sorted(answers.items())),
            words={key: one for key, one in sorted(kept.items()) if one},
        )


def _number(given: object) -> object:
    if str(given) not in map(str, ITEMS):
        raise wrong(f"{given} is no statement: they have the numbers from 1 to {len(ITEMS)}.")
    return given


def _answer(given: object) -> object:
    if given not in tuple("12345"):
        raise wrong("wants a number from 1 (very inaccurate) to 5 (very accurate).")
    return given


_Number = Annotated[int, BeforeValidator(_number)]


class _File(Section):
    by: By = By.SELF
    in_prompt: bool = True
    answers: Annotated[dict[_Number, Annotated[int, BeforeValidator(_answer)]], if_empty({})] = Field(
        default={}, description="answers from 1 to 5, by the statement's number"
    )
    words: Annotated[dict[_Number, str], if_empty({})] = Field(
        default={}, description="texts, by the statement's number"
    )


def load_personality(path: Path) -> Personality:
    """Loads it; a missing file has no answers.

    Raises ConfigError with every mistake in the file, PassingError while it cannot be read.
    """
    try:
        file = read(_File, read_utf8(path), str(path))
    except FileNotFoundError:
        return Personality()
    return Personality(file.by, file.in_prompt, file.answers, file.words)


def save_personality(path: Path, personality: Personality) -> None:
    """Writes the readable file, whole or not at all."""
    document = {
        "by": personality.by.value,
        "in_prompt": personality.in_prompt,
        "answers": dict(personality.answers),
        "words": dict(personality.words),
    }
    write_private(path, (_HEAD + yaml.safe_dump(document, allow_unicode=True, sort_keys=False)).encode())
