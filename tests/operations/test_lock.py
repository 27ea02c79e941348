"""Two daemons would answer everything twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.lock import only_one, running

HOLD = """
import sys
from pathlib import Path
from bot.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_daemon_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    path = tmp_path / "daemon.pid"
    assert running(path) is None
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        assert running(path) == first.pid
        with pytest.raises(UsageError, match=rf"running already \(process {first.pid}\)"), only_one(path):
            pass
        first.kill()
    assert running(path) is None
    with only_one(path):  # a killed one leaves its file, but not its lock
        pass


def test_the_lock_goes_even_when_the_run_fails(tmp_path: Path) -> None:
    path = tmp_path / "daemon.pid"
    with pytest.raises(RuntimeError), only_one(path):
        raise RuntimeError
    with only_one(path):
        assert path.stat().st_mode & 0o077 == 0
