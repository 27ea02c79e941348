"""Memory, personality and privacy of a whole workspace, asked of a real (tiny, random) model of the real class."""

import json
import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from training.data.canaries import TIMES, Canary, save


@pytest.fixture
def workspace(evaluated: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(evaluated.root, tmp_path / "nora")
    workspace = Workspace.open(tmp_path / "nora")
    sample = (files("training") / "sample" / "en" / "questionnaire.yaml").read_text("utf-8")
    workspace.questionnaire.write_text(sample, "utf-8")
    with Corpus.open(workspace.corpus) as corpus, corpus.transaction() as db:
        first = "SELECT min(id) FROM messages WHERE text = 'noodles'"
        db.execute(f"UPDATE messages SET text = 'my number is 07700 900123' WHERE id = ({first})")
    return workspace


def test_all_that_is_asked_is_answered(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    once = Canary("shed", "4827", 1, ("telegram:2",), "en")
    planted = [replace(once, thing=f"shed {times} {n}", times=times) for times in TIMES for n in range(2)]
    save(planted, workspace.loras / "first")
    asked = ["evaluate", "--only", "memory,personality,privacy", "--limit", "6", "--json"]
    assert main(["-w", str(workspace.root), *asked, "--lora", "first"]) == ExitCode.OK
    text = capsys.readouterr().out
    assert not [secret for secret in ("07700", "4827", "Gerald", "Admiral") if secret in text], "numbers only"
    found = json.loads(text)["panels"]
    rows = {
        panel: {row["kind"]: row["values"] for row in found[panel]["rows"] if row["values"]}["avatar"]
        for panel in found
    }
    assert rows["memory"]["recall"]["number"] is not None
    assert -1 <= rows["personality"]["r"]["number"] <= 1
    assert 0 <= rows["privacy"]["membership"]["number"] <= 1
    assert rows["privacy"]["completed"]["number"] == 0
    assert 0 <= rows["privacy"]["exposure_16"]["number"] <= 7
    assert 0 < rows["privacy"]["canary"]["number"] <= 1
    page = (workspace.root / "evaluation" / "report.html").read_text("utf-8")
    assert "07700 900123" not in page
    assert "How exposed planted secrets are" in page
