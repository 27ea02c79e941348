"""When the avatar may begin: at the person's hours, as seldom as they did, and not to those who do not answer."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config import SpeakFirstConfig
from bot.conversation.initiative.habit import Habit
from bot.conversation.initiative.plan import History, Moment, Plan
from bot.persona import Day

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVENINGS = tuple(0.25 if hour in (18, 19, 20, 23) else 0.0 for hour in range(24))
WEEKEND = (0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5)
PLAN = Plan(Habit(1.5, 9, EVENINGS, WEEKEND), SpeakFirstConfig(), timedelta(hours=1), UTC)
SPOKEN = History((), NOW - 9 * DAY, NOW - 9 * DAY)


def moments(plan: Plan, history: History = SPOKEN, number: int = 100) -> list[Moment]:
    chance = random.Random(4)
    found = [plan.next_moment(history, NOW, chance) for _ in range(number)]
    return [moment for moment in found if moment is not None]


def test_it_comes_at_the_hours_and_on_the_days_of_the_person_and_never_at_night() -> None:
    found = [moment.at for moment in moments(PLAN)]
    assert {at.hour for at in found} == {18, 19, 20}, "23 is past what the owner leaves"
    assert {at.weekday() for at in found} == {5, 6}
    assert all((at + timedelta(minutes=15)).hour < 21 for at in found)


def test_the_hours_are_told_where_the_person_lived() -> None:
    there = replace(PLAN, zone=ZoneInfo("Asia/Kathmandu"))  # three quarters of an hour off
    found = [moment.at.astimezone(there.zone) for moment in moments(there)]
    assert {at.hour for at in found} == {18, 19, 20} and {at.weekday() for at in found} == {5, 6}


@pytest.mark.parametrize(
    "again", [timedelta(weeks=99), timedelta(days=3)], ids=["asked once", "restarted every 3 days"]
)
def test_it_begins_as_often_as_the_person_did_in_those_hours(again: timedelta) -> None:
    chance, now, begun = random.Random(4), NOW, 0
    while begun < 200:
        moment = PLAN.next_moment(SPOKEN, now, chance)
        assert moment is not None
        begun += moment.at <= now + again
        now = min(moment.at, now + again)
    left_by_the_owner = 3 / 4  # hours: 23 is too late
    assert begun / ((now - NOW) / timedelta(weeks=1)) == pytest.approx(1.5 * left_by_the_owner, rel=0.15)


def test_not_while_a_dialogue_goes_on() -> None:
    talking = replace(SPOKEN, last=NOW - timedelta(minutes=20))
    assert PLAN.earliest(talking, NOW) == NOW + timedelta(minutes=40)


def test_after_one_without_an_answer_it_waits_and_after_two_until_they_write() -> None:
    one = replace(SPOKEN, openings=(NOW - DAY,))
    assert PLAN.earliest(one, NOW) == NOW + 4 * DAY
    two = replace(SPOKEN, openings=(NOW - 8 * DAY, NOW - DAY))
    assert PLAN.earliest(two, NOW) is None and moments(PLAN, two) == []
    assert PLAN.earliest(two, NOW + 900 * DAY) is None
    assert PLAN.earliest(replace(two, heard=NOW), NOW + 9 * DAY) is not None, "they wrote"


def test_not_oftener_than_the_owner_says_nor_than_the_person_did() -> None:
    answered = replace(SPOKEN, heard=NOW)
    twice = replace(answered, openings=(NOW - 3 * DAY, NOW - 2 * DAY))
    start = PLAN.earliest(twice, NOW)
    assert start is not None and NOW + 4 * DAY <= start < NOW + 5 * DAY
    six = replace(answered, openings=tuple(NOW - days * DAY for days in (26, 22, 18, 15, 12, 9)))
    start = PLAN.earliest(six, NOW)
    assert PLAN.habit.most_in_four_weeks == 6 and start is not None and NOW + 2 * DAY <= start < NOW + 3 * DAY


def test_where_the_owner_leaves_no_hour_of_the_person_there_is_none() -> None:
    mornings = replace(PLAN, limits=SpeakFirstConfig(from_hour=6, until_hour=11))
    assert moments(mornings) == []


BIRTHDAY = Day("mei", (6, 3), "birthday")


def test_on_a_birthday_it_begins_at_an_hour_of_the_person_whatever_day_it_is() -> None:
    found = [moment for moment in moments(replace(PLAN, days=(BIRTHDAY,))) if moment.occasion]
    assert len(found) == 100 and {moment.at.date() for moment in found} == {datetime(2026, 6, 3).date()}
    assert {moment.at.hour for moment in found} == {18, 19, 20} and {moment.occasion for moment in found} == {
        "birthday"
    }


def test_but_once_and_within_the_limits() -> None:
    plan = replace(PLAN, days=(BIRTHDAY,))
    begun = replace(
        SPOKEN, openings=(datetime(2026, 6, 3, 18, 5, tzinfo=UTC),), heard=datetime(2026, 6, 3, 18, 9, tzinfo=UTC)
    )
    later = datetime(2026, 6, 3, 19, 30, tzinfo=UTC)
    following = plan.next_moment(begun, later, random.Random(1))
    assert following is not None and not following.occasion
    silent = replace(SPOKEN, openings=(NOW - 9 * DAY + DAY / 2, NOW - DAY))
    assert moments(plan, silent) == [], "nobody who does not answer is congratulated"


def test_a_leap_day_is_kept_each_year() -> None:
    day = Day("mei", (2, 29), "birthday")
    assert day.next(datetime(2027, 1, 1).date()) == datetime(2027, 2, 28).date()
    assert day.next(datetime(2028, 2, 29).date()) == datetime(2028, 2, 29).date()
    assert day.next(datetime(2027, 3, 1).date()) == datetime(2028, 2, 29).date()


def test_in_quiet_hours_nothing_is_begun() -> None:
    quiet = replace(PLAN, quiet_hours="19:00-07:00", days=(BIRTHDAY,))
    assert {moment.at.hour for moment in moments(quiet)} == {18}
    assert {moment.at.hour for moment in moments(replace(quiet, days=()), number=30)} == {18}
