"""The whole journey, as a stranger goes it: the Chinese sample subject from export files to a transcript.

On a tiny random model of the real class, which has nothing to say and says it in seconds.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.demo import _base as base_of
from bot.cli.demo import _config
from bot.config import parse_config
from bot.errors import PassingError
from tests.engine.conftest import tiny_model


def demo(folder: Path, base: Path) -> str:
    """In a process of its own, as at a terminal."""
    arguments = ["demo", "--once", "--language", "zh", "--base", str(base)]
    arguments += ["--dir", str(folder), "--minutes", "0.1"]
    ended = subprocess.run([sys.executable, "-m", "bot", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


@pytest.mark.timeout(1500)
def test_from_exports_to_a_transcript(tmp_path: Path) -> None:
    base = tiny_model(tmp_path / "model", "qwen2_5_vl")
    shown = demo(tmp_path / "demo", base)
    for step in ("init", "import", "people", "consent", "train", "evaluate"):
        assert f"$ echoes {step}" in shown
    transcript = shown.split("问同一个问题：")[1]
    assert len(re.findall(r"^ *林小满: \S", transcript, re.MULTILINE)) >= 3, "two private answers and one to the photos"
    assert (
        len(re.findall(r"^ +林小满(?:回复|没有说话)(?:（这样的消息，100 条里会回复 \d+ 条）)?$", transcript, re.M))
        == 12
    )
    assert "$ echoes" not in demo(tmp_path / "demo", base), "the second start does nothing again"


# -- which model ----------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that are asked for, none of which takes time; the Chinese one cannot be had."""
    found: list[str] = []

    def described(base: str, progress: object) -> None:
        found.append(base)
        if base == "embedded-zh":
            raise PassingError("Its weights cannot be had now.")

    monkeypatch.setattr("bot.cli.demo.describe", described)
    return found


def test_without_the_chinese_model_it_goes_on_with_the_other_and_says_so(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert base_of(tmp_path, "zh", "embedded") == "embedded-en"
    assert asked == ["embedded-zh", "embedded-en"]
    shown = capsys.readouterr().out
    assert shown.startswith("Its weights cannot be had now.\nThe demo goes on with the English embedded model")
    assert "with --fresh it tries again" in shown


def test_one_that_was_asked_for_by_name_is_not_exchanged(asked: list[str], tmp_path: Path) -> None:
    with pytest.raises(PassingError, match="cannot be had now"):
        base_of(tmp_path, "zh", "embedded-zh")
    assert base_of(tmp_path, "zh", "embedded-en") == "embedded-en"


def test_in_english_nobody_asks_for_it(asked: list[str], tmp_path: Path) -> None:
    assert base_of(tmp_path, "en", "embedded") == "embedded"
    assert asked == ["embedded"]


def test_a_demo_that_was_begun_keeps_its_model(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("model:\n  base: embedded-zh\n", "utf-8")
    with pytest.raises(PassingError, match="cannot be had now"):
        base_of(tmp_path, "zh", "embedded")
    (tmp_path / "config.yaml").write_text("model:\n  base: embedded-en\n", "utf-8")
    assert base_of(tmp_path, "zh", "embedded") == "embedded-en"


@pytest.mark.parametrize("base", ["embedded", "~/models/some: model.gguf", "模型"])
def test_its_configuration_names_the_model(base: str) -> None:
    assert parse_config(_config(base)).model.base == base
