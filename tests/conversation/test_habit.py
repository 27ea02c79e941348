"""How somebody used to begin is learnt from the chats that they began."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.initiative.habit import FEWEST, Habit, habit_of
from bot.message import Chat, ChatKind, Message
from tests.conversation.stage import MEI

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)


def said(*lines: tuple[str, datetime]) -> list[Message]:
    chat = Chat("stage", "1", ChatKind.PRIVATE)
    return [Message(chat, "", None if who == "Nora" else MEI, who, at, "hi") for who, at in sorted(lines, key=_at)]


def _at(line: tuple[str, datetime]) -> datetime:
    return line[1]


def habit(*lines: tuple[str, datetime], zone: str = "UTC") -> Habit | None:
    return habit_of(said(*lines), HOUR, ZoneInfo(zone))


def weekly(number: int, who: str = "Nora", since: datetime = MONDAY) -> list[tuple[str, datetime]]:
    return [(who, since + timedelta(weeks=week)) for week in range(number)]


def test_a_beginning_is_the_first_word_after_a_silence() -> None:
    answers = [("Mei", at + timedelta(minutes=50)) for _, at in weekly(9)]
    more = [("Nora", at + timedelta(minutes=100)) for _, at in weekly(9)]
    found = habit(*weekly(9), *answers, *more)
    assert found is not None and found.starts_a_week == pytest.approx(9 / 8, rel=0.01)
    assert found.hours[20] == found.days[0] == 1.0 and found.most == 4


def test_what_the_other_began_is_no_habit() -> None:
    assert habit(*weekly(20, "Mei"), *[("Nora", at + timedelta(minutes=5)) for _, at in weekly(20)]) is None


def test_a_few_beginnings_are_no_habit() -> None:
    assert habit(*weekly(FEWEST - 1)) is None and habit(*weekly(FEWEST)) is not None
    assert habit() is None


def test_the_hours_are_those_where_the_subject_lives() -> None:
    found = habit(*weekly(6), zone="Asia/Shanghai")
    assert found is not None and found.hours[4] == 1.0 and found.days[1] == 1.0, "there it was Tuesday morning"


def test_a_busy_week_is_no_rate_of_a_life() -> None:
    """Six beginnings in six days are six in four weeks, for nobody knows of the other three."""
    found = habit(*[("Nora", MONDAY + timedelta(days=day)) for day in range(6)])
    assert found is not None and found.starts_a_week == 1.5 and found.most_in_four_weeks == 6


def test_it_is_never_oftener_than_in_any_four_weeks() -> None:
    seldom = habit(*weekly(5), *[("Mei", MONDAY + timedelta(weeks=week, days=3)) for week in range(52)])
    assert seldom is not None and seldom.most == 4 and seldom.most_in_four_weeks == 1
