"""Private conversations of many people, from a file of the chitchat dataset, as dialogues to learn from.

BYU-PCCL, chitchat-dataset 0.9.0 (Myers, Etchart, Fulda 2020), a conversation a line:
{"start": …, "turns": [[person, [[time, text], …]], …]}.
"""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec
from bot.chat.prompt.render import render, turn_tokens
from bot.errors import DataError
from bot.message import ChatKind
from bot.persona import Persona
from training.data.dialogues import Dialogue
from training.data.redaction import redacted

_NAMES = (
    "Mira", "Tom", "Sam", "Ana", "Alex", "Jo", "Ben", "Kim", "Leo", "Ida", "Lou", "Max", "Eva", "Noa", "Ruth", "Omar",
    "Lena", "Paul", "Yuki", "Carla", "Hugo", "Vera", "Nils", "Zoe",
)  # fmt: skip
_RELATIONSHIPS = ("friend", "friend", "classmate", "acquaintance")
"""Who talks so with whom: students, who mostly met through the study."""

_CARRIED = 6  # turns shown again where a long talk is cut


def read_talks(path: Path, codec: Codec, length: int, seed: int) -> Iterator[list[Dialogue]]:
    """Yields the dialogues of each talk, of at most so many tokens. One of the two, by chance, is who is learnt from.

    Their `chat` names the two by their numbers in the file, who is learnt from first: `258:12`. Raises DataError where
    the file is another.
    """
    draw = random.Random(f"{seed} talks")
    with told(path) as talks:
        for talk in talks:
            yield list(cut(*_talk(talk, draw), codec, length))


@contextmanager
def told(path: Path) -> Iterator[Iterator[Any]]:
    """Opens a file of talks, of which it gives the turns of each. What fails in reading them becomes a DataError."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield (json.loads(line)["turns"] for line in lines)
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path} cannot be read as a file of talks ({type(error).__name__}: {error}).") from error


def _talk(told: Sequence[tuple[int, Sequence[tuple[str, str]]]], draw: random.Random) -> tuple[str, Scene, list[Turn]]:
    own, other = draw.sample(_NAMES, 2)
    people = sorted({person for person, _ in told})
    subject = draw.choice(people)
    partner = Speaker(other, draw.choice(_RELATIONSHIPS))
    scene = Scene(Persona(own, language="en"), ChatKind.PRIVATE, partner)
    turns = []
    for person, said in told:
        bubbles = tuple(Bubble(text.strip()) for _, text in said if text.strip())
        if bubbles:
            at = datetime.fromisoformat(said[0][0].replace("Z", "+00:00")).astimezone(UTC)
            turns.append(Turn(None if person == subject else partner, bubbles, at))
    return f"{subject}:{sum(people) - subject}", scene, turns


def cut(chat: str, scene: Scene, turns: Sequence[Turn], codec: Codec, length: int) -> Iterator[Dialogue]:
    """Yields the dialogues of so many tokens at most that a talk is cut into."""
    room = length - len(render(scene, (), codec).ids) - 32  # for a date more, and the month
    start, context = 0, 0
    while start + context < len(turns):
        size, end = 0, start
        while end < len(turns):
            size += turn_tokens(scene, turns[end], turns[end - 1] if end > start else None, codec)
            if size > room:
                break
            end += 1
        if end <= start + context:  # a turn that is too long is left out
            start, context = start + context + 1, 0
            continue
        shown = tuple(turns[start:end])
        if any(turn.speaker is None for turn in shown[context:]):
            day, nothing = shown[context].at.date(), (0,) * len(shown)
            counts: Counter[str] = Counter()
            yield redacted(Dialogue(chat, scene, shown, context, day, (False,) * len(shown), nothing), counts)
        context = min(_CARRIED, end - start - 1) if end < len(turns) else 0
        start = end - context
