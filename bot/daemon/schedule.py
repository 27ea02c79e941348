"""What happens by the clock while the daemon runs: each task at its interval, and once soon after the start."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import EchoesError
from bot.files import refusal
from bot.observer import Observer

log = logging.getLogger(__name__)

_LATE_BY = 6 * 3600  # seconds a task may be late (a laptop that slept) and still run


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    work: Callable[[], Awaitable[None]]
    every: timedelta


class Schedule:
    """Runs tasks. One that fails is logged and runs again the next time. Use inside a running loop."""

    def __init__(self, tasks: Sequence[Task], observe: Observer, first_after: timedelta) -> None:
        self._tasks = tasks
        self._observe = observe
        self._first_after = first_after
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopped = False

    def start(self) -> None:
        for task in self._tasks:
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(task,),
                id=task.name,
                seconds=task.every.total_seconds(),
                next_run_time=datetime.now(UTC) + self._first_after,
                misfire_grace_time=_LATE_BY,
                coalesce=True,
                max_instances=1,
            )
        self._scheduler.start()

    def stop(self) -> None:
        self._stopped = True
        self._scheduler.shutdown(wait=False)

    async def _run(self, task: Task) -> None:
        try:
            await task.work()
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            # else the end of everything: APScheduler would log it as a failure
        except Exception as error:
            self._observe.failed("schedule")
            sentence = str(error) if isinstance(error, EchoesError) else refusal(error, "The workspace")
            if sentence is None:
                log.exception("The task %s failed; it runs again in %s.", task.name, task.every)
            else:
                log.warning("The task %s failed and runs again in %s: %s", task.name, task.every, sentence)
