"""`echoes evaluate`: measures the avatar on the last days, which nothing was trained on; prints no one's words."""

import argparse
import sys

from bot.cli.table import table
from bot.errors import ExitCode, UsageError
from bot.lora import NONE
from bot.workspace import Workspace

_PARTS = ("decision", "likelihood")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        metavar="PARTS",
        help=f"what to measure, of {', '.join(_PARTS)} (default: all of it)",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="read only N dialogues of the test days, spread evenly")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--lora", metavar="NAME", help="which one (default: what config.yaml says)")
    model.add_argument("--base", action="store_true", help="the base model without a LoRA")
    model.add_argument("--no-model", action="store_true", help="only what needs no model: the simple gates")
    parser.add_argument("--json", action="store_true", help="print evaluation.json instead of tables")


def run(args: argparse.Namespace) -> int:
    parts = frozenset(args.only.replace(" ", "").split(",")) if args.only else frozenset(_PARTS)
    if unknown := sorted(parts - set(_PARTS)):
        raise UsageError(f"--only: {', '.join(unknown)} cannot be measured: choose from {', '.join(_PARTS)}.")
    if args.no_model and "decision" not in parts:
        raise UsageError("--no-model leaves nothing to measure of the likelihood: leave it out.")
    if args.limit is not None and args.limit < 1:
        raise UsageError("--limit must be 1 or more.")
    workspace = Workspace.open(args.workspace)

    from training.evaluation import show
    from training.evaluation.run import EvaluateSettings, as_json, evaluate

    settings = EvaluateSettings(parts, args.limit, NONE if args.base else args.lora, not args.no_model)
    result = evaluate(workspace, settings, lambda text: print(text, file=sys.stderr, flush=True))
    if args.json:
        print(as_json(result))
        return ExitCode.OK
    print(show.heading(result))
    if "decision" in parts:
        print()
        if result.decision is None:
            print("Answer or stay silent: not measurable, for there are too few answers in groups on the test days.")
        else:
            print(show.decision_heading(result.decision), table(*show.gates(result.decision)), sep="\n\n", end="\n\n")
            print(table(*show.strata(result.decision)))
            print("", *show.differences(result.decision), sep="\n")
    if result.likelihood:
        print("", table(*show.likelihood(result.likelihood)), sep="\n")
    return ExitCode.OK
