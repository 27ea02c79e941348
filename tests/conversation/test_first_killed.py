"""Killed at any point while the avatar begins a dialogue: begun once or not at all, and never hours later."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import disclosure
from bot.clock import Clock
from bot.conversation.initiative.plan import Opening
from bot.errors import PassingError
from bot.message import Chat, ChatKind
from tests.conversation.lifetime import Hands
from tests.conversation.stage import MEI, NORA, QUICK, Stage, StagePlatform

CHAT = Chat("stage", "1", ChatKind.PRIVATE)
WHOLE = [disclosure.began(NORA, "en", ""), "hey", "guess what"]


class Life:
    """How many more calls of the database and the platform the process lives to see; None: it lives on."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.calls = 0

    def step(self) -> None:
        self.calls += 1
        if self.left == 0:
            raise PassingError("It is dead, and whatever it does now is of no effect.")
        if self.left is not None:
            self.left -= 1


class Mortal:
    """A connection to the journal that works while the process lives. What was not committed is not there after."""

    def __init__(self, real: sqlite3.Connection, life: Life) -> None:
        self._real, self._life = real, life

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        self._life.step()
        return self._real.execute(*statement)

    def executemany(self, *statement: Any) -> sqlite3.Cursor:
        self._life.step()
        return self._real.executemany(*statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class HonestPlatform(StagePlatform):
    """Tells what arrived. The process may die before a bubble goes out, or before it hears that it did."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life = life

    async def send(self, chat: Chat, text: str, key: str) -> str:
        self.life.step()
        sent = await super().send(chat, text, key)
        self.life.step()
        return sent

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> bool:
        return key in self.keys


async def begun(folder: Path, dies_after: int | None, late: timedelta) -> tuple[list[str], int, int]:
    """What Mei got, how many dialogues the journal says were begun, and how many calls that took."""
    folder.mkdir()  # noqa: ASYNC240
    life, hands = Life(), Hands()
    stage = Stage(folder, QUICK, platform=HonestPlatform(life), clock=Clock(hands))
    await stage.says(MEI, "hello?")
    await stage.settled()
    stage.engine.say = lambda prompt: "hey\nguess what"
    stage.journal._db = Mortal(stage.journal._db, life)  # type: ignore[assignment]
    hands.at += timedelta(hours=9)
    before, life.left = life.calls, dies_after
    stage.conversations.begin(CHAT, Opening(MEI, hands.at + timedelta(minutes=15)))
    worker = stage.conversations._workers[CHAT.key]
    await stage.until(lambda: not worker.busy or life.left == 0)
    calls = life.calls - before
    life.left = 0
    stage.journal._db.close()
    await stage.conversations.drain(0)
    life.left = None
    hands.at += late
    await stage.die()
    await stage.settled()
    [[openings]] = stage.journal._read("SELECT count(*) FROM openings")
    stage.journal.close()
    return stage.heard("1")[1:], openings, calls


async def test_it_is_begun_once_or_not_at_all(tmp_path: Path) -> None:
    heard, openings, calls = await begun(tmp_path / "alive", None, timedelta(minutes=1))
    assert heard == WHOLE and openings == 1 and calls > 30
    found = [await begun(tmp_path / str(point), point, timedelta(minutes=1)) for point in range(0, calls, 2)]
    assert [one for one in found if one[:2] not in (([], 0), (WHOLE, 1))] == []
    assert found[0][0] == [] and found[-1][0] == WHOLE


async def test_what_is_left_hours_later_is_not_sent(tmp_path: Path) -> None:
    _, _, calls = await begun(tmp_path / "alive", None, timedelta(hours=9))
    for point in range(1, calls, 4):
        heard, openings, _ = await begun(tmp_path / str(point), point, timedelta(hours=9))
        assert heard == WHOLE[: len(heard)] and openings <= 1
