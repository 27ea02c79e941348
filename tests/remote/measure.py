"""Measures how engines agree with transformers, and what they cost: `python -m tests.remote.measure [URL]`.

URL: a vLLM that serves the embedded model (docs/remote.md). Without it the engine in process is measured alone.
"""

import asyncio
import math
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import torch

from bot.chat.prompt import Fingerprint, Prompt
from bot.engine.base import Engine
from bot.engine.embedded import embedded_id, ensure_embedded
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.engine.remote import RemoteEngine
from bot.media import MediaStore
from tests.remote.asking import Asked, served
from tests.remote.cases import CASES, GREEDY, Case
from tests.remote.conftest import COLOURS
from tests.remote.reference import Reference
from tests.support import picture

CONTEXT = 2048
LENGTHS = (200, 1000)
ROUNDS = 5
WORDS = 48


async def main(url: str | None) -> None:
    torch.set_num_threads(1)
    folder = ensure_embedded()
    with tempfile.TemporaryDirectory() as place:
        photos = MediaStore(Path(place))
        digests = {name: photos.put(picture(*what)) for name, what in COLOURS.items()}
        loaded, reference = load(str(folder), device="cpu"), Reference(folder)
        for kind in ("in process", "vLLM", "vLLM, chat") if url else ("in process",):
            async with made(kind, url, loaded, photos) as engine:
                asked = Asked(kind, engine, photos, digests.__getitem__, reference)
                print(f"{kind}: {await agreement(asked)}")
                for length in LENGTHS if "chat" not in kind else ():
                    print(f"  {await decisions(asked, length)}")
                for name in ("one photo", "bursts and bubbles"):
                    print(f"  {name}: {await replies(asked, name)}")


@asynccontextmanager
async def made(kind: str, url: str | None, loaded: LoadedModel, photos: MediaStore) -> AsyncIterator[Engine]:
    if url is None or kind == "in process":
        local = LocalEngine(loaded, photos, max_context=CONTEXT)
        yield local
        await local.aclose()
        return
    codec = codec_for(loaded, photos)
    fingerprint = Fingerprint.of(embedded_id(), codec)
    remote = await RemoteEngine.connect(url, await served(url), codec, fingerprint, photos, CONTEXT)
    if "chat" in kind:
        remote._photo_route = remote._chat
    yield remote
    await remote.aclose()


async def agreement(asked: Asked) -> str:
    """Over the cases: the largest difference in the log-probability of silence, and how many greedy replies equal."""
    differences, equal = [], 0
    for case in CASES:
        prompt, (silence, reply) = asked.prompt(case), asked.expected(case)
        differences.append(abs(math.log1p(-await asked.engine.p_answer("agreement", prompt)) - silence))
        equal += reply == "".join([piece async for piece in asked.engine.reply("agreement", prompt, case.sampling)])
    far = max(zip(differences, (case.name for case in CASES), strict=True))
    return f"silence within {far[0]:.1e} nats ({far[1]}), {equal} of {len(CASES)} greedy replies equal"


async def decisions(asked: Asked, length: int) -> str:
    """What a decision takes when the chat is new, and when one message was added."""
    case = next(case for case in CASES if "silences and gaps" in case.name)
    longer = [case.prompt(asked.engine.codec, asked.photo)]
    turns = case.turns
    while len(longer[-1].ids) < length:
        turns += case.turns
        longer.append(replace(case, turns=turns).prompt(asked.engine.codec, asked.photo))
    new, grown = [], []
    for number in range(ROUNDS):
        turns = (replace(case.turns[0], at=case.turns[0].at.replace(year=2000 + number + length)), *turns[1:])
        other = Case("", replace(case.scene, title=f"{length} {number} {time.time()}"), turns)
        new.append(await seconds(asked.engine, other.prompt(asked.engine.codec, asked.photo)))
        other = replace(other, turns=(*turns, *case.turns[:1]))
        grown.append(await seconds(asked.engine, other.prompt(asked.engine.codec, asked.photo)))
    return (
        f"decision at {len(longer[-1].ids)} tokens: {1000 * statistics.median(new):.0f} ms in a new chat, "
        f"{1000 * statistics.median(grown):.0f} ms for one message more"
    )


async def seconds(engine: Engine, prompt: Prompt) -> float:
    began = time.perf_counter()
    await engine.p_answer("measured", prompt)
    return time.perf_counter() - began


async def replies(asked: Asked, name: str) -> str:
    prompt = asked.prompt(next(case for case in CASES if case.name == name))
    sampling = replace(GREEDY, temperature=1.0, max_tokens=WORDS)
    firsts, rates = [], []
    for seed in range(ROUNDS):
        began = time.perf_counter()
        arrivals, text = [], ""
        async for piece in asked.engine.reply("measured", prompt, replace(sampling, seed=seed)):
            arrivals.append(time.perf_counter())
            text += piece
        firsts.append(arrivals[0] - began)
        if len(arrivals) > 4:
            rates.append((len(asked.engine.codec.encode(text)) - 1) / (arrivals[-1] - arrivals[0]))
    return f"first piece after {1000 * statistics.median(firsts):.0f} ms, {statistics.median(rates):.1f} tokens/s"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
