"""What the daemon is told from outside: stop, stop at once, read again."""

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.errors import ExitCode

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Orders:
    """`stopping` once, with an exit status; `hurry` when asked again; `reload` as often as asked."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    reload: asyncio.Event = field(default_factory=asyncio.Event)
    code: ExitCode = ExitCode.OK

    def stop(self, code: ExitCode, *, at_once: bool = False) -> None:
        """Asks the daemon to stop; the first reason counts. The second time, or `at_once`, nothing is waited for."""
        if self.stopping.is_set() or at_once:
            self.hurry.set()
        if not self.stopping.is_set():
            self.code = code
            self.stopping.set()

    @contextmanager
    def from_signals(self) -> Iterator[None]:
        """Listens to SIGTERM, SIGINT and SIGHUP within a running loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop, ExitCode.OK)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)
