"""It answers after as long as the person did, and with their pauses, where the owner wants that."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.manners import Manners
from bot.conversation.pace import Pace, Spread, pace_of
from bot.message import Account, Chat, ChatKind, Message
from bot.people import Contact, People
from bot.store.past import Past
from tests.conversation.stage import MEI, NORA, OMA, Stage, quick
from tests.dialogues.log import IDS, Log

HOUR = timedelta(hours=1)
NIGHT, NOON = 2, 12
PEOPLE = People.of(
    (
        Contact("mei", "Mei", "friend", (MEI, Account("telegram", IDS["Mei"]))),
        Contact("oma", "Oma", "elder", (OMA, Account("telegram", IDS["Gran"]))),
    ),
    (Account("telegram", IDS["Nora"]), Account("stage", "7")),
)
PRIVATE = Chat("stage", "1", ChatKind.PRIVATE)


def talk(hour: int, delay: float, pause: float, days: int = 30) -> list[Message]:
    """Each day Mei asks once, and the subject answers in two messages."""
    told: list[Message] = []
    for day in range(days):
        at = datetime(2026, 3, 1, hour, 0, 5, tzinfo=UTC) + timedelta(days=day)
        for who, seconds in ((MEI, 0.0), (None, delay), (None, delay + pause)):
            told.append(Message(PRIVATE, "", who, "", at + timedelta(seconds=seconds), "hm"))
    return told


def test_delays_are_learnt_by_the_hour_and_pauses_of_all_of_it() -> None:
    pace = pace_of([[*talk(NIGHT, 600, 9), *talk(NOON, 20, 3)]], UTC, HOUR)
    night, noon, evening = (pace.delay(hour) for hour in (NIGHT, NOON + 1, 19))
    assert night and noon and evening and pace.pauses
    assert night.at(0.5) == 600 and noon.at(0.5) == 20, "an hour around counts"
    assert 20 <= evening.at(0.5) <= 600, "of which nothing is known"
    assert pace.pauses.seconds == (3, 3, 9, 9, 9)


def test_what_was_said_next_day_is_no_answer_and_a_little_is_no_habit() -> None:
    assert pace_of([talk(NOON, 5 * 3600, 3)], UTC, HOUR).delays is None
    assert pace_of([talk(NOON, 20, 3, days=5)], UTC, HOUR) == Pace()


def test_times_without_seconds_tell_no_pace() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    told = [Message(PRIVATE, "", who, "", at + n * HOUR / 60) for n, who in enumerate((MEI, None) * 40)]
    assert pace_of([told], UTC, HOUR) == Pace()


def test_one_night_of_silence_changes_little() -> None:
    spread = Spread.of([30.0] * 40 + [3000.0])
    assert spread and max(spread.at(share / 100) for share in range(101)) == 30


def test_between_what_is_known_it_goes_straight() -> None:
    spread = Spread((10, 20, 40, 80, 160))
    assert [spread.at(share) for share in (0, 0.1, 0.375, 0.5, 0.9, 1)] == [10, 10, 30, 40, 160, 160]


def test_what_is_left_of_a_delay_after_what_has_passed_and_within_what_the_owner_allows() -> None:
    pace = pace_of([talk(NOON, 40, 3)], UTC, HOUR)
    assert pace.delay_left(NOON, 0.5, longest=300, waited=10) == 30
    assert pace.delay_left(NOON, 0.5, longest=25, waited=10) == 15
    assert pace.delay_left(NOON, 0.5, longest=300, waited=90) == 0
    assert Pace().delay_left(NOON, 0.5, longest=300, waited=0) == 0


# -- from the corpus --------------------------------------------------------------------------------------------------


def exchange(who: str, month: int, day: int, seconds: int) -> tuple[str, str, str]:
    answer = f"12:00:{seconds:02}" if seconds < 60 else f"12:{seconds // 60:02}:{seconds % 60:02}"
    after = f"12:{seconds // 60:02}:{seconds % 60 + 2:02}"
    return f"{month}/{day} 12:00:00 {who}: {day}?", f"{answer} Nora: hm", f"{after} Nora: yes"


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """To Mei the person answered within a second or so, to her grandmother after three minutes."""
    log = Log(tmp_path)
    log.private("Mei", *(line for day in range(1, 29) for line in exchange("Mei", 3, day, 1)))
    log.private("Gran", *(line for day in range(1, 29) for line in exchange("Gran", 3, day, 180)))
    log.corpus()
    log.close()
    return Past(tmp_path / "corpus.sqlite")


@pytest.fixture
async def stage(tmp_path: Path, past: Past) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path, quick(pace="person", longest_delay_seconds=120), PEOPLE)
    yield stage
    await stage.conversations.drain(0)
    stage.journal.close()


async def test_each_contact_has_their_own_and_a_stranger_that_of_all(stage: Stage, past: Past) -> None:
    manners = Manners(past, NORA, stage.journal, HOUR)
    now = datetime.now(UTC)
    found = {who: await manners.pace(PRIVATE, who, PEOPLE, now) for who in (MEI, OMA, Account("stage", "50"))}
    delays = [pace.delays.seconds if pace.delays else () for pace in found.values()]
    assert delays == [(1, 1, 1, 1, 1), (180,) * 5, (1, 1, 180, 180, 180)]


async def test_nothing_is_learnt_of_who_asked_to_be_forgotten(stage: Stage, past: Past) -> None:
    stage.journal.forget(OMA, 1)
    pace = await Manners(past, NORA, stage.journal, HOUR).pace(PRIVATE, OMA, PEOPLE, datetime.now(UTC))
    assert pace.delays and pace.delays.seconds == (1, 1, 1, 1, 1), "only Mei's chat is left"


async def test_an_answer_is_delayed_as_the_persons_were_and_what_comes_meanwhile_joins(stage: Stage) -> None:
    began = time.monotonic()
    await stage.says(MEI, "are you coming?")
    await asyncio.sleep(0.3)
    await stage.says(MEI, "to the lake")
    await stage.settled()
    assert time.monotonic() - began > 1
    assert len(stage.engine.prompts) == 1 and "to the lake" in stage.engine.prompts[0]
    assert stage.heard("1") == ["ok"]


async def test_the_owner_says_how_long_it_may_take(stage: Stage) -> None:
    stage.conversations.avatar.config = quick(pace="person", longest_delay_seconds=0)
    await stage.says(OMA, "are you coming?")
    await stage.settled(2)
    assert stage.heard("2") == ["ok"]


async def test_what_has_waited_already_waits_no_longer(stage: Stage) -> None:
    await stage.says(OMA, "are you coming?", ago=timedelta(minutes=10))
    await stage.settled(2)
    assert stage.heard("2") == ["ok"]


async def test_a_command_is_confirmed_during_the_delay(stage: Stage) -> None:
    await stage.says(OMA, "are you coming?")
    await asyncio.sleep(0.2)
    await stage.says(OMA, "/stop")
    await stage.settled(2)
    assert "I will not answer you any more" in stage.heard("2")[0] and not stage.engine.prompts


async def test_its_messages_come_with_the_persons_pauses(stage: Stage) -> None:
    stage.conversations.avatar.config = quick(pace="person", max_pause_seconds=0.4)
    stage.engine.say = lambda prompt: "yes\non my way"
    await stage.says(MEI, "are you coming?")
    await stage.until(lambda: stage.heard("1"))
    first = time.monotonic()
    await stage.settled()
    assert time.monotonic() - first > 0.3 and stage.heard("1") == ["yes", "on my way"]


async def test_usually_it_comes_as_fast_as_it_is_typed(stage: Stage) -> None:
    stage.conversations.avatar.config = quick()
    await stage.says(OMA, "are you coming?")
    await stage.settled(2)
    assert stage.heard("2") == ["ok"]
