"""`echoes prepare`: an account of the chats, from what was read to what is learnt, with every loss and its reason."""

import argparse
import json
import sys

from bot.cli.dataset import opened
from bot.cli.table import table
from bot.errors import ExitCode
from bot.workspace import Workspace
from training.data.account import ChatAccount, as_json
from training.data.splits import Split

_BAR = 24  # columns
_SIGNS = {Split.TRAIN: "█", Split.VALIDATION: "▓", Split.TEST: "▒"}
_LOST = "·"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print as JSON, without names")


def run(args: argparse.Namespace) -> int:
    data, _ = opened(Workspace.open(args.workspace))
    accounts = sorted(data.accounts, key=lambda one: -one.own)
    if args.json:
        json.dump({"chats": as_json(accounts), "counts": dict(data.counts)}, sys.stdout, ensure_ascii=False, indent=1)
        print()
        return ExitCode.OK
    most = max((one.own for one in accounts), default=0)
    head = ("chat", "read", "theirs", "learnt", "judge", "test", "left out", "")
    rows: list[tuple[str | int, ...]] = [(one.title, *_numbers([one]), _bar(one, most)) for one in accounts]
    print(table(head, [*rows, ("all", *_numbers(accounts), "")]))
    signs = "  ".join(f"{sign} {word}" for sign, word in zip((*_SIGNS.values(), _LOST), head[3:], strict=False))
    print(f"\n{signs}. Messages of {data.persona.name}; “read” counts everybody's.")
    lost = [(number, one.title, reason) for one in accounts for reason, number in one.lost.items()]
    if lost:
        print("\nLeft out:\n" + table(("messages", "chat", "reason"), sorted(lost, reverse=True)))
    replaced = {key.removeprefix("replaced: "): n for key, n in data.counts.items() if key.startswith("replaced: ")}
    if replaced:
        found = ", ".join(f"{number:,} {kind}" for kind, number in sorted(replaced.items()))
        print(f"\nReplaced before anything is learnt, in the subject's own words: {found}.")
    print(f"\n`echoes show` lists the {sum(len(found) for found in data.dialogues.values()):,} dialogues.")
    return ExitCode.OK


def _numbers(accounts: list[ChatAccount]) -> tuple[int, ...]:
    return (
        sum(one.messages for one in accounts),
        sum(one.own for one in accounts),
        *(sum(one.kept[split] for one in accounts) for split in Split),
        sum(sum(one.lost.values()) for one in accounts),
    )


def _bar(account: ChatAccount, most: int) -> str:
    """The chat's messages beside the largest chat's."""
    parts = [*((_SIGNS[split], account.kept[split]) for split in Split), (_LOST, sum(account.lost.values()))]
    return "".join(sign * round(_BAR * number / most) for sign, number in parts) if most else ""
