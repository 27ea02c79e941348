"""`echoes prepare`: an account of chats and writings, from what was read to what is learnt, with each loss's reason."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping

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
    found = opened(Workspace.open(args.workspace))
    data, pages = found.data, found.pages
    accounts = sorted(data.accounts, key=lambda one: -one.own)
    if args.json:
        told = {"chats": as_json(accounts), "writings": [one.as_json() for one in pages.accounts]}
        json.dump({**told, "counts": dict(data.counts)}, sys.stdout, ensure_ascii=False, indent=1)
        print()
        return ExitCode.OK
    most = max((one.own for one in accounts), default=0)
    head = ("chat", "read", "theirs", "learnt", "judge", "test", "left out", "")
    rows: list[tuple[str | int, ...]] = [(one.title, *_numbers([one]), _bar(one, most)) for one in accounts]
    print(table(head, [*rows, ("all", *_numbers(accounts), "")]))
    signs = "  ".join(f"{sign} {word}" for sign, word in zip((*_SIGNS.values(), _LOST), head[3:], strict=False))
    print(f"\n{signs}. Messages of {data.persona.name}; “read” counts everybody's.")
    if pages.accounts:
        of_kind = [(one.kind.value, one.read, one.usable, one.learnt, one.pages) for one in pages.accounts]
        print("\nWritten outside of chats:\n" + table(("kind", "read", "usable", "learnt", "pages"), of_kind))
    lost = [(number, one.title, reason) for one in accounts for reason, number in one.lost.items()]
    lost += [(number, f"({one.kind})", reason) for one in pages.accounts for reason, number in one.lost.items()]
    if lost:
        print("\nLeft out:\n" + table(("number", "chat", "reason"), sorted(lost, reverse=True)))
    reacted = {key.removeprefix("reactions: "): n for key, n in data.counts.items() if key.startswith("reactions: ")}
    if reacted:
        print("\nReactions to messages, which are no messages:\n" + table(("number", ""), _numbered(reacted)))
    counts = Counter(data.counts) + Counter(pages.replaced)
    replaced = {key.removeprefix("replaced: "): n for key, n in counts.items() if key.startswith("replaced: ")}
    if replaced:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(replaced.items()))
        print(f"\nReplaced before anything is learnt, in the subject's own words: {kinds}.")
    number = sum(map(len, data.dialogues.values())) + len(pages.dialogues)
    print(f"\n`echoes show` lists the {number:,} dialogues.")
    return ExitCode.OK


def _numbered(counts: Mapping[str, int]) -> list[tuple[str | int, ...]]:
    return [(number, what) for what, number in sorted(counts.items())]


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
