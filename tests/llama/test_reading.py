"""Prompts are read piece by piece, so that a decision never waits for a long one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.engine.llama.reading import Reading
from bot.engine.llama.turns import Turns
from bot.sampling import Sampling
from tests.llama.conftest import Start, asked

TALK = "is it far from the station, do you think? we said nine at the old bridge. "


class Server:
    """Notes how far it was asked to read each chat, and gives way to others before it answers."""

    def __init__(self) -> None:
        self.writes = False  # whether a reply is being written
        self.reading = Reading(10_000, lambda: self.writes)
        self.read: list[tuple[str, int]] = []

    async def ask(self, chat: str, ids: Sequence[int], *, reply: bool = False) -> None:
        async def read(some: Sequence[int]) -> None:
            self.read.append((chat, len(some)))
            for _ in range(3):
                await asyncio.sleep(0)

        async with self.reading.last_piece(chat, ids, read, reply=reply):
            await read(ids)

    def ends(self, chat: str) -> list[int]:
        return [end for asked, end in self.read if asked == chat]


async def test_a_long_prompt_is_read_in_pieces_and_afterwards_what_is_new() -> None:
    server = Server()
    server.writes = True
    await server.ask("a", range(140))
    assert server.ends("a") == [32, 64, 96, 140]
    await server.ask("a", range(160))
    await server.ask("a", [*range(150), 7, 7])
    assert server.ends("a")[4:] == [160, 152], "what is known is not read again"
    assert server.reading.known("a", [*range(120), 7]) == 120
    server.reading.forget()
    assert server.reading.known("a", range(140)) == 0


async def test_while_nothing_else_is_asked_the_pieces_are_longer() -> None:
    server = Server()
    await server.ask("a", range(400))
    assert server.ends("a") == [128, 256, 400]
    await asyncio.gather(server.ask("b", range(600)), server.ask("c", range(100)))
    assert server.ends("c") == [32, 64, 100]
    assert server.ends("b")[:2] == [128, 160], "shorter when somebody else came"
    assert server.ends("b")[-2:] == [480, 600], "and longer when they were gone"


async def test_a_decision_waits_for_one_piece_and_a_reply_for_decisions() -> None:
    server = Server()
    long = asyncio.create_task(server.ask("long", range(1000)))
    await asyncio.sleep(0)
    reply = asyncio.create_task(server.ask("reply", range(20), reply=True))
    await asyncio.sleep(0)
    await asyncio.gather(*(server.ask(chat, range(20)) for chat in "xy"))
    assert server.read[:4] == [("long", 128), ("x", 20), ("y", 20), ("reply", 20)]
    await asyncio.gather(long, reply)
    assert server.ends("long")[-1] == 1000


async def test_who_waited_long_goes_before_who_has_little() -> None:
    turns, seen = Turns(), []

    async def one(due: float) -> None:
        async with turns.take(due):
            seen.append(due)
            await asyncio.sleep(0)

    await asyncio.gather(*map(one, (5, 9, 2, 7, 2)))
    assert seen == [5, 2, 2, 7, 9]


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    turns, seen = Turns(), []

    async def one(due: int) -> None:
        async with turns.take(due):
            seen.append(due)
            await asyncio.sleep(0)

    async with turns.take(0):
        waiting = [asyncio.create_task(one(due)) for due in (1, 2, 3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
    waiting[0].cancel()  # whose turn has just come
    await asyncio.gather(*waiting, return_exceptions=True)
    assert seen == [3]


async def test_chats_unused_for_longest_are_taken_for_dropped() -> None:
    reading = Reading(100, lambda: False)

    async def nothing(ids: Sequence[int]) -> None: ...

    for chat in "abac":
        async with reading.last_piece(chat, range(40), nothing):
            pass
    assert [reading.known(chat, range(40)) for chat in "abc"] == [40, 0, 40]


async def test_a_decision_is_made_while_a_long_prompt_is_read(start: Start, base: Path) -> None:
    engine = await start(base)
    order = []

    async def decide(chat: str, lines: int) -> None:
        await engine.p_answer(chat, asked(engine.codec, *[f"{n} {TALK}" for n in range(lines)]))
        order.append(chat)

    async def reply() -> None:
        said = asked(engine.codec, *[f"{n} {TALK}" for n in range(10)], group=False)
        async for _ in engine.reply("reply", said, Sampling(temperature=0, presence_penalty=0, max_tokens=3)):
            pass
        order.append("reply")

    tasks = [asyncio.create_task(reply()), asyncio.create_task(decide("long", 10))]
    while engine.positions_read < 40:  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(0)
    await decide("short", 1)
    await asyncio.gather(*tasks)
    assert order[0] == "short"
