"""What a decision sees of a conversation."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.features import HISTORY, WIDER, Heard, features, mentions

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NAMES, OTHERS = ("Nora", "小诺"), ("Tom", "Mei", "小明")


def talk(*said: tuple[str | None, str], seconds: int = 30) -> list[Heard]:
    return [
        Heard(who, NOW + timedelta(seconds=seconds * number), text, name=(who or "").title())
        for number, (who, text) in enumerate(said)
    ]


def test_there_are_fifteen_and_ten_more_and_each_is_about_0_to_1() -> None:
    histories = [
        talk(("tom", "hi")),
        talk(*[("tom", "x" * 5000)] * 100),
        talk((None, "a"), ("tom", "Nora?"), seconds=100_000),
        talk((None, "a"), ("tom", "Nora?"), seconds=-5),
    ]
    for history in histories:
        seen = features(history, NAMES, OTHERS)
        assert len(set(seen) - set(WIDER)) == 15
        assert set(WIDER) < set(seen)
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


def test_the_rate_fades_with_time_and_with_what_others_say() -> None:
    lately, long_ago = (features(talk((None, "a"), ("tom", "b"), seconds=gap), NAMES) for gap in (10, 600))
    among_many = features(talk((None, "a"), *[("mei", "x")] * 20, ("tom", "b"), seconds=1), NAMES)
    for name in ("rate_one_minute", "rate_two_minutes", "rate_five_minutes"):
        assert lately[name] > long_ago[name]
        assert lately[name] > among_many[name]
    assert lately["rate_messages"] == long_ago["rate_messages"] > among_many["rate_messages"]
    assert lately["often_lately"] == pytest.approx(1 / 6)
    assert long_ago["often_lately"] == 0


def test_what_went_on_between_the_two() -> None:
    answered = features(talk(("tom", "hm"), (None, "Tom: the red one"), ("tom", "ok")), NAMES)
    other = features(talk(("tom", "hm"), (None, "Mei: the red one"), ("tom", "ok")), NAMES)
    assert (answered["spoke_to_them"], other["spoke_to_them"]) == (1, 0)
    assert answered["pair_recency"] > other["pair_recency"] == 0
    asked = features(talk(("tom", "Nora: which?"), ("mei", "x"), ("tom", "?")), NAMES)
    assert (asked["spoke_to_them"], asked["pair_recency"] > 0) == (0, True)
    helped = features(talk((None, "Tom: the red one"), ("mei", "Tom: no, blue"), ("tom", "ok")), NAMES)
    assert (helped["helped_by_others"], answered["helped_by_others"]) == (1, 0)
    assert features([*talk((None, "a")), Heard("tom", NOW, "b")], NAMES)["spoke_to_them"] == 0, "no name, no guess"
    chinese = [Heard(None, NOW, "小明，红的"), Heard("9", NOW, "好", name="小明")]
    assert features(chinese, NAMES)["spoke_to_them"] == 1


def test_whoever_waits_and_what_is_for_a_machine() -> None:
    waits = features(talk((None, "a"), ("tom", "b"), ("tom", "c"), ("tom", "d")), NAMES)
    assert waits["waiting"] == 0.5
    assert features(talk(("tom", "!help wifi")), NAMES)["command"] == 1
    assert features(talk(("tom", "help!")), NAMES)["command"] == 0


def test_it_takes_no_time() -> None:
    names = [f"Person{number}" for number in range(400)]
    crowd = [
        Heard(name, NOW + timedelta(seconds=number), f"{names[number - 1]}: yes, Nora", name=name)
        for number, name in enumerate(names)
    ]
    began = time.process_time()
    for end in range(HISTORY, 400):
        features(crowd[end - HISTORY : end], NAMES, names)
    assert (time.process_time() - began) / (400 - HISTORY) < 0.01, "about 1 ms on a free core"
