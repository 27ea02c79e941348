"""Many requests at once, and their answers as they are found."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


async def as_found(
    works: Mapping[int, Callable[[], Coroutine[Any, Any, T]]], at_once: int
) -> AsyncGenerator[dict[int, T], None]:
    """Yields the results by index, so many works at a time, in order begun. Closing it cancels those at work."""
    waiting = deque(works.items())
    running: dict[asyncio.Task[T], int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index, work = waiting.popleft()
                running[asyncio.create_task(work())] = index
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            yield {running.pop(task): task.result() for task in done}
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
