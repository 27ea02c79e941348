"""What happens, told to every open page."""

import asyncio
from typing import Any

Event = dict[str, Any]
_MOST = 500  # events waiting for a page that does not read them


class Hub:
    """One queue a page. A page that falls behind is cut off: it connects again and catches up."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[Event | None]] = set()

    def join(self) -> "asyncio.Queue[Event | None]":
        """Returns a queue of the events from now on; None in it means that the connection is to end."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._pages.add(queue)
        return queue

    def leave(self, queue: "asyncio.Queue[Event | None]") -> None:
        self._pages.discard(queue)

    def tell(self, event: Event) -> None:
        for queue in list(self._pages):
            if queue.qsize() >= _MOST:
                self._pages.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)

    def close(self) -> None:
        """Ends every connection."""
        for queue in self._pages:
            queue.put_nowait(None)
        self._pages.clear()
