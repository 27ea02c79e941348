"""Keeps every platform running by itself: one that breaks is tried again or switched off, the others go on."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.daemon.health import Platform, State
from bot.errors import ConfigError, EchoesError, ExitCode, PassingError, PermanentError
from bot.observer import Observer
from bot.platform import Adapter, Inbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds between tries: growing, capped, spread, and back to the first after a healthy time."""

    first: float = 1.0
    factor: float = 1.75
    longest: float = 120.0  # people wait no longer than this after an outage
    spread: float = 0.2
    healthy_after: float = 60.0

    def wait(self, failures: int) -> float:
        """Returns the seconds to wait after so many failures in a row, 1 or more."""
        grown = self.first * self.factor ** min(failures - 1, 50)
        return min(grown, self.longest) * random.uniform(1 - self.spread, 1 + self.spread)


@dataclass(slots=True)
class Supervisor:
    """Runs the adapters. `settled` seconds without an error count as running: an adapter does not say when it is."""

    adapters: Mapping[str, Adapter]
    inbox: Inbox
    observe: Observer
    backoff: Backoff = Backoff()
    settled: float = 5.0
    changed: Callable[[], None] = lambda: None  # called after each change of a state
    packages: Mapping[str, str] = field(default_factory=dict)  # who wrote each adapter
    platforms: dict[str, Platform] = field(default_factory=dict)
    _codes: list[ExitCode] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in self.adapters:
            self.platforms[name] = Platform(State.STARTING, time.monotonic())

    def switch_off(self, name: str, error: EchoesError) -> None:
        """Notes a platform that cannot even start."""
        log.error("%s is off: %s", name, error)
        self.observe.failed("platform")
        self._codes.append(error.code)
        self._set(name, State.OFF, str(error))

    async def run(self) -> None:
        """Runs until cancelled. Raises PermanentError, with the first one's exit code, when every platform is off."""
        tasks = [asyncio.create_task(self._keep(name), name=f"platform-{name}") for name in self.adapters]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        error = PermanentError("No platform is left to run on: see the sentences above, mend them and start again.")
        error.code = self._codes[0] if self._codes else ExitCode.CONFIG
        raise error

    async def _keep(self, name: str) -> None:
        """One platform, until it is off or cancelled."""
        failures = 0
        while True:
            self._set(name, State.STARTING)
            began = time.monotonic()
            try:
                await self._run_once(name)
                raise PassingError("it ended by itself.")
            except (PermanentError, ConfigError) as error:
                self.switch_off(name, error)
                return
            except (Exception, asyncio.CancelledError) as error:
                if _told_to_stop():
                    raise
                healthy = time.monotonic() - began >= self.backoff.healthy_after
                failures = 1 if healthy else failures + 1
                await self._wait(name, error, failures)

    async def _run_once(self, name: str) -> None:
        running = asyncio.get_running_loop().call_later(self.settled, self._set, name, State.RUNNING)
        try:
            await self.adapters[name].run(self.inbox)
        finally:
            running.cancel()

    async def _wait(self, name: str, error: BaseException, failures: int) -> None:
        wait = self.backoff.wait(failures)
        self.observe.failed("platform")
        if isinstance(error, EchoesError):
            if isinstance(error, PassingError) and error.retry_after is not None:
                wait = max(wait, error.retry_after)
            log.warning("%s broke off and is tried again in %.0f s: %s", name, wait, error)
            self._set(name, State.WAITING, str(error))
        else:
            package = f" (package {self.packages[name]})" if name in self.packages else ""
            log.error("%s%s failed and is tried again in %.0f s.", name, package, wait, exc_info=error)
            self._set(name, State.WAITING, f"an unexpected {type(error).__name__}{package}; see the log.")
        await asyncio.sleep(wait)

    def _set(self, name: str, state: State, reason: str = "") -> None:
        self.platforms[name] = Platform(state, time.monotonic(), reason)
        self.changed()


def _told_to_stop() -> bool:
    """False where a library cancelled something of its own and let that escape."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Background:
    """Keeps tasks that nobody awaits: each one's failure is logged, and all end together."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._observe.failed("daemon")
            log.error("The task %s failed.", task.get_name(), exc_info=error)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
