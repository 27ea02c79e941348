"""How much of vLLM's own throughput reaches the avatar: `python -m tests.remote.throughput URL`.

Replies to several chats at once, piece by piece as the daemon asks, as a batch as the evaluation does, and
asked of the server directly, with the same ids, seeds and settings, in turns. All have read the prompts before.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import aiohttp

from bot.chat.prompt import Fingerprint, Prompt
from bot.engine.describe import codec_for, describe
from bot.engine.embedded import embedded_id
from bot.engine.remote import RemoteEngine
from bot.engine.remote_batch import RemoteBatchEngine
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.remote.asking import served, whole
from tests.remote.cases import CASES

AT_ONCE = (8, 32)
ROUNDS = 4
WRITING = Sampling(temperature=1.0, max_tokens=32)


async def main(url: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        media = MediaStore(Path(place))
        codec = codec_for(describe("embedded"), media)
        engine = await RemoteBatchEngine.connect(
            url, await served(url), codec, Fingerprint.of(embedded_id(), codec), media, 1024
        )
        asked = [case.prompt(codec, str) for case in CASES if not case.with_photos]
        async with aiohttp.ClientSession() as session:
            for number in AT_ONCE:
                prompts = [asked[one % len(asked)] for one in range(number)]
                rates: dict[str, list[float]] = {"chats": [], "batch": [], "directly": []}
                for _ in range(ROUNDS):  # the first reads the prompts
                    rates["chats"].append(await as_chats(engine, prompts))
                    rates["batch"].append(await as_batch(engine, prompts))
                    rates["directly"].append(await directly(session, url, engine, prompts))
                for way, found in rates.items():
                    ratios = [one / other for one, other in zip(found[1:], rates["directly"][1:], strict=True)]
                    print(
                        f"{number} at once, {way}: {statistics.median(found[1:]):.1f} tokens/s, ratio "
                        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                        flush=True,
                    )
        await engine.aclose()


async def as_batch(engine: RemoteBatchEngine, prompts: list[Prompt]) -> float:
    began, tokens = time.perf_counter(), 0
    async for found in engine.write_replies(prompts, range(len(prompts)), WRITING):
        tokens += sum(len(engine.codec.encode(text)) for text in found.values())
    return tokens / (time.perf_counter() - began)


async def as_chats(engine: RemoteEngine, prompts: list[Prompt]) -> float:
    """Tokens a second."""
    began = time.perf_counter()
    replies = [engine.reply("", prompt, replace(WRITING, seed=seed)) for seed, prompt in enumerate(prompts)]
    texts = await asyncio.gather(*map(whole, replies))
    return sum(len(engine.codec.encode(text)) for text in texts) / (time.perf_counter() - began)


async def directly(session: aiohttp.ClientSession, url: str, engine: RemoteEngine, prompts: list[Prompt]) -> float:
    name = await served(url)

    async def ask(seed: int, prompt: Prompt) -> str:
        options = engine._options(prompt, replace(WRITING, seed=seed))
        body = {"model": name, "prompt": list(prompt.ids), "cache_salt": "directly", **options}
        async with session.post(f"{url}/completions", json=body) as response:
            return str((await response.json())["choices"][0]["text"])

    began = time.perf_counter()
    texts = await asyncio.gather(*(ask(seed, prompt) for seed, prompt in enumerate(prompts)))
    return sum(len(engine.codec.encode(text)) for text in texts) / (time.perf_counter() - began)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
