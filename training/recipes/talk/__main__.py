"""python -m training.recipes.talk train|export"""

import argparse
import sys
from pathlib import Path

from bot.errors import EchoesError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.recipes.talk", description="Teaches the embedded model's first LoRA how people talk."
    )
    parser.add_argument("--work", type=Path, default=Path("~/.cache/echoes/talk").expanduser(), help="kept in between")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="learn from the LoRA that ships on, going on where it stopped")
    train.add_argument("talks", type=Path, help="chitchat.jsonl.gz, see training/recipes/talk/conversations.py")
    train.add_argument("--tokens", type=int, default=300_000, help="to read (default: %(default)s)")
    commands.add_parser("export", help="write the finished weights into the package")
    args = parser.parse_args(arguments)
    try:
        from training.recipes.talk import work  # torch is imported only now

        if args.command == "train":
            work.train(args.talks, args.work, args.tokens)
        else:
            print(work.export(args.work))
    except EchoesError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
