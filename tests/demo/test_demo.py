"""The whole journey, as a stranger goes it: the Chinese sample subject from export files to a transcript."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


def demo(folder: Path) -> str:
    """In a process of its own, as at a terminal."""
    arguments = ["demo", "--once", "--language", "zh", "--dir", str(folder), "--minutes", "0.5"]
    ended = subprocess.run([sys.executable, "-m", "bot", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


@pytest.mark.timeout(1500)
def test_from_exports_to_a_transcript(tmp_path: Path) -> None:
    shown = demo(tmp_path / "demo")
    for step in ("init", "import", "people", "consent", "train", "evaluate"):
        assert f"$ echoes {step}" in shown
    transcript = shown.split("问同一个问题：")[1]
    assert len(re.findall(r"^ *林小满: \S", transcript, re.MULTILINE)) >= 3, "two private answers and one to the photos"
    assert len(re.findall(r"(?:answers|stays silent), p = \d\.\d\d", transcript)) == 12
    assert "$ echoes" not in demo(tmp_path / "demo"), "the second start does nothing again"
