"""The caches of llama.cpp's slots take memory only as they are used."""

import sys
from pathlib import Path

import pytest

from bot.config.embedded import EMBEDDED
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.llama.conftest import asked, starting

CACHES = 5 * 4104 * 30 * 2 * 3 * 64 * 2
"""Bytes: slots, positions, layers, keys and values, heads, numbers in a head, 16 bits."""


def anonymous(pid: int | None) -> int:
    """Bytes of a process's memory that belong to no file."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own account is read")
async def test_what_is_not_read_yet_takes_none(media: MediaStore) -> None:
    async with starting(media) as begin:
        engine = await begin(EMBEDDED, max_context=4096, cache_bytes=1_000_000_000)
        idle = anonymous(engine.pid)
        assert idle < CACHES / 2
        prompt = asked(engine.codec, "is it far from the station? we said nine at the old bridge. " * 10)
        sampling = Sampling(temperature=0, presence_penalty=0.0, max_tokens=8, seed=1)
        replies = [[piece async for piece in engine.reply(chat, prompt, sampling)] for chat in "ab"]
        assert replies[0] == replies[1] != []
        assert idle < anonymous(engine.pid) < idle + CACHES / 2
