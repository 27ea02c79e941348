"""The queue of updates: confirmed by offset, delivered again until then, one poll at a time."""

import asyncio
import itertools
import time
from collections.abc import Mapping

from tests.standins.telegram_api import ApiError, string_list
from tests.standins.telegram_world import Json

_PARAMS = {"offset", "limit", "timeout", "allowed_updates"}
_NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
_LONGEST = 50  # seconds that a poll is held


class Updates:
    def __init__(self) -> None:
        self.held = False  # while it is, nothing is handed out
        self.confirmed = 0  # newest update that the bot confirmed
        self._pending: list[Json] = []
        self._ids = itertools.count(870_000_001)
        self._allowed: set[str] | None = None
        self._turn = 0  # grows with each poll: an older one sees that it is over
        self._bell = asyncio.Event()

    @property
    def pending(self) -> list[int]:
        return [update["update_id"] for update in self._pending]

    def push(self, kind: str, content: Json) -> int:
        """Queues an update if the bot asked for its kind; returns its id."""
        update_id = next(self._ids)
        if kind not in _NOT_BY_DEFAULT if self._allowed is None else kind in self._allowed:
            self._pending.append({"update_id": update_id, kind: content})
            self.ring()
        return update_id

    def push_raw(self, content: Json) -> int:
        """Queues an update whatever is in it, and whatever the bot asked for; returns its id."""
        update_id = next(self._ids)
        self._pending.append({"update_id": update_id, **content})
        self.ring()
        return update_id

    @property
    def waiting(self) -> list[Json]:
        """The updates that the bot has not confirmed."""
        return list(self._pending)

    def start_at(self, update_id: int) -> None:
        """Goes on with other ids, as Telegram does after a week without updates."""
        self._ids = itertools.count(update_id)

    def ring(self) -> None:
        """Wakes whoever waits for a change."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def changed(self) -> None:
        await self._bell.wait()

    def close(self) -> None:
        self._turn += 1
        self.ring()

    async def poll(self, params: Mapping[str, str]) -> list[Json]:
        """getUpdates: confirms what is older than the offset, then waits for something to deliver."""
        if unknown := sorted(set(params) - _PARAMS):
            raise ApiError(400, f"Bad Request: the stand-in does not know {', '.join(unknown)} of getUpdates")
        limit = min(max(int(params.get("limit", "100")), 1), 100)
        if "allowed_updates" in params:
            self._allowed = set(string_list(params["allowed_updates"])) or None
        self._confirm(int(params.get("offset", "0")))
        self._turn += 1
        turn = self._turn
        self.ring()
        deadline = time.monotonic() + min(int(params.get("timeout", "0")), _LONGEST)
        while turn == self._turn:
            left = deadline - time.monotonic()
            if (self._pending and not self.held) or left <= 0:
                return [] if self.held else self._pending[:limit]
            try:
                async with asyncio.timeout(left):
                    await self.changed()
            except TimeoutError:
                continue
        advice = "make sure that only one bot instance is running"
        raise ApiError(409, f"Conflict: terminated by other getUpdates request; {advice}")

    def _confirm(self, offset: int) -> None:
        if offset < 0:  # the last so many; all before them are forgotten
            offset = self._pending[max(offset, -len(self._pending))]["update_id"] if self._pending else 0
        gone = [update["update_id"] for update in self._pending if update["update_id"] < offset]
        self.confirmed = max([self.confirmed, *gone])
        self._pending = self._pending[len(gone) :]
