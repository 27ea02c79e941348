"""`echoes evaluate`: examines the avatar on the last days, which nothing was trained on, and writes a report."""

import argparse
import sys
from pathlib import Path

from adapters.registry import installed
from bot.cli.table import table
from bot.config import load_config
from bot.errors import ExitCode, UsageError
from bot.lora import NONE
from bot.secrets import load_secrets
from bot.workspace import Workspace

_PANELS = ("style", "likelihood", "context", "memory", "decision", "personality", "privacy", "talk")
_QUICK = ("style", "likelihood", "decision")
_COLUMN = 60  # characters that one cell may take at the terminal


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        metavar="PANELS",
        help=f"what to examine, of {','.join(_PANELS)} (default: all; with --quick {', '.join(_QUICK)})",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="ask at most N of each kind of question, spread evenly")
    parser.add_argument("--quick", action="store_true", help="a first answer in about two minutes, in three lines")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--lora", metavar="NAME", help="which one (default: what config.yaml says)")
    model.add_argument("--base", action="store_true", help="the base model without a LoRA")
    model.add_argument(
        "--no-model", action="store_true", help="only what needs no model: the simple rules of when to answer"
    )
    parser.add_argument("--against", metavar="LORA", help="a second LoRA to put beside it, asked the same")
    parser.add_argument("--json", action="store_true", help="print the measures for scripts (what report.json holds)")
    parser.add_argument(
        "--embedding-model", type=Path, metavar="DIR", help="a folder with an embedding model: a third judge of style"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the report goes (default: in the workspace)")


def run(args: argparse.Namespace) -> int:
    only = _only(args)
    if args.limit is not None and args.limit < 1:
        raise UsageError("--limit must be 1 or more.")
    if args.against and (args.base or args.no_model):
        raise UsageError("--against compares two LoRAs: leave out --base and --no-model.")
    if args.out is not None and args.out.exists() and not args.out.is_dir():
        raise UsageError(f"--out: {args.out} is not a folder.")
    if args.embedding_model is not None and not args.embedding_model.is_dir():
        raise UsageError(f"--embedding-model: {args.embedding_model} is not a folder.")
    workspace = Workspace.open(args.workspace)
    load_config(workspace.config, installed())  # its mistakes about platforms, too, which the evaluation does not know

    from training.evaluation.limits import FULL, QUICK
    from training.evaluation.report import lines, summary, tables, to_json
    from training.evaluation.run import EvaluateSettings, evaluate, with_limit

    settings = EvaluateSettings(
        only,
        with_limit(QUICK if args.quick else FULL, args.limit),
        args.quick,
        NONE if args.base else args.lora,
        args.against,
        not args.no_model,
        out=args.out,
        embedding_model=args.embedding_model,
        server_token=load_secrets(()).get("server_token"),
    )
    written = evaluate(workspace, settings, lambda text: print(text, file=sys.stderr, flush=True))
    if args.json:
        print(to_json(written.report))
        return ExitCode.OK
    if args.quick:
        print(*lines(written.report), sep="\n")
    else:
        print(*summary(written.report), sep="\n")
        for one in tables(written.report):
            print("", one.title, sep="\n")
            if one.rows:
                print(table(one.head, one.rows, _COLUMN))
            print(*one.below, sep="\n")
    print(f"\n{written.html}")
    return ExitCode.OK


def _only(args: argparse.Namespace) -> frozenset[str]:
    usual = _QUICK if args.quick else _PANELS
    only = frozenset(args.only.replace(" ", "").strip(",").split(",") if args.only is not None else usual)
    if unknown := sorted(only - set(_PANELS)):
        shown = ", ".join(one or "nothing" for one in unknown)
        raise UsageError(f"--only: {shown} cannot be examined: choose from {', '.join(_PANELS)}.")
    if args.no_model and "decision" not in only:
        raise UsageError("--no-model leaves nothing to examine but decision: leave it out, or add decision to --only.")
    return only
