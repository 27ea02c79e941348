"""The unit: what systemd itself says of it, and that it agrees with the code."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.registry import installed
from bot.daemon.health import STUCK_AFTER
from bot.errors import ExitCode
from bot.secrets import SERVER_TOKEN

UNIT = Path(__file__).parent.parent.parent / "systemd" / "echoes@.service"
ANALYZE = shutil.which("systemd-analyze")

needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


def settings() -> dict[str, list[str]]:
    """Each setting of [Service] with its values."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text("utf-8").split("[Service]")[1].split("[Install]")[0].splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@needs_systemd
def test_systemd_finds_little_that_is_exposed() -> None:
    result = subprocess.run(
        [str(ANALYZE), "security", "--offline=true", str(UNIT)], capture_output=True, text=True, check=False
    )
    figure = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert figure is not None, result.stderr
    assert float(figure[1]) <= 2.0


@needs_systemd
def test_systemd_understands_every_line() -> None:
    result = subprocess.run([str(ANALYZE), "verify", str(UNIT)], capture_output=True, text=True, check=False)
    newer = ("RestartSteps", "RestartMaxDelaySec")  # from systemd 254 on
    complaints = [
        line for line in result.stderr.splitlines() if UNIT.name in line and not any(k in line for k in newer)
    ]
    assert not complaints


def test_it_is_an_ini_file_with_its_three_sections() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(UNIT, "utf-8")
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_what_a_person_must_mend_is_not_restarted() -> None:
    (codes,) = settings()["RestartPreventExitStatus"]
    assert {int(code) for code in codes.split()} == {code for code in ExitCode if code >= 64}
    assert settings()["Restart"] == ["on-failure"]


def test_every_token_can_come_as_a_credential() -> None:
    given = {value.split(":")[0] for value in settings()["LoadCredential"]}
    assert given == {secret.name for secret in (*installed().secrets, SERVER_TOKEN)}
    assert not any("TOKEN" in value for value in settings()["Environment"])


def test_systemd_waits_longer_than_the_daemon_drains() -> None:
    (start,) = settings()["ExecStart"]
    drain = float(start.split("--drain-seconds ")[1].split()[0])
    assert float(settings()["TimeoutStopSec"][0]) >= drain + 20  # the parts that close after draining, 5 s each


def test_the_watchdog_allows_what_counts_as_stuck() -> None:
    assert settings()["WatchdogSec"] == ["5min"] and STUCK_AFTER == 300
