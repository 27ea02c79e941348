"""`echoes evaluate` from a workspace to the report: panel by panel, resumed, and with what goes wrong."""

import json
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.chat.decision import Calibration
from bot.cli import main
from bot.engine.describe import Family
from bot.errors import ExitCode
from bot.workspace import Workspace
from tests.evaluation.conftest import make_lora
from training.evaluation.opened import FOLDER, open_model

WORDS = ("wellington", "umbrella", "marmalade", "telescope", "salutations", "Mei", "Tom", "Lamps")
PANELS = ["style", "likelihood", "context", "memory", "decision", "personality", "privacy", "talk"]


@pytest.fixture
def workspace(evaluated: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(evaluated.root, tmp_path / "nora")
    return Workspace.open(tmp_path / "nora")


def evaluate(workspace: Workspace, *arguments: str) -> int:
    return main(["-w", str(workspace.root), "evaluate", *arguments])


def saved(workspace: Workspace) -> Any:
    return json.loads((workspace.root / FOLDER / "report.json").read_text("utf-8"))


def page(workspace: Workspace) -> str:
    return (workspace.root / FOLDER / "report.html").read_text("utf-8")


def test_all_of_it(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    Calibration(-2.0, 0.1, {"recency_messages": 1.0}, 0.2).save(workspace.loras / "first")
    assert evaluate(workspace, "--limit", "4") == ExitCode.OK
    shown = capsys.readouterr()
    assert not [word for word in WORDS if word in shown.out], "nobody's words or names"
    assert "Is it Nora?" in shown.out
    found = saved(workspace)
    assert list(found["panels"]) == PANELS
    assert found["lora"] == "first"
    assert {split: one["days"] for split, one in found["days"].items()} == {"train": 6, "validation": 2, "test": 2}
    for panel in found["panels"].values():
        assert panel["rows"] or panel["not_measurable"]
    text = json.dumps(found)
    assert not [word for word in WORDS if word in text]
    html = page(workspace)
    assert all(f'<section id="{panel}">' in html for panel in PANELS)
    for path in (workspace.root / FOLDER).rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_one_model_is_let_go_before_the_next_is_loaded(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[Any]] = []
    there: list[int] = []

    @contextmanager
    def opening(*asked: Any, **more: Any) -> Iterator[Any]:
        there.append(sum(one() is not None for one in held))
        with open_model(*asked, **more) as model:
            held.append(weakref.ref(model.engine))
            yield model

    monkeypatch.setattr("training.evaluation.opened.open_model", opening)
    monkeypatch.setattr("training.evaluation.opened.reads_faster", lambda config: True)
    assert evaluate(workspace, "--only", "decision,likelihood", "--limit", "2") == ExitCode.OK
    assert there == [0, 0, 0], "both are tried for how fast they are, and the last of them stays open"
    assert list(saved(workspace)["panels"]) == ["likelihood", "decision"]


def test_part_of_it(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(workspace, "--only", "likelihood", "--base", "--limit", "2", "--json") == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found == saved(workspace)
    assert (list(found["panels"]), found["lora"]) == (["likelihood"], None)
    assert all(one["met"] is None for one in found["panels"]["likelihood"]["metrics"].values())


def test_without_a_model(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(workspace.loras)
    assert evaluate(workspace, "--no-model") == ExitCode.OK
    (panel,) = saved(workspace)["panels"].values()
    simple = {row["name"]: row["values"]["w1"]["number"] for row in panel["rows"] if row["kind"] == "baseline"}
    assert len(simple) == 2
    assert all(number > 0.5 for number in simple.values())
    assert saved(workspace)["base"] is None


def test_what_was_asked_is_kept_and_says_the_same_twice(workspace: Workspace) -> None:
    arguments = ("--only", "likelihood,decision", "--limit", "3")
    assert evaluate(workspace, *arguments) == ExitCode.OK
    first, kept = saved(workspace), _kept(workspace)
    assert kept
    assert evaluate(workspace, *arguments) == ExitCode.OK
    second = saved(workspace)
    assert _kept(workspace) == kept, "nothing was asked again"
    assert first["panels"] == second["panels"]
    for path in kept:
        path.write_bytes(b"\x00{broken\n")
    assert evaluate(workspace, *arguments) == ExitCode.OK
    assert saved(workspace)["panels"] == first["panels"], "what is damaged is asked again"


def _kept(workspace: Workspace) -> dict[Path, bytes]:
    found = (workspace.root / FOLDER).rglob("*")
    return {path: path.read_bytes() for path in found if path.is_file() and not path.name.startswith("report.")}


def test_two_avatars(workspace: Workspace, models: dict[Family, Path]) -> None:
    make_lora(workspace, models["qwen2_5_vl"], "second", seed=5)
    only = ("--only", "likelihood,decision", "--limit", "30")
    assert evaluate(workspace, *only, "--lora", "first", "--against", "second") == ExitCode.OK
    found = saved(workspace)
    assert (found["lora"], found["against"]) == ("first", "second")
    for panel in found["panels"].values():
        assert "against" in [row["kind"] for row in panel["rows"]]
        assert panel["differences"]


def test_no_groups_is_said(workspace: Workspace) -> None:
    from bot.store.corpus import Corpus

    with Corpus.open(workspace.corpus) as corpus, corpus.transaction() as db:
        db.execute("UPDATE messages SET reply_to = NULL")
        db.execute("DELETE FROM messages WHERE chat IN (SELECT id FROM chats WHERE kind = 'group')")
    assert evaluate(workspace, "--only", "likelihood,decision", "--limit", "2") == ExitCode.OK
    found = saved(workspace)["panels"]
    assert "there is no group in which Nora writes" in found["decision"]["not_measurable"]
    assert found["likelihood"]["rows"], "the other panels stand"


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (["--lora", "third"], "third is not among the LoRAs", ExitCode.CONFIG),
        (["--against", "first"], "--against wants a second LoRA", ExitCode.USAGE),
        (["--against", "third"], "third is not among the LoRAs", ExitCode.CONFIG),
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
