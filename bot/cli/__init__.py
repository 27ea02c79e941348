"""The command `echoes`: the only place where the daemon, the adapters and training meet."""

import argparse
import importlib
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.engine.cores import share_cores
from bot.errors import EchoesError, ExitCode
from bot.files import refusal

COMMANDS = {
    "init": ("bot.cli.init", "make a workspace: the folder that holds one avatar"),
    "import": ("bot.cli.import_", "read exported chats into the workspace, and diaries, letters, e-mail and posts"),
    "transcribe": ("bot.cli.transcribe", "write down what is said in imported voice messages and videos"),
    "writings": ("bot.cli.writings", "list what was written outside of chats; remove some of it"),
    "subject": ("bot.cli.subject", "say whom the avatar is to be"),
    "people": ("bot.cli.people", "list the contacts; set relationships and accounts"),
    "questionnaire": ("bot.cli.questionnaire", "answer the questionnaire and the statements, in a browser or here"),
    "personality": ("bot.cli.personality", "see what comes of the statements; tell the avatar of it, or not"),
    "consent": ("bot.cli.consent", "record who agreed to the avatar, to what, until when"),
    "prepare": ("bot.cli.prepare", "see what becomes of every message: learnt, measured by, or left out and why"),
    "show": ("bot.cli.show", "print a dialogue as the model sees it"),
    "train": ("bot.cli.train", "fine-tune the LoRA"),
    "calibrate": ("bot.cli.calibrate", "fit again when to answer in groups, by the engine that serves"),
    "evaluate": ("bot.cli.evaluate", "measure the avatar on days it was not trained on"),
    "memory": ("bot.cli.memory", "see what the avatar remembers of a contact; add to it, strike out"),
    "release": ("bot.cli.release", "choose exchanges that others may see, for the register of a relationship"),
    "doctor": ("bot.cli.doctor", "check everything before a start"),
    "run": ("bot.cli.run", "run the avatar on its platforms"),
    "why": ("bot.cli.why", "see why it answered or kept silent in a group"),
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
    share_cores()
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
        code = int(importlib.import_module(COMMANDS[args.command][0]).run(args))
        sys.stdout.flush()  # here, and not when all is over, is found out whether it could be written
        return code
    except EchoesError as error:
        _print_error(error)
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `echoes people | head`: the reader has seen enough
        _leave_output()
        return 141
    except OSError as error:
        _print_error(refusal(error, f"A file in {args.workspace}") or f"The machine refused something ({error}).")
        return ExitCode.FAILED
    except sqlite3.Error as error:
        if (sentence := refusal(error, f"A database in {args.workspace}")) is None:
            raise
        _print_error(sentence)
        return ExitCode.FAILED
    finally:
        logging.shutdown()


def _print_error(sentence: object) -> None:
    with suppress(OSError):  # nobody can be told
        print(f"echoes: {sentence}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:
        _leave_output()


def _leave_output() -> None:
    """What is still to be written to standard output goes nowhere, lest Python complain of it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
