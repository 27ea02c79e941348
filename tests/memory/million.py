"""How long it takes to remember among a million messages: `python -m tests.memory.million [--messages N]`."""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import psutil

from bot.memory.index import Index, Place, Words

_VOCABULARY = 60_000  # words, as often as words are: the nth 1/n times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--chats", type=int, default=50)
    args = parser.parse_args()
    rng = random.Random(0)
    words = [f"{rng.choice('bcdfghklmnprst')}{number:x}" for number in range(_VOCABULARY)]
    weights = list(accumulate(1 / rank for rank in range(1, _VOCABULARY + 1)))
    each = args.messages // args.chats

    def said() -> Iterator[Words]:
        for number in range(1, each + 1):
            yield Words(number, number * 60.0, " ".join(rng.choices(words, cum_weights=weights, k=8)))

    with tempfile.TemporaryDirectory() as folder, Index.open(Path(folder) / "memory.sqlite") as index:
        began = time.process_time()
        for chat in range(args.chats):
            index.take(Place(f"corpus/{chat}", ""), said())
        built = time.process_time() - began
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        took = []
        for number in range(500):
            asked = " ".join(rng.choices(words, cum_weights=weights, k=10))
            began = time.perf_counter()
            index.find([f"corpus/{number % args.chats}"], asked, each * 60.0)
            took.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        index.drop(["corpus/0"])
        dropped = time.perf_counter() - began
    took.sort()
    print(
        f"{args.messages:,} messages in {args.chats} chats: taken in {built:.0f} s of CPU, {size / 1e6:.0f} MB; "
        f"found in {took[250]:.1f} ms (99 of 100 within {took[495]:.1f}); one chat forgotten in {dropped:.1f} s; "
        f"{psutil.Process().memory_info().rss / 1e6:.0f} MB of memory."
    )


if __name__ == "__main__":
    main()
