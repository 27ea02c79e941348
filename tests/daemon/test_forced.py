"""The daemon decides a message as the evaluation says it does: the same prompt, features and precision."""

from pathlib import Path

import pytest

from bot.chat.decision import Calibration
from bot.cli import main
from bot.errors import ExitCode
from bot.workspace import Workspace
from tests.daemon.forced import compare

SAMPLE = Path(__file__).parent.parent.parent / "training" / "sample" / "en"


@pytest.mark.timeout(400)
async def test_every_probability_is_the_one_of_the_report(tmp_path: Path) -> None:
    """Replayed with the embedded model: original times, the subject's own replies as the past, no gathering."""
    root = tmp_path / "wren"
    assert main(["init", str(root)]) == ExitCode.OK
    for name in ("persona.yaml", "people.yaml"):
        (root / name).write_bytes((SAMPLE / name).read_bytes())
    exports = str(SAMPLE / "exports")
    assert main(["-w", str(root), "import", exports, "--timezone", "Europe/London"]) == ExitCode.OK
    daemon, evaluation = await compare(Workspace.open(root), None, Calibration(), 25)
    assert len(daemon) == 25 and daemon.keys() <= evaluation.keys()
    for message, probability in daemon.items():
        assert probability == pytest.approx(evaluation[message], abs=0.001), message
    assert len({round(probability, 3) for probability in daemon.values()}) > 5
