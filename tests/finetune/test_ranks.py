"""Two processes that share each step learn what one learns."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.describe import Family
from bot.workspace import Workspace
from tests.finetune.conftest import make_workspace
from tests.finetune.test_train import same, weights_of

# A step of the paper's preset has several dialogues to share; one of the other may have a single one.
ARGUMENTS = ("train", "--preset", "paper", "--epochs", "1", "--learning-rate", "0.002", "--name")


def curve(folder: Path) -> list[float]:
    position = json.loads((folder / "training.json").read_text("utf-8"))["position"]
    measured = (*position["train"], *position["held_out"])
    return [one[kind] for one in measured for kind in ("text", "decision") if one[kind] is not None]


def train(workspace: Workspace, name: str, *more: str) -> Path:
    command = [sys.executable, "-W", "ignore", "-c", "import sys; from bot.cli import main; sys.exit(main())"]
    command += ["-w", str(workspace.root), *ARGUMENTS, name, *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return workspace.loras / name


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, models: dict[Family, Path]) -> Workspace:
    """Where two processes have learnt together, as `two`."""
    workspace = make_workspace(tmp_path_factory.mktemp("shared") / "nora", models["qwen2_5_vl"])
    train(workspace, "two", "--processes", "2")
    return workspace


def test_two_processes_give_the_losses_of_one(shared: Workspace) -> None:
    one, two = train(shared, "one"), shared.loras / "two"
    assert curve(two) == pytest.approx(curve(one), rel=0.01, abs=0.01)
    apart, together = weights_of(one), weights_of(two)
    assert any(not apart[name].equal(together[name]) for name in apart), "they add in another order"


def test_with_the_model_divided_among_them_they_learn_the_very_same(shared: Workspace) -> None:
    divided, two = train(shared, "divided", "--processes", "2", "--shard", "--show"), shared.loras / "two"
    assert curve(divided) == curve(two) and same(weights_of(divided), weights_of(two))
