"""Chinese conversations, of files of KdConv or Xpersona, made more like a messenger's, as dialogues to learn from.

KdConv (Zhou et al. 2020) and the Chinese part of Xpersona (Lin et al. 2020), a conversation a line, two people taking
turns: {"turns": [text, …]} and more that is not read. They tell neither names nor times, which are made up, and are
written in whole sentences: some of the people made up send each of them as a message of its own, and most end none
with a full stop.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec
from bot.message import ChatKind
from bot.persona import Persona
from training.data.dialogues import Dialogue
from training.recipes.talk.conversations import cut, told

_NAMES = (
    "小敏", "阿杰", "晓雯", "子涵", "老周", "阿伟", "小雨", "佳佳", "浩然", "婷婷", "大鹏", "思思", "欣怡", "志强",
    "小北", "可可", "阿宁", "明明", "雪儿", "俊杰", "小七", "文博", "丽丽", "阿豪",
)  # fmt: skip
_RELATIONSHIPS = ("friend", "friend", "classmate", "acquaintance", "colleague")

_LONGEST = 60
"""Characters of a turn. Of KdConv's one in sixty has more, mostly a paragraph out of an encyclopaedia; the talk goes on
behind it as another."""

_SPLITS = (0.0, 0.5, 1.0)  # of the ends of sentences within a turn, those where the next message begins
_STOPS = 0.25  # of the people, those who end messages with a full stop

_SPACE = re.compile(r"\s+(?=[，。！？、；：])|(?<=[，。！？、；：])\s+|\u200b")
_SENTENCE = re.compile(r"(?<=[。！？])(?=[\w《“])")
_OWN_NAME = re.compile(r"(?:我叫|我的名字[是叫])(?![他她它你什])([\u4e00-\u9fff·]{2,8})")


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody made up, who writes alike throughout a talk. split: how likely a sentence begins a message."""

    name: str
    split: float
    stops: bool

    def bubbles(self, text: str, draw: random.Random) -> tuple[Bubble, ...]:
        parts = [""]
        for sentence in _SENTENCE.split(text):
            if parts[-1] and draw.random() < self.split:
                parts.append("")
            parts[-1] += sentence
        return tuple(Bubble(one if self.stops else one.removesuffix("。")) for one in parts)


def read_chinese(path: Path, codec: Codec, length: int, seed: int) -> Iterator[list[Dialogue]]:
    """Yields the dialogues of each talk, of at most so many tokens. One of the two, by chance, is who is learnt from.

    Raises DataError where the file is another.
    """
    draw = random.Random(f"{seed} talks in Chinese")
    with told(path) as talks:
        for talk in talks:
            scene, stretches = _talk(talk, draw)
            yield [dialogue for turns in stretches for dialogue in cut("talk", scene, turns, codec, length)]


def _talk(said: Sequence[str], draw: random.Random) -> tuple[Scene, list[list[Turn]]]:
    """Returns the talk in the stretches that nothing is left out of."""
    names = draw.sample(_NAMES, 2)
    people = [_Person(name, draw.choice(_SPLITS), draw.random() < _STOPS) for name in names]
    subject = draw.randrange(2)
    partner = Speaker(names[1 - subject], draw.choice(_RELATIONSHIPS))
    scene = Scene(Persona(names[subject], language="zh"), ChatKind.PRIVATE, partner)
    at = datetime(2016, 1, 1, tzinfo=UTC) + timedelta(draw.randrange(3650), minutes=draw.randrange(8 * 60, 23 * 60))
    stretches: list[list[Turn]] = [[]]
    for number, text in enumerate(_renamed(said, names)):
        at += timedelta(minutes=draw.expovariate(1 / 2))
        if len(text) > _LONGEST:
            stretches.append([])
        elif text.strip("。"):
            bubbles = people[number % 2].bubbles(text, draw)
            stretches[-1].append(Turn(None if number % 2 == subject else partner, bubbles, at))
    return scene, stretches


def _renamed(said: Sequence[str], names: Sequence[str]) -> list[str]:
    """Returns the talk without needless spaces and the polite 您, which translators wrote and friends don't.

    Who tells a name tells the one made up, and is called by it.
    """
    texts = [_SPACE.sub("", text).strip().replace("您", "你") for text in said]
    for number, text in enumerate(texts):
        for found in _OWN_NAME.findall(text):
            texts = [one.replace(found, names[number % 2]) for one in texts]
    return texts
