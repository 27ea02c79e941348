"""Speaking to systemd, over a real socket."""

import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.daemon.notify import Notifier


class Manager:
    """The far side: systemd's end of the socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(2)

    def heard(self) -> list[str]:
        return self.socket.recv(4096).decode().split("\n")


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


def test_the_life_of_a_daemon(manager: Manager, tmp_path: Path) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    notifier.status("loading\nthe model")
    assert manager.heard() == ["STATUS=loading the model"]
    notifier.ready("web running")
    assert manager.heard() == ["READY=1", "STATUS=web running"]
    notifier.alive()
    assert manager.heard() == ["WATCHDOG=1"]
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    first, second = manager.heard()
    assert first == "RELOADING=1" and int(second.removeprefix("MONOTONIC_USEC=")) >= before
    notifier.stopping("finishing")
    assert manager.heard() == ["STOPPING=1", "STATUS=finishing"]


def test_an_abstract_socket() -> None:
    name = f"echoes-test-{os.getpid()}"
    manager = Manager("\0" + name)
    try:
        Notifier.from_environment({"NOTIFY_SOCKET": "@" + name}).alive()
        assert manager.heard() == ["WATCHDOG=1"]
    finally:
        manager.socket.close()


def test_without_systemd_nothing_happens() -> None:
    notifier = Notifier.from_environment({})
    notifier.ready("fine")
    assert notifier.watchdog_seconds is None


def test_a_manager_that_went_away_does_not_stop_the_daemon(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Notifier(str(tmp_path / "gone")).alive()
    assert "systemd could not be told WATCHDOG=1" in caplog.text


def test_the_watchdog_is_meant_for_one_process() -> None:
    given = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "3000000"}
    assert Notifier.from_environment(given).watchdog_seconds == 3.0
    assert Notifier.from_environment(given | {"WATCHDOG_PID": str(os.getpid())}).watchdog_seconds == 3.0
    assert Notifier.from_environment(given | {"WATCHDOG_PID": "1"}).watchdog_seconds is None
    assert Notifier.from_environment(given | {"WATCHDOG_USEC": "0"}).watchdog_seconds is None
    assert Notifier.from_environment(given | {"WATCHDOG_USEC": "soon"}).watchdog_seconds is None
