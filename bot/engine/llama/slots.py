"""Which chat is in which of llama.cpp's slots, and who may have one next.

A slot holds what was read of one chat. A chat that has one gets it again. Another takes the one unused longest: the
server itself chooses it, moves what it holds to its kept states, and looks there for what the new chat was left with.
It tells which slot that was only at the end of a request, so until then it is foretold here.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Slot:
    """number: the slot, as far as it is known. held: whether the chat is in it, so that it is to be asked for."""

    number: int
    held: bool

    @property
    def wanted(self) -> int:
        """As llama.cpp's `id_slot`: −1 leaves the choice to it."""
        return self.number if self.held else -1


class Slots:
    """Hands out the slots. One is kept from replies, lest a decision wait for a whole one."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._all = asyncio.Semaphore(count)
        self._replies = asyncio.Semaphore(max(1, count - 1))
        self._chats: dict[int, str | None] = dict.fromkeys(range(count))  # the longest unused first
        self._busy: set[int] = set()

    @asynccontextmanager
    async def for_decision(self, chat: str) -> AsyncGenerator[Slot, None]:
        async with self._all:
            slot = self._take(chat)
            try:
                yield slot
            finally:
                self._give_back(slot, chat)

    @asynccontextmanager
    async def for_reply(self, chat: str) -> AsyncGenerator[Slot, None]:
        async with self._replies, self.for_decision(chat) as slot:
            yield slot

    def settle(self, slot: Slot, number: int, chat: str) -> None:
        """Notes which slot the server says that it took."""
        if number != slot.number:
            self._busy.discard(slot.number)
            slot.number = number
            self._busy.add(number)
        self._chats[number] = chat
        slot.held = True

    def clear(self) -> None:
        """Forgets who is where: the server was started anew."""
        self._chats = dict.fromkeys(self._chats)

    def _take(self, chat: str) -> Slot:
        for number, holder in self._chats.items():
            if holder == chat and number not in self._busy:
                self._busy.add(number)
                return Slot(number, held=True)
        idle = next(number for number in self._chats if number not in self._busy)
        self._chats[idle] = None
        self._busy.add(idle)
        return Slot(idle, held=False)

    def _give_back(self, slot: Slot, chat: str) -> None:
        self._busy.discard(slot.number)
        self._chats.pop(slot.number)
        for number, holder in self._chats.items():
            if holder == chat and number not in self._busy:
                self._chats[number] = None  # the newer one goes on
        self._chats[slot.number] = chat  # last
