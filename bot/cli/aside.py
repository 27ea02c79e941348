"""`echoes aside`: what failed three times and was set aside so that the rest of its chat goes on."""

import argparse
import os
import signal

from bot.chat.attachments import spoken
from bot.cli.table import table
from bot.errors import ExitCode, UsageError
from bot.lock import pid_file, running
from bot.message import Chat, ChatKind
from bot.people import People, load_people
from bot.store.journal import Aside, Journal, Kind
from bot.workspace import Workspace

_SHOWN = 60  # columns of what was said


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--words", action="store_true", help="show what was said, too")
    parser.add_argument("--again", nargs="*", type=int, metavar="N", help="try these again, or all of them")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    if not workspace.journal.exists():
        print("Nothing was set aside: this avatar has not run yet.")
        return ExitCode.OK
    journal = Journal.open(workspace.journal)
    try:
        found = journal.aside()
        if args.again is not None:
            _try_again(workspace, journal, found, args.again)
        elif found:
            _show(found, load_people(workspace.people), args.words)
        else:
            print("Nothing was set aside.")
    finally:
        journal.close()
    return ExitCode.OK


def _show(found: list[Aside], people: People, words: bool) -> None:
    rows = [
        [
            str(one.entry.seq),
            f"{one.entry.at.astimezone():%Y-%m-%d %H:%M}",
            one.entry.message.chat.platform,
            _where(one.entry.message.chat),
            _who(one, people),
            one.trouble,
            *([spoken(one.entry.message) or ", ".join(a.kind for a in one.entry.attachments)] if words else []),
        ]
        for one in found
    ]
    print(
        table(["", "when", "platform", "where", "who", "what went wrong", *(["words"] if words else [])], rows, _SHOWN)
    )
    print("`echoes aside --again` tries all of them again, `--again N` one; `--words` shows what was said.")


def _where(chat: Chat) -> str:
    return chat.title or "a group" if chat.kind is ChatKind.GROUP else "in private"


def _who(one: Aside, people: People) -> str:
    if one.entry.kind is not Kind.MESSAGE:
        return "the avatar"
    contact = people.find(one.entry.sender) if one.entry.sender else None
    return contact.name if contact else one.entry.message.sender_name or "somebody"


def _try_again(workspace: Workspace, journal: Journal, found: list[Aside], numbers: list[int]) -> None:
    known = {one.entry.seq for one in found}
    if unknown := [str(number) for number in numbers if number not in known]:
        raise UsageError(f"Not set aside: {', '.join(unknown)}. `echoes aside` shows what was.")
    chosen = numbers or sorted(known)
    journal.retry(chosen)
    daemon = running(pid_file(workspace))
    if daemon is not None:
        os.kill(daemon, signal.SIGHUP)
    when = "now" if daemon is not None else "when `echoes run` starts"
    print(f"{len(chosen)} to be tried again {when}.")
