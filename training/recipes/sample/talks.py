# SPDX-License-Identifier: Apache-2.0
"""Reads the talks of the Chinese sample subject as they were written down: one file a chat, one line a message.

    format: weflow                      what it is exported as
    file: wechat-weflow-atao/阿桃.json   where, below `zh/exports`
    chat: wxid_a7a0p34ch1990 阿桃🍑      the chat's id and name
    我: wxid_xm4nl1n0820ba 小满          who writes, by one character

    2022-02-19 19:42
    桃 返校了吗                          a message
    我 >2 到了                           an answer to the message two above
    桃 [图 noodles]                      one that is no text: the mark, and what is in it
    +35                                  minutes in which nothing is said
    = 我拍了拍 "阿桃🍑"                   what the app says itself

In a message ⏎ is a line break. Seconds are not written down: they follow from the words, the same each time.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).with_name("zh")
ZONE = ZoneInfo("Asia/Shanghai")

_DAY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_MARK = re.compile(r"\[(图|语音|表情|红包|转账|通话|链接|位置|文件) ?([^\]]*)\] ?(.*)")
_ANSWER = re.compile(r">(\d+) (.*)")
_TYPING, _READING = 0.25, 0.12  # seconds a character


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message. kind: text, a mark such as 图, or 系统; about: what stands in the mark; answers: a line's number."""

    number: int
    at: datetime
    who: str
    kind: str
    text: str
    about: str = ""
    answers: int | None = None

    @property
    def own(self) -> bool:
        return self.who == "我"


@dataclass(frozen=True, slots=True)
class Talk:
    """A chat. people: by the character that stands for them, the subject first; file: relative to `zh/exports`."""

    format: str
    file: str
    chat: Person
    people: dict[str, Person]
    lines: tuple[Line, ...]


def talks() -> list[Talk]:
    return [read(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.txt"))]


def read(text: str) -> Talk:
    """Raises ValueError at a line of somebody who is not in the head, or that goes back in time."""
    head, _, body = text.partition("\n\n")
    about = dict(line.split(": ", 1) for line in head.splitlines())
    people = {key: _person(value) for key, value in about.items() if key not in ("format", "file", "chat")}
    lines = tuple(_lines(about["file"], body, people))
    return Talk(about["format"], about["file"], _person(about["chat"]), people, lines)


def _person(value: str) -> Person:
    native, _, name = value.partition(" ")
    return Person(native, name)


def _lines(file: str, body: str, people: dict[str, Person]) -> Iterator[Line]:
    number, before = 0, ""
    now, last = datetime.min.replace(tzinfo=ZONE), datetime.min.replace(tzinfo=ZONE)
    chance = random.Random()
    for raw in filter(None, body.splitlines()):
        if _DAY.fullmatch(raw):
            chance = random.Random(zlib.crc32(f"{file} {raw}".encode()))
            now, before = datetime.fromisoformat(raw).replace(tzinfo=ZONE), ""
            continue
        if raw.startswith("+"):
            now += timedelta(minutes=int(raw[1:]))
            continue
        who, _, said = raw.partition(" ")
        if who != "=" and who not in people:
            raise ValueError(f"{file}: nobody is called {who!r} there: {raw!r}")
        now += timedelta(seconds=_pause(chance, who, before, said))
        if now <= last:
            raise ValueError(f"{file}: {now} is not after {last}: {raw!r}")
        number, before, last = number + 1, who, now
        yield _line(number, now, who, said)


def _pause(chance: random.Random, who: str, before: str, said: str) -> int:
    """Seconds to a message: the typing of it, and where somebody else spoke before, the reading, too."""
    if who == before:
        return round(chance.uniform(1, 4) + _TYPING * len(said))
    return round(chance.uniform(3, 38) + (_TYPING + _READING) * len(said)) if before else round(chance.uniform(1, 50))


def _line(number: int, at: datetime, who: str, said: str) -> Line:
    if who == "=":
        return Line(number, at, who, "系统", said)
    if mark := _MARK.fullmatch(said):
        return Line(number, at, who, mark[1], mark[3], mark[2])
    answer = _ANSWER.fullmatch(said)
    text = (answer[2] if answer else said).replace("⏎", "\n")
    return Line(number, at, who, "text", text, answers=number - int(answer[1]) if answer else None)
