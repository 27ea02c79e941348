"""Words are found again in another spelling, and Chinese words wherever they stand."""

import pytest

from bot.memory.terms import terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the EXAM", "exams!"),
        ("I was baking", "you baked it"),
        ("running late", "run"),
        ("Zoë's café", "zoe cafe"),
        ("ＡＢＣ", "abc"),
        ("我明天考试", "考试怎么样"),
        ("去西湖了吗", "西湖"),
        ("서울에", "서울"),
    ],
)
def test_they_have_a_term_in_common(one: str, other: str) -> None:
    assert set(terms(one)) & set(terms(other))


@pytest.mark.parametrize(
    "text", ["", "   ", "😂🎉", "what do you want to do?", "什么 现在", "a", "好", "\ud800", "\ue000 1"]
)
def test_what_is_in_everything_is_none(text: str) -> None:
    assert terms(text) == []


def test_who_pastes_a_book_fills_nothing() -> None:
    assert len(terms("word0 " + " ".join(f"word{number}" for number in range(100_000)))) == 200
    assert len(terms("长" * 100_000)) == 200
