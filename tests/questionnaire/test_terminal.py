"""The questionnaire at the terminal: typed, taken back, skipped, broken off, and gone on with."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.questionnaire.form import Form
from bot.cli.questionnaire.terminal import ask_questions, ask_statements
from bot.errors import ExitCode
from bot.personality.answers import By, Personality, load_personality, save_personality
from bot.personality.items import ITEMS
from bot.questionnaire import load_questionnaire


def typing(*lines: str) -> Callable[[str], str]:
    """Somebody at the keyboard, who leaves after that."""
    left = list(lines)

    def read(_: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return read


@pytest.fixture
def form(tmp_path: Path) -> Form:
    assert main(["init", str(tmp_path), "--language", "en"]) == 0
    return Form(tmp_path / "questionnaire.yaml", tmp_path / "personality.yaml", "Nora")


def answers(form: Form) -> dict[int, int]:
    return dict(load_personality(form.personality).answers)


def test_statements_are_answered_taken_back_and_skipped(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    ended = ask_statements(form, By.SELF, typing("4", "", "seven", "2", "b", "1", "5 i talk to the postman", "q"))
    assert not ended and answers(form) == {1: 4, 3: 1, 4: 5}
    assert load_personality(form.personality).words == {4: "i talk to the postman"}
    said = capsys.readouterr().out
    assert "describes you as you generally are now" in said and "1 very inaccurate" in said
    assert "1/120  I worry about things.\n" in said and "3/120  I have a vivid imagination.  [2]" in said
    assert "Please type a number from 1 to 5." in said and "Stopped. What was answered is saved" in said


def test_another_day_it_goes_on_where_it_was_left(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    ask_statements(form, By.SELF, typing("4", "", "2"))
    capsys.readouterr()
    ask_statements(form, By.OTHER, typing("3", "5"))
    asked = [line for line in capsys.readouterr().out.splitlines() if "/120" in line]
    assert asked[0].startswith("2/120") and asked[1].startswith("4/120"), "what was skipped is asked again"
    assert answers(form) == {1: 4, 2: 3, 3: 2, 4: 5}
    assert load_personality(form.personality).by is By.BOTH


def test_the_last_twenty_are_asked_and_then_all_are_answered(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    given = {number: 1 + number % 5 for number in ITEMS}
    done = dict(list(given.items())[:100])
    save_personality(form.personality, Personality(By.OTHER, answers=done))
    assert ask_statements(form, By.OTHER, typing(*(str(given[number]) for number in ITEMS if number not in done)))
    assert answers(form) == given and load_personality(form.personality).by is By.OTHER
    said = capsys.readouterr().out
    assert "Answer as Nora would have answered" in said and said.endswith("All are answered.\n")
    assert ask_statements(form, By.OTHER, typing()), "nothing is left to ask"


def test_words_stay_with_the_answer_that_they_were_given_for(form: Form) -> None:
    ask_statements(form, By.SELF, typing("5 always", "b", "5"))
    assert load_personality(form.personality).words == {1: "always"}
    ask_statements(form, By.SELF, typing("b", "1"))
    assert (answers(form), load_personality(form.personality).words) == ({1: 1}, {})


def test_questions_are_asked_in_words_and_those_with_a_scale_by_numbers(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["Nora: just Nora", *[""] * 39, "9", "6"]
    assert not ask_questions(form, typing(*lines))
    assert {one.id: one.answer for one in load_questionnaire(form.questionnaire)} == {
        "name": "Nora: just Nora",
        "trait_lively": "6",
    }
    assert "Please type a number from 1 to 7." in capsys.readouterr().out


def test_it_is_asked_in_chinese_where_the_questionnaire_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path), "--language", "zh"])
    form = Form(tmp_path / "questionnaire.yaml", tmp_path / "personality.yaml", "")
    ask_statements(form, By.OTHER, typing("6", "55", "5什么都操心"))
    assert load_personality(form.personality).words == {1: "什么都操心"}
    said = capsys.readouterr().out
    assert "请按本人自己会怎么回答来答" in said and "请输入 1 到 5 的数字" in said and "我常为各种事情操心" in said


def test_the_command_asks_both_parts_or_one(
    form: Form, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(form.questionnaire.parent)

    def typed(text: str, *options: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        capsys.readouterr()
        assert main(["-w", root, "questionnaire", "--terminal", *options]) == ExitCode.OK
        return capsys.readouterr().out

    both = typed("\n" * 52 + "5\n")
    assert both.splitlines()[-1] == "0 of 52 questions and 1 of 120 statements are answered."
    assert "/52" not in typed("4\n", "--only", "statements") and answers(form) == {1: 5, 2: 4}
    assert "/120" not in typed("\n" * 51 + "5\n", "--only", "questions") and answers(form) == {1: 5, 2: 4}
    assert "/120" not in typed("Nora\nq\n"), "who stops in the first part is not asked the second"
    assert [one.answer for one in load_questionnaire(form.questionnaire)] == ["Nora", "5"]
    assert main(["-w", root, "questionnaire", "--by", "other"]) == ExitCode.USAGE
