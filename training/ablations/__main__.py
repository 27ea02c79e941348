"""`python -m training.ablations WORKSPACE --tokens N`: trains what is to be compared, measures it, writes a table."""

import argparse
import sys
from pathlib import Path

from bot.errors import EchoesError
from bot.workspace import Workspace
from training.ablations.run import Asked, compare
from training.ablations.variants import VARIANTS, chosen
from training.finetune import Bar


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m training.ablations", description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--tokens", type=int, required=True, metavar="N", help="that each of them reads")
    parser.add_argument("--only", metavar="NAMES", help=f"some of {', '.join(VARIANTS)}")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of weights and order, the same for all")
    parser.add_argument("--measure", action="store_true", help="train nothing: measure what is there")
    asked = parser.parse_args(words)
    try:
        names = [name.strip() for name in asked.only.split(",")] if asked.only else None
        with Bar() as bar:
            path = compare(
                Workspace.open(asked.workspace),
                Asked(tuple(chosen(names)), asked.tokens, asked.seed, train=not asked.measure),
                bar,
            )
        print(path.read_text("utf-8"))
        return 0
    except EchoesError as error:
        print(error, file=sys.stderr)
        return int(error.code)
    except KeyboardInterrupt:
        print("Stopped: the same command goes on from here.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
