"""What happens by the clock."""

import asyncio
from datetime import timedelta

import pytest

from bot.daemon.schedule import Schedule, Task
from bot.observer import Unobserved


async def test_tasks_run_soon_and_again_and_one_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[str] = []
    enough = asyncio.Event()

    async def purge() -> None:
        runs.append("purge")
        if runs.count("purge") == 3:
            enough.set()

    async def broken() -> None:
        runs.append("broken")
        raise OSError("the disk is full")

    often = timedelta(seconds=0.02)
    schedule = Schedule(
        [Task("broken", broken, often), Task("retention", purge, often), Task("never", purge, timedelta(days=1))],
        Unobserved(),
        first_after=timedelta(0),
    )
    schedule.start()
    async with asyncio.timeout(5):
        await enough.wait()
    schedule.stop()
    assert runs.count("broken") >= 2
    assert "The task broken failed; it runs again in 0:00:00.02" in caplog.text
    count = len(runs)
    await asyncio.sleep(0.1)
    assert len(runs) == count
