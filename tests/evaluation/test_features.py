"""What a decision sees of a conversation."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.decision import HISTORY, Heard, features, mentions

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NAMES, OTHERS = ("Nora", "小诺"), ("Tom", "Mei", "小明")


def talk(*said: tuple[str | None, str], seconds: int = 30) -> list[Heard]:
    return [Heard(who, NOW + timedelta(seconds=seconds * number), text) for number, (who, text) in enumerate(said)]


def test_there_are_fifteen_and_each_is_about_0_to_1() -> None:
    histories = [
        talk(("tom", "hi")),
        talk(*[("tom", "x" * 5000)] * 100),
        talk((None, "a"), ("tom", "Nora?"), seconds=100_000),
        talk((None, "a"), ("tom", "Nora?"), seconds=-5),
    ]
    for history in histories:
        seen = features(history, NAMES, OTHERS)
        assert len(seen) == 15
        assert all(0 <= value <= 1 for value in seen.values()), seen


@pytest.mark.parametrize(
    ("text", "addressed", "other"),
    [
        ("Nora: which bulb?", 1, 0),
        ("which bulb, nora", 1, 0),
        ("ignorant", 0, 0),
        ("小诺你来吗", 1, 0),
        ("Tom: which bulb?", 0, 1),
        ("@tom which bulb?", 0, 1),
        ("tom which bulb?", 0, 1),
        ("tomatoes are red", 0, 0),
        ("ask Tom", 0, 0),
        ("小明，你来吗", 0, 1),
        ("小明你来吗", 0, 1),
        ("Tom: ask Nora", 1, 0),
        ("", 0, 0),
    ],
)
def test_to_whom(text: str, addressed: int, other: int) -> None:
    seen = features(talk(("tom", "hi"), ("mei", text)), NAMES, OTHERS)
    assert (seen["addressed"], seen["addressed_other"]) == (addressed, other)


def test_the_platform_knows_better_than_the_words() -> None:
    reply = Heard("mei", NOW, "yes", addressed=True)
    to_tom = Heard("mei", NOW, "yes", addressed_other=True)
    assert features([reply], NAMES)["addressed"] == 1
    assert features([to_tom], NAMES)["addressed_other"] == 1


def test_the_longer_ago_the_subject_spoke_the_less() -> None:
    recency = [
        features(talk((None, "a"), *[("tom", "b")] * number), NAMES)["recency_messages"] for number in (1, 2, 5, 30)
    ]
    assert recency == sorted(recency, reverse=True)
    assert features(talk(("tom", "b")), NAMES)["recency_messages"] == 0
    assert features(talk((None, "a"), ("tom", "b")), NAMES)["spoke_last"] == 1


def test_only_the_last_messages_are_looked_at() -> None:
    long = talk((None, "a"), *[("tom", "Nora: b")] * 200)
    assert features(long, NAMES, OTHERS) == features(long[-HISTORY:], NAMES, OTHERS)


def test_names_with_signs_in_them_are_only_names() -> None:
    assert mentions("a.b", ["a.b"])
    assert not mentions("axb", ["a.b"])
    assert not mentions("anything", [""])
