"""llama.cpp's server asked directly, beside our engine, on the same file: what there is to reach."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing

from bot.chat.prompt import Prompt
from bot.engine.llama.engine import LlamaEngine
from bot.engine.llama.writing import drawing
from bot.sampling import Sampling


async def plain_rate(engine: LlamaEngine, prompts: Sequence[Prompt], lengths: Sequence[int]) -> float:
    """Returns the tokens a second of as many plain completions at once, of those lengths, their prompts read anew."""
    server = await engine.server()

    async def one(prompt: Prompt, tokens: int) -> int:
        body = {"prompt": list(prompt.ids), "n_predict": tokens, "ignore_eos": True, "cache_prompt": True}
        written = 0
        async with aclosing(server.events("/completion", body | drawing(Sampling(1.0)))) as events:
            async for event in events:
                written = int(event.get("tokens_predicted", written))
                if event.get("stop"):
                    break
        return written

    began = time.perf_counter()
    written = await asyncio.gather(*map(one, prompts, lengths))
    return sum(written) / (time.perf_counter() - began)
