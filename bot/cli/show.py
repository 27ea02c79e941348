"""`echoes show`: lists the dialogues, or prints one as the model sees it."""

import argparse
import os
import sys

from bot.cli.dataset import opened
from bot.cli.table import table
from bot.errors import ExitCode, UsageError
from bot.message import ChatKind
from bot.workspace import Workspace
from training.data.dialogues import Dialogue
from training.data.shown import Mark, Part, parts
from training.data.splits import Split

_GREEN, _BOLD, _END = "\033[32m", "\033[1m", "\033[0m"
_USE = {Split.TRAIN: "learnt", Split.VALIDATION: "judge", Split.TEST: "test"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialogue", nargs="?", type=int, metavar="DIALOGUE", help="its number (default: list them)")
    parser.add_argument("--chat", metavar="TEXT", help="list only those of chats whose name holds this")


def run(args: argparse.Namespace) -> int:
    found = opened(Workspace.open(args.workspace))
    data = found.data
    every = [(split, one) for split in Split for one in data.dialogues[split]]
    every += [(Split.TRAIN, page) for page in found.pages.dialogues]
    if args.dialogue is None:
        wanted = (args.chat or "").casefold()
        rows = [
            (number, _day(one), _name(one), len(one.turns) - one.context, _own(one), _USE[split])
            for number, (split, one) in enumerate(every, 1)
            if wanted in _name(one).casefold()
        ]
        print(table(("number", "day", "chat", "turns", f"of {data.persona.name}", "use"), rows))
        return ExitCode.OK
    if not 1 <= args.dialogue <= len(every):
        raise UsageError(f"There are dialogues 1 to {len(every)}: `echoes show` lists them.")
    split, dialogue = every[args.dialogue - 1]
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"{_name(dialogue)}, {_day(dialogue)}, {_USE[split]}\n")
    print("".join(_told(part, coloured) for part in parts(dialogue, found.codec)))
    green = "in green" if coloured else "in «»"
    used = "learnt" if split is Split.TRAIN else "measured"
    print(f"What is {used} stands {green}; decisions are labelled. Phone numbers and the like are replaced already.")
    return ExitCode.OK


def _told(part: Part, coloured: bool) -> str:
    if part.mark is Mark.READ:
        return part.text
    if part.mark is Mark.LEARNT:
        return f"{_GREEN}{part.text}{_END}" if coloured else f"«{part.text}»"
    label = "[answers] " if part.mark is Mark.ANSWERED else "[stays silent] "
    return f"{_BOLD}{label}{_END}" if coloured else label


def _name(dialogue: Dialogue) -> str:
    scene = dialogue.scene
    if scene.page is not None:
        to = f" to {scene.partner.name}" if scene.partner.name else ""
        return f"({scene.page.kind}{to})"
    return scene.title or dialogue.chat if scene.kind is ChatKind.GROUP else scene.partner.name or dialogue.chat


def _day(dialogue: Dialogue) -> str:
    page = dialogue.scene.page
    return "no day" if page is not None and page.day is None else f"{dialogue.day:%Y-%m-%d}"


def _own(dialogue: Dialogue) -> int:
    return sum(turn.speaker is None for turn in dialogue.turns[dialogue.context :])
