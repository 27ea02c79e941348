"""Two processes that share each step learn what one learns."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.workspace import Workspace
from tests.finetune.test_train import same, weights_of

# A step of the paper's preset has several dialogues to share; one of the other may have a single one.
ARGUMENTS = ("train", "--preset", "paper", "--epochs", "1", "--learning-rate", "0.002", "--name")


def curve(folder: Path) -> list[float]:
    position = json.loads((folder / "training.json").read_text("utf-8"))["position"]
    measured = (*position["train"], *position["held_out"])
    return [one[kind] for one in measured for kind in ("text", "decision") if one[kind] is not None]


def test_two_processes_give_the_losses_of_one(workspace: Workspace) -> None:
    def train(name: str, *more: str) -> Path:
        command = [sys.executable, "-W", "ignore", "-c", "import sys; from bot.cli import main; sys.exit(main())"]
        command += ["-w", str(workspace.root), *ARGUMENTS, name, *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr
        return workspace.loras / name

    one, two = train("one"), train("two", "--processes", "2")
    assert curve(two) == pytest.approx(curve(one), rel=0.01, abs=0.01)
    apart, together = weights_of(one), weights_of(two)
    assert any(not apart[name].equal(together[name]) for name in apart), "they add in another order"
    divided = train("divided", "--processes", "2", "--shard", "--show")
    assert curve(divided) == curve(two) and same(weights_of(divided), together), "each computes what it did with a copy"
