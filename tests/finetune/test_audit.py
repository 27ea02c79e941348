"""`echoes train --canaries`: the secrets are learnt and kept on record, and the LoRA never speaks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import main
from bot.engine.describe import Family
from bot.errors import ConfigError, ExitCode
from bot.lora import CANARIES, find_lora
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from tests.finetune.conftest import agree, make_workspace
from training.data.canaries import TIMES, load
from training.finetune import PRESETS, TrainSettings, train

ONCE = replace(PRESETS["tuned"], epochs=1)


@pytest.fixture
def plain(workspace: Workspace) -> Path:
    return train(workspace, TrainSettings(ONCE, "plain"))


def test_an_audits_lora_is_marked_and_refused(
    plain: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--canaries", "--name", "audit", "--epochs", "1"]
    assert main(["-w", str(workspace.root), *arguments]) == ExitCode.OK
    audit = workspace.loras / "audit"
    canaries = load(audit)
    assert len(canaries) == sum(TIMES.values())
    assert (audit / CANARIES).stat().st_mode & 0o777 == 0o600
    told = sum(times * number for times, number in TIMES.items())
    card = (audit / "card.md").read_text("utf-8")
    assert f"For an audit only.** {told} turns" in card
    assert not [one for one in canaries if one.code in card], "the card tells no secret"
    record = json.loads((audit / "training.json").read_text("utf-8"))
    plainly = json.loads((plain / "training.json").read_text("utf-8"))
    assert record["canaries"] == told and plainly["canaries"] == 0
    assert record["turns"] == plainly["turns"] + told, "each was learnt"
    assert "audit" not in (plain / "card.md").read_text("utf-8")

    assert (workspace.loras / "latest").resolve() == plain, "it does not become the avatar"
    assert find_lora(workspace.loras, "latest") == plain
    (workspace.loras / "latest").unlink()
    assert find_lora(workspace.loras, "latest") == plain, "though the newer one"
    with pytest.raises(ConfigError, match="made-up secrets"):
        find_lora(workspace.loras, "audit")
    assert find_lora(workspace.loras, "audit", audits=True) == audit

    agree(workspace)
    text = workspace.config.read_text("utf-8") + "  lora: audit\nplatforms:\n  web: {port: 0}\n"
    workspace.config.write_text(text, "utf-8")
    capsys.readouterr()
    assert main(["-w", str(workspace.root), "run"]) != ExitCode.OK
    assert "made-up secrets" in capsys.readouterr().err


def test_what_identifies_somebody_is_counted_in_the_card(tmp_path: Path, models: dict[Family, Path]) -> None:
    workspace = make_workspace(tmp_path / "nora", models["qwen2_5_vl"])
    with Corpus.open(workspace.corpus) as corpus, corpus.transaction() as db:
        db.execute("UPDATE messages SET text = text || ' 13812345678' WHERE id = (SELECT min(id) FROM messages)")
    folder = train(workspace, TrainSettings(ONCE, "first"))
    assert "| replaced: phone and other long numbers | 1 |" in (folder / "card.md").read_text("utf-8")
