"""llama.cpp's server asked directly, beside our engine, on the same file: what there is to reach."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing

from bot.chat.prompt import Prompt
from bot.engine.llama.engine import LlamaEngine
from bot.engine.llama.writing import drawing


async def plain_rate(engine: LlamaEngine, prompts: Sequence[Prompt], tokens: int) -> float:
    """Returns the tokens a second of as many plain completions at once, each of that length, read anew."""
    server = await engine.server()

    async def one(prompt: Prompt) -> int:
        body = {"prompt": list(prompt.ids), "n_predict": tokens, "ignore_eos": True, "cache_prompt": True}
        written = 0
        async with aclosing(server.events("/completion", body | drawing(1.0, 0.95))) as events:
            async for event in events:
                written = int(event.get("tokens_predicted", written))
        return written

    began = time.perf_counter()
    written = await asyncio.gather(*map(one, prompts))
    return sum(written) / (time.perf_counter() - began)
