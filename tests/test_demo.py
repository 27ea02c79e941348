"""The whole journey, as a stranger goes it: the Chinese sample subject from export files to a transcript."""

import re
from pathlib import Path

import pytest

from bot.cli import main


@pytest.mark.timeout(600)
def test_from_exports_to_a_transcript(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["demo", "--once", "--language", "zh", "--dir", str(tmp_path / "demo"), "--minutes", "0.5"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    for step in ("init", "import", "people", "consent", "train"):
        assert f"$ echoes {step}" in shown
    transcript = shown.split("问同一个问题：")[1]
    assert len(re.findall(r"^ *林小满: \S", transcript, re.MULTILINE)) >= 3, "two private answers and one to the photos"
    assert len(re.findall(r"(?:answers|stays silent), p = \d\.\d\d", transcript)) == 12

    assert main(arguments) == 0
    assert "$ echoes" not in capsys.readouterr().out, "the second start does nothing again"
