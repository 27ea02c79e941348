"""`echoes memory`: what the avatar can remember of a contact; what is added to it, and what is struck out."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bot.cli.people import contact_named
from bot.cli.table import table
from bot.config import load_config
from bot.errors import ExitCode, UsageError
from bot.memory.meaning import open_meaning
from bot.memory.notes import ANYBODY, Notes, load_notes, save_notes
from bot.memory.opened import memory_of
from bot.memory.recall import Recall
from bot.message import Chat, ChatKind
from bot.people import Contact, People, load_people
from bot.persona import load_persona
from bot.store.journal import Journal
from bot.workspace import Workspace

_SHOWN = 20
_LONGEST = 110  # columns of what was said


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "who", nargs="?", metavar="CONTACT", help=f"a contact's short name, or {ANYBODY} (default: list all)"
    )
    parser.add_argument("--about", metavar="TEXT", help="show what it would remember if they wrote this")
    parser.add_argument("--add", metavar="FACT", help="let it remember this as well, for them alone or for anybody")
    parser.add_argument("--remove", metavar="KEY", help="never remember this again: a key as it is listed")
    parser.add_argument("--restore", metavar="KEY", help="remember what was struck out again")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    people, notes = load_people(workspace.people), load_notes(workspace.memory)
    if args.who is None:
        if args.about or args.add or args.remove or args.restore:
            raise UsageError(f"Say of whom: `echoes memory CONTACT …`, or `echoes memory {ANYBODY} …`.")
        _list(workspace, people, notes)
        return ExitCode.OK
    contact = None if args.who == ANYBODY else contact_named(people, args.who)
    changed = _changed(notes, args.who, args.add, args.remove, args.restore)
    if changed != notes:
        save_notes(workspace.memory, changed)
        print("The avatar takes it up with its next message, if it runs.")
        return ExitCode.OK
    _show(workspace, people, changed, args.who, contact, args.about)
    return ExitCode.OK


def _changed(notes: Notes, who: str, add: str | None, remove: str | None, restore: str | None) -> Notes:
    if add:
        if add.strip() in notes.of(who):
            raise UsageError("It is there already.")
        return notes.having(who, (*notes.of(who), add.strip()))
    if remove:
        facts = notes.of(who)
        if not remove.isdigit():
            if "/" not in remove:
                raise UsageError(f"{remove} is no key: `echoes memory {who}` lists them, such as 1 or corpus/3/120.")
            return Notes(notes.anybody, notes.contacts, notes.never | {remove})
        if not 1 <= int(remove) <= len(facts):
            raise UsageError(f"There are {len(facts)} facts: `echoes memory {who}` lists them.")
        return notes.having(who, (*facts[: int(remove) - 1], *facts[int(remove) :]))
    if restore:
        if restore not in notes.never:
            raise UsageError(f"{restore} was not struck out.")
        return Notes(notes.anybody, notes.contacts, notes.never - {restore})
    return notes


def _list(workspace: Workspace, people: People, notes: Notes) -> None:
    with opened_memory(workspace) as recall:
        rows = [
            (one.slug, one.name, recall.known(chat_with(one), one.accounts[0], people), len(notes.of(one.slug)))
            for one in people.contacts
            if one.accounts
        ]
    print(table(("slug", "name", "messages", "facts"), sorted(rows, key=lambda row: -int(row[2]))))
    print(f"\nFor anybody: {len(notes.anybody):,} facts. Struck out: {len(notes.never):,}.")
    print("`echoes memory CONTACT` shows what is kept, `--about TEXT` what it would remember for that.")


def _show(
    workspace: Workspace, people: People, notes: Notes, who: str, contact: Contact | None, about: str | None
) -> None:
    for number, fact in enumerate(notes.of(who), 1):
        print(f"  {number}  {fact}")
    if contact is None or not contact.accounts:
        if not notes.of(who):
            print("No facts are written down.")
        return
    chat, partner, now = chat_with(contact), contact.accounts[0], datetime.now(UTC)
    with opened_memory(workspace) as recall:
        if about:
            found = recall.quotations(chat, partner, about, people, now, most=_SHOWN)
        else:
            found = recall.latest(chat, partner, people, _SHOWN)
        rows = [(one.key, recall.line(one, people)) for one in found]
    if rows:
        print(table(("key", "what was said"), rows, _LONGEST))
        print(f"`--remove KEY` strikes one out; the words stay in the chats. `echoes memory {who} --about TEXT` looks.")
    else:
        print("Nothing that was said is found." if about else "Nothing was said yet.")


def chat_with(contact: Contact) -> Chat:
    """Returns the private chat with a contact, under the first of their accounts."""
    account = contact.accounts[0]
    return Chat(account.platform, account.id, ChatKind.PRIVATE)


@contextmanager
def opened_memory(workspace: Workspace) -> Iterator[Recall]:
    """What the avatar may remember, until the block has ended."""
    persona = load_persona(workspace.persona)
    meaning = open_meaning(load_config(workspace.config).memory, at_once=True, load=False)
    journal = Journal.open(workspace.journal, era=persona.era)
    recall = memory_of(workspace, journal, persona, meaning)
    try:
        yield recall
    finally:
        recall.close()
        journal.close()
