"""How many dialogues are read: as many as are asked for where they are short, fewer where they are long."""

from datetime import UTC, datetime
from itertools import pairwise

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.message import ChatKind
from bot.persona import Persona
from training.data.dialogues import Dialogue
from training.evaluation.limits import FULL, MESSAGES, some_to_read

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
SCENE = Scene(Persona("Nora"), ChatKind.GROUP, title="Climbers")


def dialogues(number: int, messages: int) -> list[Dialogue]:
    """Of two messages a turn."""
    turns = tuple(Turn(Speaker("Tom", "friend"), (Bubble("a"), Bubble("b")), AT) for _ in range(messages // 2))
    silent, nothing = (False,) * len(turns), (0,) * len(turns)
    return [Dialogue(f"chat {one}", SCENE, turns, 0, AT.date(), silent, nothing) for one in range(number)]


def test_short_ones_are_all_read_that_are_asked_for() -> None:
    assert len(some_to_read(dialogues(300, 14), FULL.read)) == FULL.read
    assert len(some_to_read(dialogues(90, 14), None)) == 90


def test_of_long_ones_fewer_are_read_evenly_spread() -> None:
    found = some_to_read(dialogues(106, 50), FULL.read)
    assert len(found) == MESSAGES // 50
    numbers = [int(one.chat.removeprefix("chat ")) for one in found]
    assert {after - before for before, after in pairwise(numbers)} == {2, 3}


def test_one_is_read_however_long_and_none_where_there_are_none() -> None:
    assert len(some_to_read(dialogues(3, 9000), FULL.read)) == 1
    assert some_to_read([], FULL.read) == []
