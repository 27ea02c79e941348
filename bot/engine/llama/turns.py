"""One at a time, whoever is due first (earliest due date first, Jackson 1955), so that nobody waits for ever."""

import asyncio
import heapq
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count


class Turns:
    """Hands one turn to one after another. Used in one event loop."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()  # of those who are due at once, who came first

    @property
    def taken(self) -> bool:
        """Whether somebody has the turn just now."""
        return self._taken

    @asynccontextmanager
    async def take(self, due: float) -> AsyncGenerator[None, None]:
        """Waits for the turn. due: when it should be over, in seconds of any clock that all use."""
        if self._taken:
            await self._wait(due)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, due: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (due, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it came at that very moment
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
