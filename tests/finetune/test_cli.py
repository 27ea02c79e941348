"""`echoes train`, as it is typed."""

import json
import subprocess
import sys

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.workspace import Workspace


def test_train_from_the_command_line(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "--name", "mine", "--epochs", "1", "--rank", "8", "--length", "512", "--learning-rate", "1e-3"]
    assert main(["-w", str(workspace.root), *words]) == ExitCode.OK
    shown = capsys.readouterr()
    assert f"Trained: {workspace.loras / 'mine'}" in shown.out
    assert "held out" in shown.err and "tokens/s" in shown.err and "left" in shown.err
    config = json.loads((workspace.loras / "mine" / "adapter_config.json").read_text("utf-8"))
    assert (config["r"], config["lora_alpha"]) == (8, 16), "the same strength at another rank"
    card = (workspace.loras / "mine" / "card.md").read_text("utf-8")
    assert "| epochs | 1 |" in card and "| length | 512 |" in card and "| learning rate | 0.001 |" in card


def test_it_refuses_in_a_sentence(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.consent.unlink()
    assert main(["-w", str(workspace.root), "train"]) == ExitCode.CONSENT
    assert "Nobody has agreed to this avatar yet" in capsys.readouterr().err
    assert main(["-w", str(workspace.root), "train", "--minutes", "-1", "--rank", "0"]) == ExitCode.USAGE
    shown = capsys.readouterr().err
    assert "--minutes" in shown and "--rank" in shown


def test_help_does_not_load_torch() -> None:
    code = (
        "import sys; from bot.cli import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: sys.exit('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "--minutes" in run.stdout
