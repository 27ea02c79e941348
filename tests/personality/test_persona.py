"""What the inventory makes of the persona: a short sentence of what stands out, in the prompt where it is wanted."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.dialogue import Scene, Speaker
from bot.chat.prompt.render import system_text
from bot.errors import ConfigError
from bot.message import ChatKind
from bot.persona import Persona, load_persona
from bot.personality.answers import By, Personality, load_personality, save_personality
from bot.personality.items import HELD_OUT, ITEMS
from bot.personality.words import in_words


def standing_out(*codes: str) -> Personality:
    """Answers of somebody as high as can be in these facets, and average in all others."""
    middle = {number: int(item.keyed(round(item.facet.mean / 4))) for number, item in ITEMS.items()}
    high = {number: int(item.keyed(5)) for number, item in ITEMS.items() if item.facet.code in codes}
    return Personality(answers=middle | high)


def prompt(folder: Path) -> str:
    persona = load_persona(folder / "persona.yaml")
    return system_text(Scene(persona, ChatKind.PRIVATE, Speaker("Mei", "friend")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "persona.yaml").write_text("name: Nora\nabout: Nora mends clocks.\n", "utf-8")
    return tmp_path


def test_what_stands_out_is_told_after_the_facts(folder: Path) -> None:
    plain = prompt(folder)
    save_personality(folder / "personality.yaml", standing_out("C2", "A3"))
    assert prompt(folder).splitlines()[1:3] == ["Nora mends clocks.", "You are tidy and quick to help."]
    save_personality(folder / "personality.yaml", replace(standing_out("C2", "A3"), in_prompt=False))
    assert prompt(folder) == plain, "the owner does not want it"
    save_personality(folder / "personality.yaml", standing_out())
    assert prompt(folder) == plain, "nothing stands out"
    save_personality(folder / "personality.yaml", Personality())
    assert prompt(folder) == plain
    (folder / "persona.yaml").write_text("name: Nora\n", "utf-8")
    save_personality(folder / "personality.yaml", standing_out("C2", "N1", "E1"))
    assert prompt(folder).splitlines()[1] == "You are easily worried, tidy and quick to make friends."


def test_it_is_told_in_chinese_too(folder: Path) -> None:
    (folder / "persona.yaml").write_text("name: 诺拉\nlanguage: zh\n", "utf-8")
    save_personality(folder / "personality.yaml", standing_out("C2", "A3"))
    assert prompt(folder).splitlines()[1] == "你爱整洁、乐于助人。"


def test_at_most_five_are_told_the_most_marked_ones() -> None:
    many = standing_out("N1", "E2", "O4", "A5", "C6", "N3", "E4")
    said = in_words(many, "en")
    assert said.count(",") == 3 and said.count(" and ") == 1, said
    low = {number: int(item.keyed(1)) for number, item in ITEMS.items() if item.facet.code == "C1"}
    assert in_words(replace(many, answers={**many.answers, **low}), "en").startswith(
        "You are unsure of your abilities,"
    )


def test_what_measures_the_avatar_leaves_no_trace_in_the_prompt() -> None:
    personality = standing_out("C2", "A3")
    for language in ("en", "zh"):
        others = {
            number: 6 - answer if number in HELD_OUT else answer for number, answer in personality.answers.items()
        }
        without = {number: answer for number, answer in personality.answers.items() if number not in HELD_OUT}
        said = in_words(personality, language)
        assert said == in_words(replace(personality, answers=others), language)
        assert said == in_words(replace(personality, answers=without), language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_words_for_every_facet_high_and_low(language: str) -> None:
    said = set()
    for facet in {item.facet.code for item in ITEMS.values()}:
        for answer in (1, 5):
            answers = {number: int(item.keyed(answer)) for number, item in ITEMS.items() if item.facet.code == facet}
            said.add(in_words(Personality(answers=answers), language))
    assert len(said) == 60 and "" not in said


def test_answers_come_back_as_they_were_written_for_nobody_else_to_read(tmp_path: Path) -> None:
    path = tmp_path / "personality.yaml"
    assert load_personality(path) == Personality()
    begun = Personality().answered(7, 1, " I leave: after # an hour\n", By.SELF).answered(8, 5, "", By.SELF)
    save_personality(path, begun)
    assert load_personality(path) == begun and begun.words == {7: "I leave: after # an hour"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert begun.answered(7, None, "x", By.SELF) == Personality(answers={8: 5})


def test_who_answered_is_kept_and_both_if_somebody_went_on() -> None:
    begun = Personality().answered(1, 3, "", By.OTHER)
    assert begun.by is By.OTHER, "the first answer says who"
    assert begun.answered(1, 4, "", By.SELF).by is By.SELF
    assert begun.answered(2, 4, "", By.SELF).by is By.BOTH
    assert begun.answered(2, 4, "", By.SELF).answered(3, 4, "", By.OTHER).by is By.BOTH


def test_its_head_says_that_comments_are_lost(folder: Path) -> None:
    path = folder / "personality.yaml"
    save_personality(path, Personality())
    head = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    assert "comments that are added to it are lost" in head[-2] and "注释会丢失" in head[-1]
    path.write_text(path.read_text("utf-8") + "# he laughed\n", "utf-8")
    save_personality(path, load_personality(path).answered(1, 3, "", By.SELF))
    assert [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")] == head


def test_every_mistake_is_told_with_its_line(folder: Path) -> None:
    (folder / "personality.yaml").write_text(
        "by: nobody\nanswers: {1: 6, 121: 3}\nwords:\n  0: x\nin_promt: no\n", "utf-8"
    )
    with pytest.raises(ConfigError) as raised:
        load_persona(folder / "persona.yaml")
    said = str(raised.value)
    for part in (
        "personality.yaml:1: by: 'nobody' must be self, other or both",
        "personality.yaml:2: answers.1: wants a number from 1 (very inaccurate) to 5",
        "personality.yaml:2: answers.121: 121 is no statement",
        "personality.yaml:4: words.0: 0 is no statement",
        "personality.yaml:5: in_promt: unknown key; did you mean in_prompt?",
    ):
        assert part in said
    assert len(raised.value.problems) == 5


def test_who_was_not_asked_has_the_prompt_of_before() -> None:
    scene = Scene(Persona("Nora", about="Nora mends clocks."), ChatKind.PRIVATE, Speaker("Mei", "friend"))
    assert len(system_text(scene).splitlines()) == 3
