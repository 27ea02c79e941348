"""Prompts are given to llama.cpp piece by piece, one at a time, so that a decision never waits for a long one.

Its server puts into a step what fits of all prompts that it was given, in the order of its slots: a decision would wait
behind every prompt in a slot before its own, however long. Replies that are being written have a token in every step,
whatever is read. Whoever has less to read is due sooner, and a decision sooner than a reply. While nothing else is
asked, pieces are longer: in short ones the same prompt takes a fifth more.
"""

from array import array
from asyncio import get_running_loop
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bot.engine.llama.turns import Turns

_SHORT, _LONG = 32, 128  # positions of a piece: beside other work, and alone; no longer one is read faster
_PACE = 100.0  # positions a second, by which it is told when somebody is due
_LATER = 1.0  # seconds by which a reply is due later than a decision

Read = Callable[[Sequence[int]], Awaitable[None]]
"""Has these ids read; what was read of the chat before is kept."""


class Reading:
    """Knows what each chat was last asked with, and so, nearly always, what the server holds of it."""

    def __init__(self, positions: int, busy: Callable[[], bool]) -> None:
        """positions: how many the server keeps of all chats together; it drops the chats unused longest.

        busy: whether something is asked of the server just now.
        """
        self._room, self._busy = positions, busy
        self._asked: dict[str, array[int]] = {}  # the longest unused first
        self._turns = Turns()

    def known(self, chat: str, ids: Sequence[int]) -> int:
        """How many of the first ids need not be read again."""
        last = self._asked.get(chat, ())
        shorter = min(len(last), len(ids))
        return next((place for place in range(shorter) if last[place] != ids[place]), shorter)

    @asynccontextmanager
    async def last_piece(
        self, chat: str, ids: Sequence[int], read: Read, *, reply: bool = False
    ) -> AsyncGenerator[None, None]:
        """Has all but the last piece of a prompt read, in turns; the block, in its turn, is to have all of it read."""
        clock = get_running_loop().time
        began = clock() + (_LATER if reply else 0.0)
        place = self.known(chat, ids)
        while piece := self._piece(len(ids) - place):
            async with self._turns.take(began + (len(ids) - place) / _PACE):
                place += piece
                await read(ids[:place])
                self._note(chat, ids[:place])
        async with self._turns.take(began + (len(ids) - place) / _PACE):
            yield
        self._note(chat, ids)

    def forget(self) -> None:
        """Nothing is held any more."""
        self._asked.clear()

    def _piece(self, left: int) -> int:
        """How many positions to read before the last piece; 0 where all that is left is not much more than one."""
        piece = _SHORT if self._turns.taken or self._busy() else _LONG
        return piece if left > 1.5 * piece else 0

    def _note(self, chat: str, ids: Sequence[int]) -> None:
        self._asked.pop(chat, None)
        self._asked[chat] = array("i", ids)
        while len(self._asked) > 1 and sum(map(len, self._asked.values())) > self._room:
            del self._asked[next(iter(self._asked))]
