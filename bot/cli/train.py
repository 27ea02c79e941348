"""`echoes train`: fine-tunes the LoRA, with a progress bar, and goes on where it was interrupted."""

import argparse
from dataclasses import replace

from adapters.registry import installed
from bot.config import load_config
from bot.errors import ExitCode
from bot.secrets import load_secrets
from bot.workspace import Workspace
from training.finetune import PRESETS, Bar, TrainSettings, train


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minutes",
        type=float,
        metavar="N",
        help="how long all of it may take, calibration too (default: as long as the epochs last)",
    )
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default="tuned",
        help="tuned: our best (default); paper: the values of the founding paper",
    )
    parser.add_argument("--name", help="of the LoRA, a folder in loras/ (default: date and time)")
    parser.add_argument("--epochs", type=int, metavar="N", help="how often everything is read (default: the preset's)")
    parser.add_argument("--tokens", type=int, metavar="N", help="how many to read, instead of --epochs, at any speed")
    parser.add_argument("--length", type=int, metavar="TOKENS", help="of a dialogue at most (default: the preset's)")
    parser.add_argument("--rank", type=int, metavar="R", help="of the LoRA (default: the preset's)")
    parser.add_argument("--learning-rate", type=float, metavar="RATE", help="at its peak (default: the preset's)")
    parser.add_argument(
        "--writing-share",
        type=float,
        metavar="SHARE",
        help="of what is learnt, how much may be diary, letters, e-mail and posts (default: a third)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for another order of the data (default: 0)")
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="that share each step, one a GPU; on a CPU one is mostly best (default: 1)",
    )
    parser.add_argument(
        "--shard",
        action="store_true",
        help="divide the model's layers among the processes: for one that no single GPU holds",
    )
    parser.add_argument(
        "--canaries",
        action="store_true",
        help="for an audit: plant made-up secrets and measure what is kept; such a LoRA never speaks",
    )
    parser.add_argument(
        "--show",
        action="store_true",
        help="say what it answers to three real questions, before, half-way and at the end: private words",
    )
    parser.add_argument("--fresh", action="store_true", help="start over instead of going on with an unfinished run")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    load_config(workspace.config, installed())  # its mistakes about platforms, too, which training does not know
    asked = vars(args)
    numbers = ("epochs", "length", "rank", "learning_rate", "writing_share")
    changes = {name: asked[name] for name in numbers if asked[name] is not None}
    if "rank" in changes:  # the same strength at another rank
        preset = PRESETS[args.preset]
        changes["alpha"] = max(1, round(preset.alpha * args.rank / preset.rank))
    if "learning_rate" in changes:
        changes["wide_rate"] = None
    settings = TrainSettings(
        replace(PRESETS[args.preset], **changes),
        args.name,
        args.minutes,
        args.fresh,
        args.seed,
        tokens=args.tokens,
        canaries=args.canaries,
        processes=args.processes,
        shard=args.shard,
        show=args.show,
        server_token=load_secrets(()).get("server_token"),
    )
    with Bar() as bar:
        folder = train(workspace, settings, bar)
    print(f"Trained: {folder} (see {folder / 'card.md'}).")
    return ExitCode.OK
