"""What a chat pays that comes back after a thousand others: `python -m tests.llama.thousand`.

Reads so many chats of so many tokens, one after another, then one message more of each of the last hundred. Everything
can be made smaller alike: `--scale 10` takes a tenth of the tokens, of the context and of the memory.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from tqdm import tqdm

from bot.chat.prompt import Codec, Prompt
from bot.config.embedded import EMBEDDED
from bot.engine.describe import describe
from bot.engine.llama.batch import LlamaBatchEngine
from bot.engine.llama.quantizing import Quantize
from bot.media import MediaStore
from tests.llama.conftest import asked

_WORDS = ("is", "it", "far", "from", "the", "station", "we", "said", "nine", "at", "old", "bridge", "rain", "bread")


def prompt(codec: Codec, chat: int, tokens: int, *, more: str = "") -> Prompt:
    """A chat of its own of about so many tokens, or with one message more."""
    chance, lines = random.Random(chat), [f"this is chat {chat}"]
    while len((made := asked(codec, *lines)).ids) < tokens:
        lines.append(" ".join(chance.choices(_WORDS, k=12)))
    return asked(codec, *lines, more) if more else made


async def measure(chats: int, back: int, tokens: int, megabytes: float, context: int, quantize: Quantize) -> None:
    lasts = range(chats - 1, chats - back - 1, -1)  # the newest first: a chat that comes back drives out the oldest
    with tempfile.TemporaryDirectory() as folder:
        engine = await LlamaBatchEngine.start(
            describe(EMBEDDED),
            MediaStore(Path(folder)),
            quantize=quantize,
            max_context=context,
            cache_bytes=round(megabytes * 1_000_000),
        )
        try:
            anew = [
                await _decided(engine, chat, prompt(engine.codec, chat, tokens))
                for chat in tqdm(range(chats), unit="chat", desc="read anew")
            ]
            again = [
                await _decided(engine, chat, prompt(engine.codec, chat, tokens, more="and who brings the bread?"))
                for chat in tqdm(lasts, unit="chat", desc="one message more")
            ]
        finally:
            await engine.aclose()
    shares = [one[0] / other[0] for one, other in zip(again, (anew[chat] for chat in lasts), strict=True)]
    seconds = statistics.median(one[1] for one in again) / statistics.median(one[1] for one in anew)
    print(
        f"{quantize}, {chats} chats of {statistics.mean(one[0] for one in anew):.0f} tokens, {megabytes:.0f} MB: "
        f"of the last {back}, {sum(share < 0.25 for share in shares)} read less than a quarter again "
        f"(median {statistics.median(shares):.0%}, most {max(shares):.0%}); "
        f"time {seconds:.0%} of reading anew (medians)"
    )


async def _decided(engine: LlamaBatchEngine, chat: int, said: Prompt) -> tuple[int, float]:
    """How many positions were read for a decision, and in how many seconds."""
    before, began = engine.positions_read, time.perf_counter()
    await engine.p_answer(f"chat {chat}", said)
    return engine.positions_read - before, time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--back", type=int, default=100, help="how many of the last come back (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=1000, help="of a chat (default: %(default)s)")
    parser.add_argument("--megabytes", type=float, default=2000, help="for the caches (default: %(default)s)")
    parser.add_argument("--context", type=int, default=2048, help="model.context_tokens (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1, help="tokens, context and memory are divided by it")
    parser.add_argument("--quantize", choices=("f16", "q8_0", "q4_k_m"), default="q8_0")
    asked_for = parser.parse_args()
    by = asked_for.scale
    asyncio.run(
        measure(
            asked_for.chats,
            min(asked_for.back, asked_for.chats),
            round(asked_for.tokens / by),
            asked_for.megabytes / by,
            round(asked_for.context / by),
            asked_for.quantize,
        )
    )
