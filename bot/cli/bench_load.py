"""How long a decision takes while replies are written, as `echoes bench` tells it."""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

from bot.cli.bench_asking import group_prompt, milliseconds, reply
from bot.engine.base import Engine

_UNDER_LOAD = 128  # decisions while replies are written
_LOAD = 8
_BETWEEN = 0.5  # seconds on average until the next message comes: at random, as if many people wrote
_KEPT = 8  # messages of a chat, one after another


@dataclass(frozen=True, slots=True)
class Load:
    """Milliseconds of a decision: the median alone, and the median and 99th percentile while replies are written.

    rate: tokens a second of those replies meanwhile.
    """

    replies: int
    rate: float
    alone_ms: float
    median_ms: float
    p99_ms: float


async def under_load(engine: Engine, say: Callable[[str], None]) -> Load:
    say(f"deciding while {_LOAD} replies are written")
    alone = await _decided(engine, "alone", _UNDER_LOAD // 4)
    async with _talking(engine) as written:
        before, began = written(), time.perf_counter()
        loaded = await _decided(engine, "under load", _UNDER_LOAD)
        rate = (written() - before) / (time.perf_counter() - began)
    ordered = sorted(loaded)
    return Load(
        _LOAD,
        round(rate, 1),
        round(statistics.median(alone), 1),
        round(statistics.median(loaded), 1),
        round(ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))], 1),
    )


async def _decided(engine: Engine, name: str, decisions: int) -> list[float]:
    """Of some chats, message by message, what was before being kept. The messages come at random times."""
    found, chance = [], random.Random(0)
    for number in range(max(1, decisions // _KEPT)):
        chat = f"{name} {number}"
        await engine.p_answer(chat, group_prompt(engine.codec, 8, chat))
        for more in range(1, _KEPT + 1):
            prompt = group_prompt(engine.codec, 8 + more, chat)
            await asyncio.sleep(chance.expovariate(1 / _BETWEEN))
            found.append(await milliseconds(engine, chat, prompt))
    return found


@asynccontextmanager
async def _talking(engine: Engine) -> AsyncIterator[Callable[[], int]]:
    """Writes replies all the while, each after one message more; yields how to ask for the tokens written so far.

    Begins when each chat has had its first reply, for which all is read anew.
    """
    written = 0

    async def one(number: int, turn: int) -> None:
        nonlocal written
        prompt = group_prompt(engine.codec, 3 + turn % 5, f"talk {number}")
        written += await reply(engine, f"talk {number}", prompt, turn)

    async def talk(number: int) -> None:
        for turn in count(1):
            await one(number, turn)

    await asyncio.gather(*(one(number, 0) for number in range(_LOAD)))
    talks = [asyncio.create_task(talk(number)) for number in range(_LOAD)]
    try:
        yield lambda: written
    finally:
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
