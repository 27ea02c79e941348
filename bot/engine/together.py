"""Many requests at once, and their answers as they are found."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from bot.errors import PassingError

log = logging.getLogger(__name__)

T = TypeVar("T")


async def as_found(
    works: Mapping[int, Callable[[], Coroutine[Any, Any, T]]], at_once: int, pauses: Sequence[float] = ()
) -> AsyncGenerator[dict[int, T], None]:
    """Yields the results by index, so many works at a time, in order begun. Closing it cancels those at work.

    pauses: seconds to wait, one after the other, before what failed with PassingError is tried again: a restart of a
    server then costs no more than time. A result begins them anew.
    """
    waiting = deque(works)
    running: dict[asyncio.Task[T], int] = {}
    left = iter(pauses)
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index = waiting.popleft()
                running[asyncio.create_task(works[index]())] = index
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            outages = {task: error for task in done if isinstance(error := task.exception(), PassingError)}
            waiting.extendleft(running.pop(task) for task in outages)
            if found := {running.pop(task): task.result() for task in done - outages.keys()}:
                left = iter(pauses)
                yield found
            else:
                await _outlast(next(iter(outages.values())), next(left, None))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _outlast(outage: PassingError, pause: float | None) -> None:
    """Waits as the server asks for, or the pause. Raises the outage where there is none left."""
    if pause is None:
        raise outage
    log.warning("%s Trying again in %.0f s.", outage, outage.retry_after or pause)
    await asyncio.sleep(outage.retry_after or pause)
