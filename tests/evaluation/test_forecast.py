"""How long an evaluation will take is told before it begins: what it counts is what is done."""

import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.chat.prompt import Prompt
from bot.cli import main
from bot.engine.base import Batches, DialogueScores, ScoredDialogue
from bot.engine.local import LocalEngine
from bot.errors import ExitCode
from bot.sampling import Sampling
from bot.workspace import Workspace
from training.evaluation.forecast import Forecast

SAID = re.compile(r"about \d+ minutes? here: (\S+) replies are to be written and (\S+) tokens to be read")


@pytest.fixture
def workspace(evaluated: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(evaluated.root, tmp_path / "nora")
    return Workspace.open(tmp_path / "nora")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the real engine is asked for: replies, and tokens of dialogues."""
    counted, score, write = Counter[str](), LocalEngine.score_dialogues, LocalEngine.write_replies

    def scoring(self: LocalEngine, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        counted["tokens"] += sum(len(one.prompt.ids) for one in dialogues)
        return score(self, dialogues)

    def writing(self: LocalEngine, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        counted["replies"] += len(prompts)
        return write(self, prompts, seeds, sampling)

    monkeypatch.setattr(LocalEngine, "score_dialogues", scoring)
    monkeypatch.setattr(LocalEngine, "write_replies", writing)
    return counted


def evaluate(workspace: Workspace, *arguments: str) -> None:
    assert main(["-w", str(workspace.root), "evaluate", "--base", *arguments]) == ExitCode.OK


def told(capsys: pytest.CaptureFixture[str]) -> tuple[int, int]:
    """The replies and tokens of which it spoke."""
    found = SAID.search(capsys.readouterr().err)
    assert found
    replies, tokens = (int(number.replace(",", "")) for number in found.groups())
    return replies, tokens


def test_what_it_counts_is_what_is_done_and_nothing_is_done_twice(
    workspace: Workspace, done: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(workspace, "--only", "style", "--limit", "40")
    assert done["replies"] > 0
    assert told(capsys)[0] == done["replies"]
    evaluate(workspace, "--only", "decision,privacy", "--limit", "40")
    assert done["tokens"] > 1000
    assert told(capsys) == (0, done["tokens"])


def test_what_an_earlier_report_asked_is_not_counted(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(workspace, "--only", "likelihood", "--limit", "3")
    assert told(capsys)[1] > 0
    evaluate(workspace, "--only", "likelihood", "--limit", "3")
    assert told(capsys) == (0, 0)


def test_a_quick_look_is_not_rehearsed(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(workspace, "--quick", "--only", "likelihood", "--limit", "2")
    assert not SAID.search(capsys.readouterr().err)


def test_it_is_said_in_minutes_or_hours() -> None:
    assert str(Forecast(50, 1234, 5678)).startswith("This will take about 1 minute here: 1,234 replies")
    assert str(Forecast(840, 0, 0)).startswith("This will take about 14 minutes here")
    assert str(Forecast(9000, 0, 0)).startswith("This will take about 2.5 hours here")
