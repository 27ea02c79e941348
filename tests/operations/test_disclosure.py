"""What the avatar says of itself."""

import pytest

from bot import disclosure
from bot.persona import Persona

MEI = Persona("Mei", language="zh")
TOM = Persona("Tom", language="en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hi, are you there?", "en"),
        ("在吗", "zh"),
        ("今天用 Python 写了个 bot 好玩", "zh"),
        ("lol 哈 that was really funny you know", "en"),
        ("", "zh"),
        ("👍👍 123", "zh"),
        ("𠮷野家", "zh"),
        ("мы тут", "en"),
    ],
)
def test_the_contacts_language_is_taken_from_what_they_wrote(text: str, language: str) -> None:
    assert disclosure.language_of(text, MEI) == language


def test_where_nothing_tells_the_persona_decides() -> None:
    assert disclosure.language_of("!!", TOM) == "en"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_introduction_says_what_it_is_and_what_one_can_ask_for(language: str) -> None:
    text = disclosure.introduction(MEI, language)
    assert "Mei" in text and "{" not in text
    assert all(command in text for command in ("/stop", "/start", "/forget"))
    assert (
        ("I am not Mei" in text and " AI " in text)
        if language == "en"
        else ("不是Mei本人" in text and "人工智能" in text)
    )


def test_every_text_is_there_in_both_languages() -> None:
    says = (disclosure.late, disclosure.stopped, disclosure.started, disclosure.forgotten, disclosure.left_alone)
    for say in says:
        english, chinese = say(TOM, "en"), say(TOM, "zh")
        assert english and chinese and english != chinese
        assert disclosure.language_of(chinese, TOM) == "zh" and disclosure.language_of(english, MEI) == "en"


def test_a_name_with_braces_does_no_harm() -> None:
    assert "{name}" in disclosure.introduction(Persona("{name}"), "en")


@pytest.mark.parametrize("occasion", ["", "birthday"])
def test_what_nobody_asked_for_says_so_and_how_to_end_it(occasion: str) -> None:
    english, chinese = (disclosure.began(TOM, language, occasion) for language in ("en", "zh"))
    assert "the AI that imitates Tom" in english and "“stop”" in english and occasion in english
    assert "模仿Tom的人工智能" in chinese and "“别发了”" in chinese and occasion in chinese
