"""Replies in which nothing can be seen: they are tried again with other seeds, the same ones on every engine."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from bot.errors import EchoesError
from bot.sampling import Sampling

TRIES = 3
"""Of one reply of a batch; the daemon, too, tries a message again."""


class UnseenError(EchoesError):
    """A reply in which nothing can be seen."""


def seed_of(seed: int, attempt: int) -> int:
    """Returns the seed of an attempt, the first of which is 0 and has the seed itself."""
    return (seed + attempt * 0x9E3779B97F4A7C15) % (1 << 63)


async def seen_reply(write: Callable[[Sampling], AsyncGenerator[str, None]], seed: int, sampling: Sampling) -> str:
    """Returns a whole reply, written with its seed or, where nothing could be seen, another; empty at last."""
    for attempt in range(TRIES):
        try:
            return "".join([piece async for piece in write(replace(sampling, seed=seed_of(seed, attempt)))])
        except UnseenError:
            continue
    return ""
