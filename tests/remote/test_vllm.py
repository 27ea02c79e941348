"""What only a real vLLM can show: that it stops when it is told to."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

from bot.chat.prompt import Fingerprint
from bot.engine.embedded import embedded_id
from bot.engine.models import LoadedModel, codec_for
from bot.engine.remote import RemoteEngine
from bot.media import MediaStore
from tests.remote.asking import CONTEXT, VLLM, needs_vllm, running, served
from tests.remote.cases import CASES, GREEDY


@needs_vllm
async def test_closing_a_reply_stops_vllm(loaded: LoadedModel, photos: MediaStore, photo: Callable[[str], str]) -> None:
    assert VLLM is not None
    codec = codec_for(loaded, photos)
    fingerprint = Fingerprint.of(embedded_id(), codec)
    engine = await RemoteEngine.connect(VLLM, await served(VLLM), codec, fingerprint, photos, CONTEXT)
    for name in ("bursts and bubbles", "one photo"):
        prompt = next(case for case in CASES if case.name == name).prompt(codec, photo)
        endless = replace(GREEDY, temperature=1.5, top_p=1.0, max_tokens=800, seed=3)
        async with aclosing(engine.reply("chat", prompt, endless)) as pieces:
            await anext(pieces)
            await anext(pieces)
        closed = time.monotonic()
        while await running(VLLM):
            assert time.monotonic() - closed < 5
            await asyncio.sleep(0.1)
    await engine.aclose()
