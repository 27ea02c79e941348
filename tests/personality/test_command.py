"""`echoes personality`: what comes of the statements, in both languages, and what it is not."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.persona import load_persona
from bot.personality.answers import load_personality, save_personality


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    language = getattr(request, "param", "en")
    main(["init", str(tmp_path), "--language", language])
    sample = Path(str(files("training"))) / "sample" / language
    for name in ("persona.yaml", "personality.yaml"):
        shutil.copy(sample / name, tmp_path / name)
    capsys.readouterr()
    return tmp_path


def test_it_tells_domains_and_facets_and_that_four_letters_are_a_guess(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-w", str(workspace), "personality"]) == 0
    said = capsys.readouterr().out
    assert "120 of 120 statements are answered, by the person themself." in said
    assert "Agreeableness" in said and "· Altruism" in said
    assert "Approximately INFJ" in said and "not an MBTI result" in said
    assert "Kajonius and Johnson 2019" in said and "Not in the prompt" in said


@pytest.mark.parametrize("workspace", ["zh"], indirect=True)
def test_it_is_told_in_chinese(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(workspace), "personality"]) == 0
    said = capsys.readouterr().out
    assert "大约是 IXFX" in said and "不是 MBTI 的结果" in said and "没有中国的常模" in said and "未经验证" in said
    assert "Neuroticism" not in said


def test_the_owner_lets_the_avatar_be_told_and_takes_it_back(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_personality(workspace / "personality.yaml")
    assert load_persona(workspace / "persona.yaml").character == ""
    assert main(["-w", str(workspace), "personality", "--in-prompt", "on"]) == 0
    told = load_persona(workspace / "persona.yaml").character
    assert told.startswith("You are ") and f"In the prompt: {told}" in capsys.readouterr().out
    assert main(["-w", str(workspace), "personality", "--in-prompt", "off"]) == 0
    assert load_persona(workspace / "persona.yaml").character == ""
    assert load_personality(workspace / "personality.yaml") == before


def test_what_is_half_done_is_told_as_far_as_it_goes(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = workspace / "personality.yaml"
    begun = load_personality(path)
    for number in range(1, 121):
        if number % 30 != 1:  # the first facet's four stay
            begun = begun.answered(number, None, "", begun.by)
    save_personality(path, begun)
    assert main(["-w", str(workspace), "personality"]) == 0
    said = capsys.readouterr().out
    assert "4 of 120" in said and "· Anxiety" in said and "Neuroticism" not in said and "No four letters" in said
    path.unlink()
    assert main(["-w", str(workspace), "personality"]) == 0
    assert "None of the statements is answered yet" in capsys.readouterr().out


def test_a_damaged_file_is_told_by_the_doctor_and_by_the_command(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["-w", str(workspace), "doctor"])
    assert "120 of 120 statements" in capsys.readouterr().out
    (workspace / "personality.yaml").write_text("answers: {1: 9}\n", "utf-8")
    assert main(["-w", str(workspace), "personality"]) == ExitCode.CONFIG
    assert "personality.yaml:1: answers.1: wants a number from 1" in capsys.readouterr().err
    main(["-w", str(workspace), "doctor"])
    assert "✗ questionnaire" in capsys.readouterr().out
