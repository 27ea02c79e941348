"""`echoes people`: lists the contacts, finds new ones, and sets relationships and accounts."""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from bot.cli import proposals
from bot.cli.table import table
from bot.config import load_config
from bot.errors import ExitCode, UsageError
from bot.memory.index import Index
from bot.message import Account
from bot.people import NOTHING_LEFT_OUT, RELATIONSHIPS, STRANGER, Contact, LeftOut, People, load_people, save_people
from bot.persona import load_persona
from bot.workspace import Workspace

if TYPE_CHECKING:
    from training.data.contacts import Acquaintance

_GROUP_MINIMUM = 20
_LEFT_OUT = (
    "From now on nothing of it is learnt, measured, or shown to the avatar as its past. What a LoRA has learnt before "
    "stays in it: run `echoes train` again, and delete the others. `echoes people trace` shows where it still is."
)
_TAKEN_IN = "From the next training on it is used again."


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument(
        "--min-messages",
        type=int,
        default=_GROUP_MINIMUM,
        metavar="N",
        help=f"people known from groups alone are added from so many messages on (default: {_GROUP_MINIMUM})",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="changes (without one: list)")
    change = actions.add_parser("set", help="change a contact, or add one")
    change.add_argument("slug", metavar="SLUG", help="the contact's short name, as listed")
    change.add_argument("--relationship", choices=RELATIONSHIPS, help="who they are to the subject")
    change.add_argument("--name", metavar="NAME", help="what the avatar calls them")
    change.add_argument("--account", action="append", default=[], metavar="PLATFORM:ID", help="an id of theirs as well")
    change.add_argument("--new", action="store_true", help="they are not in the list yet")
    without = actions.add_parser("leave-out", help="use nothing of a contact's, or of a chat: as if never imported")
    without.add_argument("slug", nargs="?", metavar="SLUG", help="the contact's short name, as listed")
    without.add_argument("--chat", metavar="PLATFORM:ID", help="a chat instead, such as a group, by its key")
    without.add_argument("--undo", action="store_true", help="use it again, from the next training on")
    trace = actions.add_parser("trace", help="say where somebody's words are: in the chats, and in which LoRAs")
    trace.add_argument("who", metavar="SLUG|PLATFORM:ID", help="a contact, or an account")
    first = actions.add_parser("speak-first", help="let the avatar write to a contact by itself, as the person did")
    first.add_argument("slug", metavar="SLUG", help="the contact's short name, as listed")
    first.add_argument("allowed", choices=("on", "off"), help="off is what stands at first")
    proposals.configure(actions.add_parser("propose", help="say who may be one person, and who they may be"))
    merge = actions.add_parser("merge", help="two contacts are one person")
    merge.add_argument("slug", metavar="SLUG", help="the contact that stays")
    merge.add_argument("other", metavar="OTHER", help="the contact that becomes part of it")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    people = load_people(workspace.people)
    if args.action == "set":
        people = _set(
            people, args.slug, args.relationship, args.name, [_account(text) for text in args.account], args.new
        )
        save_people(workspace.people, people)
        print(_line(contact_named(people, args.slug)))
        return ExitCode.OK
    if args.action == "merge":
        people = _merge(people, args.slug, args.other)
        save_people(workspace.people, people)
        print(_line(contact_named(people, args.slug)))
        return ExitCode.OK
    if args.action == "leave-out":
        people = _left_out(people, args.slug, args.chat, not args.undo)
        save_people(workspace.people, people)
        Index.remove(workspace.memory_index)  # it holds words of theirs, and is made anew without them
        print(_LEFT_OUT if not args.undo else _TAKEN_IN)
        return ExitCode.OK
    if args.action == "speak-first":
        people = people.changing(replace(contact_named(people, args.slug), speak_first=args.allowed == "on"))
        save_people(workspace.people, people)
        print(_speaks_first(workspace, people, contact_named(people, args.slug)))
        return ExitCode.OK
    if args.action == "propose":
        return proposals.run(args, workspace, people)
    if args.action == "trace":
        return _trace(workspace, people, args.who)
    return _list(workspace, people, args.min_messages, args.json)


def _list(workspace: Workspace, people: People, minimum: int, as_json: bool) -> int:
    from bot.store.corpus import Corpus
    from training.data.contacts import acquaintances, with_new

    known: list[Acquaintance] = []
    if workspace.corpus.exists() and people.subject:
        with Corpus.open(workspace.corpus) as corpus:
            known = acquaintances(corpus, people.subject)
    people, added = with_new(people, known, minimum)
    if added:
        save_people(workspace.people, people)
    listed = _tally(people.contacts, {one.account: one for one in known})
    if as_json:
        print(json.dumps({"people": [one.as_json() for one in listed]}, ensure_ascii=False, indent=2))
        return ExitCode.OK
    if listed:
        head = ("slug", "name", "relationship", "messages", "last", "first", "accounts")
        print(table(head, [one.row() for one in listed]))
    if not people.subject:
        print("Nobody was looked for in the chats: say first whom the avatar is to be, with `echoes subject WHO`.")
    elif added:
        print(f"\nNew: {len(added):,}, written to {workspace.people}.")
    if any(contact.speak_first for contact in people.contacts):
        print("\nfirst: the avatar may write to them by itself (`echoes people speak-first SLUG off` ends it).")
    strangers = sum(contact.relationship == STRANGER for contact in people.contacts)
    if strangers:
        print(f"\n{strangers:,} are strangers to the avatar. Say who they are, most messages first:")
        print("  echoes people set SLUG --relationship friend")
        print(f"Relationships: {', '.join(RELATIONSHIPS)}.")
    return ExitCode.OK


@dataclass(frozen=True, slots=True)
class _Listed:
    contact: Contact
    messages: int
    last: datetime | None

    def row(self) -> tuple[str, str, str, int, str, str, str]:
        contact = self.contact
        day = self.last.date().isoformat() if self.last else ""
        first = "yes" if contact.speak_first else ""
        ids = " ".join(_ids(contact.accounts))
        return contact.slug, contact.name, contact.relationship, self.messages, day, first, ids

    def as_json(self) -> dict[str, object]:
        contact = self.contact
        return {
            "slug": contact.slug,
            "name": contact.name,
            "relationship": contact.relationship,
            "messages": self.messages,
            "last": self.last.isoformat() if self.last else None,
            "speak_first": contact.speak_first,
            "platforms": sorted({account.platform for account in contact.accounts}),
            "accounts": _ids(contact.accounts),
        }


def _tally(contacts: Iterable[Contact], known: "Mapping[Account, Acquaintance]") -> list[_Listed]:
    listed = []
    for contact in contacts:
        theirs = [known[account] for account in contact.accounts if account in known]
        last = max((one.last for one in theirs), default=None)
        listed.append(_Listed(contact, sum(one.messages for one in theirs), last))
    return sorted(listed, key=lambda one: -one.messages)


def _set(
    people: People, slug: str, relationship: str | None, name: str | None, accounts: list[Account], new: bool
) -> People:
    if new:
        if any(contact.slug == slug for contact in people.contacts):
            raise UsageError(f"{slug} is in the list already: leave out --new to change them.")
        people = people.having((*people.contacts, Contact(slug, name or slug)))
    contact = contact_named(people, slug)
    for account in accounts:
        owner = people.find(account)
        if account in people.subject:
            raise UsageError(f"{_id(account)} is an account of the subject.")
        if owner is not None and owner.slug != slug:
            raise UsageError(
                f"{_id(account)} belongs to {owner.slug}: if they are one person, run `echoes people merge {slug} "
                f"{owner.slug}`."
            )
    changed = replace(
        contact,
        name=name or contact.name,
        relationship=relationship or contact.relationship,
        accounts=tuple(dict.fromkeys((*contact.accounts, *accounts))),
    )
    return people.changing(changed)


def _merge(people: People, slug: str, other: str) -> People:
    if slug == other:
        raise UsageError(f"{slug} and {other} are the same contact.")
    return people.merging(contact_named(people, slug), contact_named(people, other))


def _left_out(people: People, slug: str | None, chat: str | None, out: bool) -> People:
    if (slug is None) == (chat is None):
        raise UsageError("Name either a contact or, with --chat, a chat.")
    if chat is not None:
        if ":" not in chat:
            raise UsageError(f"--chat {chat}: write it as platform:id, as `echoes prepare --json` lists it.")
        others = tuple(key for key in people.left_out_chats if key != chat)
        return People.of(people.contacts, people.subject, (*others, chat) if out else others)
    assert slug is not None
    return people.changing(replace(contact_named(people, slug), left_out=out))


def _speaks_first(workspace: Workspace, people: People, contact: Contact) -> str:
    """What comes of it, in sentences: the person's habit with this contact, and what else it takes."""
    from bot.conversation.initiative.habit import FEWEST, habit_of
    from bot.store.past import Past

    if not contact.speak_first:
        return f"{contact.slug}: the avatar answers, and does not write first."
    persona, config = load_persona(workspace.persona), load_config(workspace.config)
    learn = partial(habit_of, gap=timedelta(minutes=config.conversation.gap_minutes), zone=persona.zone)
    habit = Past(workspace.corpus).read_private(contact, people, persona, learn)
    if contact.left_out:
        said = f"{contact.slug} is left out, so nothing is known of how {persona.name} began, and nothing is sent."
    elif habit is None:
        said = (
            f"{contact.slug} may be written to first, but will not be: {persona.name} began fewer than {FEWEST} times "
            "in the imported chats, which makes no habit."
        )
    else:
        said = (
            f"{contact.slug} may be written to first: {persona.name} began {habit.starts_a_week:.1f} times a week. "
            "The avatar does so at most as often, at the same hours, once they have talked with it, and says each time "
            "what it is; one word of theirs ends it."
        )
    if config.conversation.speak_first is None:
        said += "\nFor nobody yet: conversation.speak_first is missing in config.yaml (`speak_first: {}` is enough)."
    return f"{said}\nA running avatar takes it with `systemctl reload` (or `kill -HUP`)."


def _trace(workspace: Workspace, people: People, who: str) -> int:
    from bot.store.corpus import Corpus
    from bot.store.writings import writings
    from training.data.sources import holds

    slugs = {contact.slug for contact in people.contacts}
    accounts = (_account(who),) if ":" in who and who not in slugs else contact_named(people, who).accounts

    def found(without: LeftOut) -> tuple[int, int]:
        if not workspace.corpus.exists():
            return 0, 0
        with Corpus.open(workspace.corpus, without) as corpus:
            messages = sum(one.messages for one in corpus.senders() if one.account in accounts)
            return messages, sum(any(to.account in accounts for to in one.to) for one in writings(corpus))

    (total, letters), (used, learnable) = found(NOTHING_LEFT_OUT), found(people.left_out)
    print(f"In the imported chats: {total:,} messages of theirs, of which {used:,} may be used.")
    if letters:
        print(f"E-mails to them: {letters:,}, of which {learnable:,} may be used.")
    for record in sorted(workspace.loras.glob("*/training.json")):
        if record.parent.is_symlink():
            continue  # `latest`, which is one of the others
        said = {
            None: "does not say whose messages it was made from",
            True: "was made from chats they wrote in, or from e-mails to them",
            False: "was made without them",
        }
        print(f"{record.parent.name}: {said[holds(record, accounts)]}.")
    return ExitCode.OK


def contact_named(people: People, slug: str) -> Contact:
    """Raises UsageError with the nearest names."""
    found = next((contact for contact in people.contacts if contact.slug == slug), None)
    if found is not None:
        return found
    near = get_close_matches(slug, [contact.slug for contact in people.contacts], n=5, cutoff=0.5)
    by_name = [contact.slug for contact in people.contacts if slug.casefold() in contact.name.casefold()]
    hint = ", ".join(dict.fromkeys((*by_name[:5], *near)))
    raise UsageError(
        f"No contact has the short name {slug}" + (f"; near it: {hint}." if hint else " (add --new for somebody new).")
    )


def _account(text: str) -> Account:
    platform, colon, native = text.partition(":")
    if not colon or not platform or not native:
        raise UsageError(f"--account {text}: write it as platform:id, such as telegram:123.")
    return Account(platform, native)


def _line(contact: Contact) -> str:
    return (
        f"{contact.slug}: {contact.name}, {contact.relationship}, {' '.join(_ids(contact.accounts)) or 'no accounts'}"
    )


def _ids(accounts: Iterable[Account]) -> list[str]:
    return [_id(account) for account in accounts]


def _id(account: Account) -> str:
    return f"{account.platform}:{account.id}"
