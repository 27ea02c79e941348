"""Train, judge and test by time, in whole days."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.errors import DataError
from tests.dialogues.log import PEOPLE, Log
from training.data.splits import Split, Splits

DAYS = [date(2026, 1, 1) + timedelta(days=3 * number) for number in range(20)]


def test_sixty_twenty_twenty() -> None:
    splits = Splits.of(reversed(DAYS + DAYS))
    assert [splits.split_of(day) for day in DAYS] == [Split.TRAIN] * 12 + [Split.VALIDATION] * 4 + [Split.TEST] * 4


def test_a_day_between_belongs_to_the_split_before() -> None:
    splits = Splits.of(DAYS)
    assert splits.split_of(DAYS[12] - timedelta(days=1)) is Split.TRAIN
    assert splits.split_of(DAYS[-1] + timedelta(days=99)) is Split.TEST


@pytest.mark.parametrize("number", [3, 4, 5, 7])
def test_a_few_days_are_enough_for_each(number: int) -> None:
    splits = Splits.of(DAYS[:number])
    assert {splits.split_of(day) for day in DAYS[:number]} == set(Split)


def test_too_few_days_say_what_to_do() -> None:
    with pytest.raises(DataError, match=r"2 different day.*at least 3"):
        Splits.of(DAYS[:2])


def test_days_are_those_of_the_chosen_zone() -> None:
    shanghai = Splits.of(DAYS, timezone(timedelta(hours=8)))
    late = datetime(2026, 2, 5, 17, 0, tzinfo=UTC)
    assert (shanghai.day_of(late), Splits.of(DAYS).day_of(late)) == (date(2026, 2, 6), date(2026, 2, 5))


def test_only_days_on_which_the_subject_wrote_count(log: Log) -> None:
    log.private("Mei", "3/1 18:00 Mei: a", *[line for day in (2, 3, 4) for line in (f"3/{day} 18:00 Nora: b",)])
    assert Splits.of_corpus(log.corpus(), PEOPLE).days == tuple(date(2026, 3, day) for day in (2, 3, 4))
