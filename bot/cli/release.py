"""`echoes release`: picks exchanges of the person's chats that others of the same relationship may be shown."""

import argparse
from datetime import UTC, datetime

from bot.cli.memory import chat_with, opened_memory
from bot.cli.people import contact_named
from bot.cli.table import table
from bot.errors import ExitCode, UsageError
from bot.memory.telling import Quotation
from bot.people import RELATIONSHIPS, STRANGER, Contact, People, load_people
from bot.released import Exchange, Released, load_released, save_released
from bot.workspace import Workspace
from training.data.redaction import redact

_SHOWN = 20
_LONGEST = 110  # columns of what was said
_YES = ("y", "yes", "是", "好")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", nargs="?", metavar="CONTACT", help="from whose private chat (default: list what is)")
    parser.add_argument("key", nargs="?", metavar="KEY", help="which exchange, as it is listed")
    parser.add_argument("--about", metavar="TEXT", help="list those that have to do with this")
    parser.add_argument("--for", dest="relationship", choices=tuple(RELATIONSHIPS), help="default: the contact's own")
    parser.add_argument("--asked", metavar="TEXT", help="put this in the place of what the contact wrote")
    parser.add_argument("--withdraw", metavar="N", help="take back one that is released, as friend/1")
    parser.add_argument("--yes", action="store_true", help="do not ask whether others may see it")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    people, released = load_people(workspace.people), load_released(workspace.released)
    if args.withdraw:
        save_released(workspace.released, _without(released, args.withdraw))
        print("Withdrawn: the avatar shows it to nobody any more. One that was trained with it has read it.")
        return ExitCode.OK
    if args.who is None:
        _list(released)
        return ExitCode.OK
    contact = contact_named(people, args.who)
    found = _exchanges(workspace, people, contact, args.about, args.key)
    if args.key is None:
        rows = [
            (one.key, "they" if number == 0 else "", text) for one in found for number, text in enumerate(_lines(one))
        ]
        print(table(("key", "", "what was said"), rows, _LONGEST) if rows else "Nothing is found that was answered.")
        print(f"`echoes release {args.who} KEY` lets others see one.")
        return ExitCode.OK
    if not found:
        raise UsageError(f"{args.key} is no exchange with {contact.name}: `echoes release {args.who}` lists them.")
    relationship = args.relationship or contact.relationship
    if relationship == STRANGER and args.relationship is None:
        raise UsageError(f"{contact.name} has no relationship: say for whom it is, as `--for friend`.")
    they, i = _texts(found[0])
    exchange = Exchange(redact(args.asked or they), redact(i), contact.slug)
    if not args.yes and not _agreed(exchange, contact, relationship, replaced=bool(args.asked)):
        print("Nothing is released.")
        return ExitCode.OK
    save_released(workspace.released, {**released, relationship: (*released.get(relationship, ()), exchange)})
    print("Released. A running avatar takes it up with its next message; train again, so that it learns to.")
    return ExitCode.OK


def _agreed(exchange: Exchange, contact: Contact, relationship: str, *, replaced: bool) -> bool:
    print(f"Whoever is {relationship} to the person, and has no earlier talk with them, may be answered by this:\n")
    for who, text in (("they", exchange.they), ("i", exchange.i)):
        print("".join(f"  {who:>4}: {line}\n" for line in text.splitlines()), end="")
    if not replaced:
        print(f"\nThe first words are {contact.name}'s own; --asked TEXT replaces them. Do they agree?")
    try:
        return input("\nMay others see it? [y/N] ").strip().lower() in _YES
    except EOFError:
        raise UsageError("Nobody is here to be asked: look at it, and give --yes.") from None


def _without(released: Released, number: str) -> Released:
    relationship, _, place = number.partition("/")
    some = released.get(relationship, ())
    if not place.isdigit() or not 1 <= int(place) <= len(some):
        raise UsageError(f"{number} is not released: `echoes release` lists what is.")
    return {**released, relationship: (*some[: int(place) - 1], *some[int(place) :])}


def _list(released: Released) -> None:
    rows = [
        (f"{word}/{number}" if who == "they" else "", who, " / ".join(text.splitlines()))
        for word, some in released.items()
        for number, one in enumerate(some, 1)
        for who, text in (("they", one.they), ("i", one.i))
    ]
    print(table(("number", "", "what others may see"), rows, _LONGEST) if rows else "Nothing is released.")
    print("`echoes release CONTACT` lists exchanges to choose from; `--withdraw NUMBER` takes one back.")


def _exchanges(
    workspace: Workspace, people: People, contact: Contact, about: str | None, key: str | None
) -> list[Quotation]:
    """What the contact wrote and the person answered; of one key, that alone."""
    if not contact.accounts:
        return []
    chat, partner = chat_with(contact), contact.accounts[0]
    with opened_memory(workspace) as recall:
        if key is not None:
            found = recall.latest(chat, partner, people, recall.known(chat, partner, people))
            return [one for one in found if one.key == key and _by_the_person(one)]
        if about:
            found = recall.quotations(chat, partner, about, people, datetime.now(UTC), most=_SHOWN)
        else:
            found = recall.latest(chat, partner, people, _SHOWN)
    return [one for one in found if _by_the_person(one)]


def _by_the_person(found: Quotation) -> bool:
    """Whether it is what the contact wrote and the person answered: of the chats, and no answer of the avatar's."""
    return found.key.startswith("corpus/") and len(found.said) > 1 and found.said[0].sender is not None


def _texts(found: Quotation) -> tuple[str, str]:
    first, *answer = found.said
    return first.text, "\n".join(one.text for one in answer if one.text.strip())


def _lines(found: Quotation) -> tuple[str, str]:
    they, i = _texts(found)
    return they, " / ".join(i.splitlines())
