"""python -m training.recipes.talk train|export|identify"""

import argparse
import sys
from pathlib import Path

from bot.config.embedded import EMBEDDED_EN
from bot.errors import EchoesError
from training.recipes.talk.courses import COURSES


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.recipes.talk", description="Teaches an embedded model's first LoRA how people talk."
    )
    parser.add_argument("--work", type=Path, default=Path("~/.cache/echoes/talk").expanduser(), help="kept in between")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "train", help="learn, going on where it stopped: in English from the LoRA that ships on"
    )
    train.add_argument(
        "talks", type=Path, nargs="+", help="chitchat.jsonl.gz, or Chinese files: see conversations.py and chinese.py"
    )
    train.add_argument("--base", choices=COURSES, default=EMBEDDED_EN, help="the base model (default: %(default)s)")
    train.add_argument("--tokens", type=int, default=300_000, help="to read (default: %(default)s)")
    commands.add_parser("export", help="write the finished weights of the base model they are for into the package")
    whose = commands.add_parser(
        "identify", help="see whether the untrained avatar has the style of who it was taught with"
    )
    whose.add_argument("talks", type=Path, help="the chitchat.jsonl.gz that the LoRA that ships was taught with")
    whose.add_argument("--tokens", type=int, default=300_000, help="that were read of it (default: %(default)s)")
    args = parser.parse_args(arguments)
    try:
        from training.recipes.talk import identify, work  # torch is imported only now

        if args.command == "train":
            work.train(COURSES[args.base], args.talks, args.work, args.tokens)
        elif args.command == "identify":
            identify.identify(args.talks, args.work, args.tokens)
        else:
            print(work.export(args.work))
    except EchoesError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
