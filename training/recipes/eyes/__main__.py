"""python -m training.recipes.eyes fetch|train|export|measure|name [--config training/recipes/eyes/eyes.yaml]"""

import argparse
import sys
from pathlib import Path

from bot.errors import EchoesError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.recipes.eyes", description="Makes the embedded model's eyes."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=Path(__file__).with_name("eyes.yaml"))
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", parents=[common], help="fetch the pictures (npm) and draw them once")
    train = commands.add_parser("train", parents=[common], help="train, going on where it stopped")
    train.add_argument("--slow-start", action="store_true", help="compile nothing: faster for a few steps")
    export = commands.add_parser("export", parents=[common], help="write the finished weights into the package")
    export.add_argument("--to", type=Path, help="another file")
    measure = commands.add_parser("measure", parents=[common], help="what the weights see, on what was never learnt")
    measure.add_argument("--pictures", type=int, default=300, help="of each kind, at most")
    measure.add_argument("--weights", type=Path, help="another file of weights")
    measure.add_argument(
        "--lora", default="first", help="`none`, or the folder of a trained one (default: the one that ships)"
    )
    measure.add_argument("--show", type=Path, nargs="*", default=(), help="say only what these picture files show")
    called = commands.add_parser("name", parents=[common], help="what the shipped tower calls them by itself")
    called.add_argument("--pictures", type=int, default=1000, help="of each kind, at most")
    called.add_argument("--others", type=Path, help="a folder of photos that it cannot know")
    args = parser.parse_args(arguments)
    try:
        from training.recipes.eyes import work  # torch is imported only now
        from training.recipes.eyes.config import load_recipe

        recipe = load_recipe(args.config)
        if args.command == "fetch":
            work.fetch_pictures(recipe)
        elif args.command == "train":
            work.train(recipe, fast=not args.slow_start)
        elif args.command == "export":
            work.export(recipe, to=args.to)
        elif args.command == "name":
            work.name(recipe, args.pictures, args.others)
        elif args.show:
            work.show(recipe, args.weights, args.lora, args.show)
        else:
            work.measure(recipe, args.weights, args.lora, args.pictures)
    except EchoesError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
