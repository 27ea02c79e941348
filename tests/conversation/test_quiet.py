"""Quiet hours, and what waits too long."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.quiet import end_of_quiet
from tests.conversation.stage import MEI, NORA, OMA, Stage, quick

LATE = "(I was switched off for a while, so this answer comes late.)"
RESTED = "(I keep quiet hours, so this answer comes late.)"


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-03 22:59:59", None),
        ("2026-03-03 23:00:00", "2026-03-04 07:30:00"),
        ("2026-03-04 00:10:00", "2026-03-04 07:30:00"),
        ("2026-03-04 07:29:59", "2026-03-04 07:30:00"),
        ("2026-03-04 07:30:00", None),
        ("2026-03-28 23:30:00", "2026-03-29 07:30:00"),  # the night in which the clocks go forward
    ],
)
def test_the_night_ends_in_the_morning_on_the_personas_clock(at: str, end: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    found = end_of_quiet("23:00-07:30", zone, datetime.fromisoformat(at).replace(tzinfo=zone).astimezone(UTC))
    assert (found and found.astimezone(zone).replace(tzinfo=None)) == (end and datetime.fromisoformat(end))


def test_hours_of_one_day_and_none_at_all() -> None:
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert end_of_quiet("11:00-14:00", UTC, noon) == noon + timedelta(hours=2)
    assert end_of_quiet("13:00-14:00", UTC, noon) is None
    assert end_of_quiet("", UTC, noon) is None


def around_now(before: timedelta, after: timedelta) -> str:
    now = datetime.now(UTC)
    return f"{now - before:%H:%M}-{now + after:%H:%M}"


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


async def test_nothing_is_sent_in_quiet_hours_and_what_came_is_answered_after_them(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(quiet_hours=around_now(hours(4), hours(4))))
    await stage.says(MEI, "are you awake?", ago=timedelta(hours=3))
    await stage.says(OMA, "anyone?", group="g")
    await asyncio.sleep(0.3)
    assert stage.platform.sent == [] and stage.engine.prompts == []
    stage.config = quick(quiet_hours=around_now(hours(4), hours(-0.5)))  # they are over
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == [RESTED, "ok"]
    assert stage.heard("g") == ["ok"]
    stage.journal.close()


async def test_who_waited_for_the_morning_is_told_why_it_comes_late(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(quiet_hours=around_now(hours(6), hours(-0.5)), after_outage="leave"))
    await stage.says(MEI, "are you awake?", ago=timedelta(hours=3))
    await stage.settled()
    assert stage.heard("1") == [RESTED, "ok"], "quiet hours are no outage"
    stage.journal.close()


async def test_a_command_is_obeyed_and_confirmed_at_any_hour(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(quiet_hours=around_now(hours(1), hours(1))))
    await stage.says(MEI, "are you awake?")
    await asyncio.sleep(0.1)
    await stage.says(MEI, "/stop")
    await stage.settled()
    [said] = stage.heard("1")
    assert "I will not answer you any more" in said
    stage.journal.close()


async def test_a_reply_that_could_not_be_sent_in_time_waits_for_the_morning(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(quiet_hours=around_now(hours(1), hours(1))))
    message = await stage.says(MEI, "are you awake?")
    [entry] = stage.journal.pending(message.chat)
    stage.journal.reply(message.chat, [entry.seq], ["yes"], ["an introduction"])
    await asyncio.sleep(0.2)
    assert stage.platform.sent == []
    began = asyncio.get_running_loop().time()
    await stage.conversations.drain(5)
    assert asyncio.get_running_loop().time() - began < 1, "the daemon's end does not wait for it"
    stage.journal.close()


async def test_the_hours_are_those_of_the_personas_zone(tmp_path: Path) -> None:
    persona = replace(NORA, timezone="Asia/Tokyo")  # nine hours ahead
    stage = Stage(tmp_path, quick(quiet_hours=around_now(hours(1), hours(1))), persona=persona)
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == ["ok"]
    stage.journal.close()


# -- after an outage --------------------------------------------------------------------------------------------------


async def test_an_owner_may_leave_what_came_during_an_outage(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(after_outage="leave"))
    await stage.says(MEI, "my train leaves at six", ago=timedelta(hours=5))
    await stage.settled()
    assert stage.platform.sent == []
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == ["ok"]
    assert "my train leaves at six" in stage.engine.prompts[0], "it was read all the same"
    stage.journal.close()


async def test_usually_it_is_answered_with_a_note(stage: Stage) -> None:
    await stage.says(MEI, "my train leaves at six", ago=timedelta(hours=5))
    await stage.settled()
    assert stage.heard("1") == [LATE, "ok"]
