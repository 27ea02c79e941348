import pytest

from adapters.telegram.text import LIMIT, split, utf16


def test_a_short_text_stays_whole() -> None:
    assert split("hi\nthere") == ["hi\nthere"]
    assert split("a" * LIMIT) == ["a" * LIMIT]


@pytest.mark.parametrize("text", ["", "  \n ", "\u3000"])
def test_spaces_alone_are_nothing(text: str) -> None:
    assert split(text) == []


def test_ten_thousand_emoji_lose_none() -> None:
    parts = split("😀" * 10_000)
    assert "".join(parts) == "😀" * 10_000
    assert [utf16(part) for part in parts] == [4096, 4096, 4096, 4096, 3616]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three four", ["one two", "three four"]),
        ("我们去山里。好的吧。明天见", ["我们去山里。好的吧。", "明天见"]),
        ("abc\ndef ghi jkl", ["abc\ndef ghi", "jkl"]),
        ("first par\n\nsecond", ["first par", "second"]),
    ],
)
def test_it_is_cut_where_it_breathes(text: str, expected: list[str]) -> None:
    assert split(text, 11) == expected


@pytest.mark.parametrize("unit", ["👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "é", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_no_emoji_is_cut_in_two(unit: str) -> None:
    for limit in range(utf16(unit) + 1, 3 * utf16(unit) + 3):
        for part in split(unit * 20, limit):
            assert part.replace(unit, "") == "", f"cut inside at {limit}"


def test_what_cannot_be_cut_well_is_cut_anyhow() -> None:
    text = "e" + "\u0301" * 500
    parts = split(text, 100)
    assert "".join(parts) == text
    assert all(utf16(part) <= 100 for part in parts)


def test_half_a_surrogate_pair_does_not_stop_a_message() -> None:
    assert split("a\ud83d") == ["a\ufffd"]
    assert split("\ud83d\ude00") == ["😀"]
