"""`echoes evaluate` as it is called: what its words mean, what it prints, and what it refuses in a sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.workspace import Workspace
from tests.evaluation.made_up import report
from training.evaluation.limits import FULL, QUICK
from training.evaluation.report import to_json
from training.evaluation.run import EvaluateSettings, Written

ALL = frozenset({"style", "likelihood", "context", "memory", "decision", "personality", "privacy", "talk"})


class Examiner:
    """Stands where the evaluation is: keeps what it was asked, hands back a made-up report."""

    def __init__(self) -> None:
        self.asked: list[EvaluateSettings] = []

    def __call__(self, workspace: Workspace, settings: EvaluateSettings, note: Callable[[str], None]) -> Written:
        self.asked.append(settings)
        note("Reading the chats.")
        folder = workspace.root / "evaluation"
        return Written(report("en"), folder / "report.html", folder / "report.json")


@pytest.fixture
def examiner(monkeypatch: pytest.MonkeyPatch) -> Examiner:
    examiner = Examiner()
    monkeypatch.setattr("training.evaluation.run.evaluate", examiner)
    return examiner


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("", "utf-8")
    return tmp_path


def evaluate(root: Path, *arguments: str) -> int:
    return main(["-w", str(root), "evaluate", *arguments])


def test_everything_by_default(examiner: Examiner, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(root) == ExitCode.OK
    assert examiner.asked == [EvaluateSettings(ALL, FULL, False, None, None, True)]
    shown = capsys.readouterr()
    assert shown.err == "Reading the chats.\n"
    lines = shown.out.splitlines()
    assert lines[0] == "Is it Nora Winter? Not yet."
    assert lines[-1] == str(root.resolve() / "evaluation" / "report.html")
    assert "A  Voice  ✗" in lines
    assert any(line.startswith("Style fidelity") and "74 (66–82) ✓?" in line for line in lines)
    for somebody in ("are you coming tonight", "bringing the cake"):
        assert somebody not in shown.out


def test_a_few_lines_when_quick(examiner: Examiner, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(root, "--quick") == ExitCode.OK
    assert (examiner.asked[0].limits, examiner.asked[0].quick) == (QUICK, True)
    assert examiner.asked[0].only == {"style", "likelihood", "decision"}
    *lines, nothing, path = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["✗", "✓", "✗", "✓"]
    assert (nothing, path) == ("", str(root.resolve() / "evaluation" / "report.html"))


def test_for_scripts(examiner: Examiner, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(root, "--json") == ExitCode.OK
    shown = capsys.readouterr().out
    assert json.loads(shown) == json.loads(to_json(report("en")))


def test_what_is_asked(examiner: Examiner, root: Path) -> None:
    assert evaluate(root, "--only", "style, decision", "--limit", "7", "--lora", "tuned", "--against", "paper") == 0
    settings = examiner.asked[0]
    assert settings.only == {"style", "decision"}
    assert (settings.lora, settings.against, settings.model) == ("tuned", "paper", True)
    assert settings.limits.written == settings.limits.probed == settings.limits.read == 7
    assert evaluate(root, "--quick", "--limit", "1000", "--only", "context") == 0
    assert examiner.asked[1].limits.written == QUICK.written
    assert examiner.asked[1].only == {"context"}
    assert evaluate(root, "--base", "--out", str(root / "elsewhere")) == 0
    assert (examiner.asked[2].lora, examiner.asked[2].out) == ("none", root / "elsewhere")
    assert evaluate(root, "--no-model", "--only", "decision") == 0
    assert examiner.asked[3].model is False


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "beauty,style"], "--only: beauty cannot be examined: choose from style, likelihood, context"),
        (["--only", ""], "--only: nothing cannot be examined"),
        (["--limit", "0"], "--limit must be 1 or more."),
        (["--no-model", "--only", "style"], "--no-model leaves nothing to examine but decision"),
        (["--no-model", "--against", "paper"], "--against compares two LoRAs"),
        (["--base", "--against", "paper"], "--against compares two LoRAs"),
        (["--out", "{root}/config.yaml"], "is not a folder."),
    ],
)
def test_what_is_wrong_is_a_sentence(
    examiner: Examiner, root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert evaluate(root, *(one.format(root=root) for one in arguments)) == ExitCode.USAGE
    assert sentence in capsys.readouterr().err
    assert not examiner.asked


def test_outside_of_a_workspace(examiner: Examiner, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(tmp_path / "nowhere") == ExitCode.USAGE
    assert "is not an Echoes workspace" in capsys.readouterr().err
