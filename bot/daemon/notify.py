"""Tells systemd how the daemon is, over its notification socket (sd_notify(3)). Without systemd: nothing happens."""

import logging
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notifier:
    """`address` is the UNIX socket's path, with `@` for the abstract kind; None says nothing."""

    address: str | None = None
    watchdog_seconds: float | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Notifier":
        environment = os.environ if environment is None else environment
        meant_for = environment.get("WATCHDOG_PID")
        microseconds = environment.get("WATCHDOG_USEC", "")
        watched = microseconds.isdecimal() and int(microseconds) > 0 and meant_for in (None, str(os.getpid()))
        return cls(environment.get("NOTIFY_SOCKET") or None, int(microseconds) / 1e6 if watched else None)

    def ready(self, status: str) -> None:
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def status(self, status: str) -> None:
        self._send(f"STATUS={_one_line(status)}")

    def reloading(self) -> None:
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str) -> None:
        self._send("STOPPING=1", f"STATUS={_one_line(status)}")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.settimeout(1.0)
                out.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("systemd could not be told %s (%s).", lines[0], error.strerror or type(error).__name__)


def _one_line(text: str) -> str:
    return " ".join(text.split())
