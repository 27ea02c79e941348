"""Two bots that answer one another come to an end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.loops import IN_A_ROW
from tests.conversation.stage import MEI, NOBODY, Stage, quick


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path, quick(answer_bots=True))
    stage.engine.say = lambda prompt: "so you say\nbut why"
    yield stage
    await stage.conversations.drain(0)
    stage.journal.close()


async def beeps(stage: Stage, times: int, group: str | None = None) -> None:
    for number in range(times):
        await stage.says(NOBODY, f"beep {number}", group=group, from_bot=True)
        await stage.settled()


@pytest.mark.parametrize("group", ["g", None])
async def test_after_some_rounds_it_stops_and_still_reads(stage: Stage, group: str | None) -> None:
    await beeps(stage, 12, group)
    assert len(stage.heard(group or "99")) == 2 * IN_A_ROW and len(stage.engine.prompts) == IN_A_ROW


async def test_a_persons_word_begins_anew(stage: Stage) -> None:
    await beeps(stage, 8, "g")
    await stage.says(MEI, "stop it, you two", group="g")
    await stage.settled()
    assert "beep 7" in stage.engine.prompts[-1], "what it did not answer it has read"
    assert len(stage.heard("g")) == 2 * IN_A_ROW + 2, "and Mei is answered"
    await beeps(stage, 8, "g")
    assert len(stage.heard("g")) == 2 * (IN_A_ROW + 1 + IN_A_ROW - 1), "the reply to her counts, too"


async def test_an_hour_later_it_may_again(stage: Stage) -> None:
    await beeps(stage, 8)
    with stage.journal._change() as db:
        db.execute("UPDATE entries SET at = at - 3700")
    await beeps(stage, 1)
    assert len(stage.heard("99")) == 2 * (IN_A_ROW + 1)


async def test_people_are_answered_as_often_as_they_write(stage: Stage) -> None:
    for number in range(IN_A_ROW + 2):
        await stage.says(MEI, f"and {number}?")
        await stage.settled()
    assert len(stage.heard("1")) == 2 * (IN_A_ROW + 2)
