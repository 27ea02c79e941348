"""What must wait until everybody is out, and holds up whoever comes meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Gate:
    """Lets any number through, or shuts when they have gone, and then holds up those who come."""

    def __init__(self) -> None:
        self._inside = 0
        self._turn = asyncio.Lock()
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None, None]:
        async with self._turn:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def shut(self) -> AsyncGenerator[None, None]:
        async with self._turn:
            await self._empty.wait()
            yield
