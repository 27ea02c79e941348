"""The command `echoes`: the only place where the daemon, the adapters and training meet."""

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.errors import EchoesError, ExitCode

COMMANDS = {
    "init": ("bot.cli.init", "make a workspace: the folder that holds one avatar"),
    "import": ("bot.cli.import_", "read exported chats into the workspace"),
    "subject": ("bot.cli.subject", "say whom the avatar is to be"),
    "people": ("bot.cli.people", "list the contacts; set relationships and accounts"),
    "consent": ("bot.cli.consent", "record who agreed to the avatar, to what, until when"),
    "train": ("bot.cli.train", "fine-tune the LoRA"),
    "evaluate": ("bot.cli.evaluate", "measure the avatar on days it was not trained on"),
    "doctor": ("bot.cli.doctor", "check everything before a start"),
    "run": ("bot.cli.run", "run the avatar on its platforms"),
    "aside": ("bot.cli.aside", "see what failed again and again and was set aside; try it again"),
    "bench": ("bot.cli.bench", "measure what a decision and a reply cost here"),
    "demo": ("bot.cli.demo", "all of it with the sample subject, in a browser"),
}
"""In the order of the journey. A command's module is imported only when it is used."""


def _command(arguments: Sequence[str]) -> str | None:
    """The first word that is neither an option nor the workspace's folder."""
    words = iter(arguments)
    for word in words:
        if word in ("-w", "--workspace"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="echoes", description="Keeps a person's voice: from exported chats to a living avatar."
    )
    parser.add_argument(
        "-w",
        "--workspace",
        type=Path,
        default=Path(os.environ.get("ECHOES_WORKSPACE", ".")),
        metavar="DIR",
        help="the avatar's folder (default: $ECHOES_WORKSPACE, or this folder)",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="the journey, in order")
    chosen = _command(arguments)
    for name, (module, summary) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == chosen:
            importlib.import_module(module).configure(subparser)
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help()
        return ExitCode.OK
    try:
        return int(importlib.import_module(COMMANDS[args.command][0]).run(args))
    except EchoesError as error:
        print(f"echoes: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `echoes people | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    finally:
        logging.shutdown()
