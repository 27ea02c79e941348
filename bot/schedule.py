"""What happens by the clock while the daemon runs: each job daily, and once soon after the start."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.health import Observer

log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]

_FIRST_AFTER = timedelta(seconds=30)  # not while everything else starts
_EVERY = timedelta(days=1)
_LATE_BY = 6 * 3600  # seconds a job may be late (a laptop that slept) and still run


class Schedule:
    """Runs named jobs. One that fails is logged and runs again the next day. Use inside a running loop."""

    def __init__(self, jobs: Mapping[str, Job], observe: Observer) -> None:
        self._jobs = jobs
        self._observe = observe
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def start(self, first_after: timedelta = _FIRST_AFTER, every: timedelta = _EVERY) -> None:
        for name in self._jobs:
            self._scheduler.add_job(
                self._run,
                "interval",
                args=(name,),
                id=name,
                seconds=every.total_seconds(),
                next_run_time=datetime.now(UTC) + first_after,
                misfire_grace_time=_LATE_BY,
                coalesce=True,
                max_instances=1,
            )
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str) -> None:
        try:
            await self._jobs[name]()
        except Exception:
            self._observe.failed("schedule")
            log.exception("The daily %s failed; it runs again tomorrow.", name)
