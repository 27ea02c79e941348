"""`echoes evaluate`, from a workspace to the tables."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.decision import Calibration
from bot.engine.describe import Family
from bot.errors import ExitCode
from bot.workspace import Workspace

WORDS = ("wellington", "umbrella", "marmalade", "telescope", "salutations", "Nora", "Mei", "Tom", "Lamps")


@pytest.fixture
def workspace(evaluated: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(evaluated.root, tmp_path / "nora")
    return Workspace.open(tmp_path / "nora")


def evaluate(workspace: Workspace, *arguments: str) -> int:
    return main(["-w", str(workspace.root), "evaluate", *arguments])


def saved(workspace: Workspace) -> Any:
    return json.loads((workspace.root / "evaluation.json").read_text("utf-8"))


def test_all_of_it(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    Calibration(-2.0, 0.1, {"recency_messages": 1.0}, 0.2).save(workspace.loras / "first")
    assert evaluate(workspace) == ExitCode.OK
    shown = capsys.readouterr()
    for text in ("6 to train, 2 to judge, 2 to test", "calibrated", "mention only", "bits per character", "private"):
        assert text in shown.out
    assert not [word for word in WORDS if word in shown.out + shown.err], "nobody's words or names"
    found = saved(workspace)
    assert [gate["name"] for gate in found["decision"]["gates"]] == [
        "constant",
        "mention only",
        "recency",
        "logistic",
        "base model",
        "LoRA",
        "calibrated",
    ]
    assert found["lora"] == "first"
    assert found["decision"]["messages"] == 80
    assert found["decision"]["gates"][0]["auroc"] == 0.5
    everything, private, group = found["likelihood"]
    assert everything["replies"] == private["replies"] + group["replies"]
    assert everything["base"] != everything["lora"]
    assert everything["lower"] == pytest.approx(1 - everything["lora"] / everything["base"])
    assert (workspace.root / "evaluation.json").stat().st_mode & 0o777 == 0o600


def test_part_of_it(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(workspace, "--only", "likelihood", "--base", "--limit", "2", "--json") == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found == saved(workspace)
    assert (found["decision"], found["lora"], found["read"]) == (None, None, 2)
    assert all(one["lora"] is None for one in found["likelihood"])
    assert evaluate(workspace, "--only", "decision", "--lora", "first", "--limit", "1") == ExitCode.OK
    found = saved(workspace)
    assert found["likelihood"] == []
    assert 0 < found["decision"]["messages"] < 80


def test_without_a_model(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(workspace.loras)
    assert evaluate(workspace, "--no-model") == ExitCode.OK
    rows = {line.split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    auroc = {name: float(re.findall(r"0\.\d+", rows[name])[0]) for name in ("constant", "mention only", "logistic")}
    assert auroc["constant"] == auroc["mention only"] == 0.5, "nobody is addressed by name"
    assert saved(workspace)["base"] is None


def test_the_same_weights_say_the_same_twice(workspace: Workspace) -> None:
    assert evaluate(workspace, "--limit", "2") == ExitCode.OK
    first = saved(workspace)
    assert evaluate(workspace, "--limit", "2") == ExitCode.OK
    second = saved(workspace)
    assert first.pop("made_at") <= second.pop("made_at")
    assert first == second


def test_no_groups_is_said(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    from training.corpus import Corpus

    with Corpus.open(workspace.corpus) as corpus, corpus.transaction() as db:
        db.execute("UPDATE messages SET reply_to = NULL")
        db.execute("DELETE FROM messages WHERE chat IN (SELECT id FROM chats WHERE kind = 'group')")
    assert evaluate(workspace, "--limit", "2") == ExitCode.OK
    assert "not measurable" in capsys.readouterr().out
    found = saved(workspace)
    assert found["decision"] is None
    assert [one["where"] for one in found["likelihood"]] == ["all", "private"]


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["--only", "style"], "style cannot be measured: choose from decision, likelihood", ExitCode.USAGE),
        (["--limit", "0"], "--limit must be 1 or more", ExitCode.USAGE),
        (["--no-model", "--only", "likelihood"], "--no-model leaves nothing", ExitCode.USAGE),
        (["--lora", "second"], "second is not among the LoRAs", ExitCode.CONFIG),
    ],
)
def test_what_is_wrong_is_a_sentence(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str, code: ExitCode
) -> None:
    assert evaluate(workspace, *arguments) == code
    assert sentence in capsys.readouterr().err


def test_a_workspace_without_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("", "utf-8")
    assert main(["-w", str(tmp_path), "evaluate", "--base"]) == ExitCode.DATA
    assert "run `echoes import PATH` first" in capsys.readouterr().err


def test_a_lora_for_another_model_is_refused_before_anything_is_read(
    workspace: Workspace, models: dict[Family, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = workspace.config.read_text("utf-8").replace(str(models["qwen2_5_vl"]), str(models["qwen3_vl"]))
    workspace.config.write_text(config, "utf-8")
    assert evaluate(workspace) == ExitCode.CONFIG
    shown = capsys.readouterr()
    assert "does not fit this engine" in shown.err
    assert shown.out == ""
