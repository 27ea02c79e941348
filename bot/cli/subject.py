"""`echoes subject WHO…`: says whom the avatar is to be, under all of their ids."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml
from tzlocal import get_localzone_name

from bot.cli.table import table
from bot.errors import DataError, ExitCode, UsageError
from bot.message import Account
from bot.people import People, load_people, save_people
from bot.persona import LANGUAGES, is_zone, load_persona
from bot.workspace import Workspace, write_private

if TYPE_CHECKING:
    from bot.store.corpus import CorpusSender

_SHOWN = 20
_SAMPLE = 2000  # messages that tell the language

_HEAD = """\
# Who the avatar is. Correct what is wrong.
# name: what it calls itself. aliases: what else others call it, so that it notices when it is meant.
# language: en or zh, of the prompt and of what the avatar says about itself. about: a few facts, in a sentence or two.
# timezone: where they live; messages are shown with the time there. era: the year or month that the avatar speaks from,
# as 2019 or 2019-06, with the chats up to then as its past; empty for today.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "who", nargs="*", metavar="WHO", help="a display name, or platform:id; several if they wrote under several"
    )
    parser.add_argument(
        "--also",
        nargs="+",
        default=[],
        metavar="PLATFORM:ID",
        help="accounts of the subject beside those that are known, such as email:mei@example.org",
    )
    parser.add_argument("--language", choices=LANGUAGES, help="of the persona (default: judged by what they wrote)")
    parser.add_argument("--timezone", metavar="NAME", help="where they live, as Europe/London (default: this one)")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    from bot.store.corpus import Corpus
    from bot.store.writings import authors
    from training.data.candidates import language_of, names_of

    workspace = Workspace.open(args.workspace)
    timezone = args.timezone or _here()
    if not is_zone(timezone):
        raise UsageError(f"--timezone {timezone}: not a time zone; give one as Asia/Shanghai or Europe/London.")
    if not workspace.corpus.exists():
        raise DataError(f"{workspace.root} holds no messages yet: run `echoes import PATH` first.")
    with Corpus.open(workspace.corpus) as corpus:
        senders = corpus.senders()
        known = authors(corpus)
        if args.also and not args.who:
            return _add(workspace, args.also)
        if not args.who:
            return _show(senders, load_people(workspace.people).subject, args.json)
        apart = [word for word in args.who if word in map(_id, known)]
        accounts = (*_chosen([word for word in args.who if word not in apart], senders), *map(_account, apart))
        accounts = tuple(dict.fromkeys((*accounts, *map(_account, args.also))))
        names = names_of(accounts, senders)
        language = args.language or language_of(corpus.texts(accounts, _SAMPLE))
    people = load_people(workspace.people)
    save_people(workspace.people, _with_subject(people, accounts))
    name = _name(args.who, names, accounts)
    written = _write_persona(workspace, name, [other for other in names if other != name], language, timezone)
    number = sum(sender.messages for sender in senders if sender.account in accounts)
    if args.json:
        print(
            json.dumps({"name": name, "accounts": [_id(a) for a in accounts], "messages": number, "language": language})
        )
        return ExitCode.OK
    print(f"The avatar is to be {name}: {number:,} messages, as {', '.join(map(_id, accounts))}.")
    if written:
        print(f"wrote {workspace.persona}: please read it, and correct what is wrong.")
    else:
        kept = load_persona(workspace.persona)
        print(f"kept  {workspace.persona}, which says {kept.name}; delete it first to have it written anew.")
    print("Next: `echoes people`.")
    return ExitCode.OK


def _add(workspace: Workspace, words: Sequence[str]) -> int:
    """Adds accounts to those of the subject who is chosen already."""
    people = load_people(workspace.people)
    if not people.subject:
        raise UsageError("Nobody is chosen yet: say whom the avatar is to be, with `echoes subject WHO`.")
    accounts = tuple(dict.fromkeys((*people.subject, *map(_account, words))))
    save_people(workspace.people, _with_subject(people, accounts))
    print(f"The subject's accounts: {', '.join(map(_id, accounts))}.")
    return ExitCode.OK


def _account(word: str) -> Account:
    platform, colon, native = word.partition(":")
    if not (platform and colon and native):
        raise UsageError(f"{word}: write it as platform:id, such as email:mei@example.org.")
    return Account(platform, native)


def _chosen(words: Sequence[str], senders: "Sequence[CorpusSender]") -> tuple[Account, ...]:
    """Raises UsageError with the candidates where a word means nobody, or several people."""
    from training.data.candidates import find

    accounts: dict[Account, None] = {}
    for word in words:
        meant = find(word, senders)
        if len(meant.senders) == 1:
            accounts[meant.senders[0].account] = None
            continue
        if meant.senders:
            raise UsageError(
                f"{len(meant.senders)} senders are or were called {word}. Give the ids of the one you mean:\n"
                + _list(meant.senders[:_SHOWN])
            )
        near = meant.near or senders
        lead = "Is it one of these?" if meant.near else "Those who wrote most:"
        raise UsageError(f"Nobody in the corpus is called {word}. {lead}\n{_list(near[:_SHOWN])}")
    return tuple(accounts)


def _name(words: Sequence[str], names: Sequence[str], accounts: Sequence[Account]) -> str:
    """The name that the person used, in the spelling of the chats; else the one most written under."""
    for word in words:
        for name in names:
            if name.casefold() == word.strip().casefold():
                return name
    return names[0] if names else accounts[0].id.removeprefix("name:")


def _with_subject(people: People, accounts: tuple[Account, ...]) -> People:
    """No account of the subject stays with a contact; a contact with none left was the subject."""
    contacts = tuple(
        replace(contact, accounts=tuple(account for account in contact.accounts if account not in accounts))
        for contact in people.contacts
    )
    kept = tuple(new for new, old in zip(contacts, people.contacts, strict=True) if new.accounts or not old.accounts)
    return People.of(kept, accounts, people.left_out_chats)


def _here() -> str:
    """This machine's time zone by name; UTC where it has none."""
    try:
        return get_localzone_name() or "UTC"
    except (LookupError, OSError, ValueError):
        return "UTC"


def _write_persona(workspace: Workspace, name: str, aliases: list[str], language: str, timezone: str) -> bool:
    if workspace.persona.exists():
        return False
    document = {"name": name, "aliases": aliases, "language": language, "about": "", "timezone": timezone, "era": ""}
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    write_private(workspace.persona, (_HEAD + text).encode())
    return True


def _show(senders: "Sequence[CorpusSender]", subject: tuple[Account, ...], as_json: bool) -> int:
    if as_json:
        found = [
            {
                "account": _id(sender.account),
                "names": list(sender.names),
                "messages": sender.messages,
                "private": sender.private_messages,
                "chats": len(sender.chats),
                "bot": sender.is_bot,
                "subject": sender.account in subject,
            }
            for sender in senders
        ]
        print(json.dumps({"senders": found}, ensure_ascii=False, indent=2))
        return ExitCode.OK
    print(_list(senders[:_SHOWN], subject))
    if len(senders) > _SHOWN:
        print(f"… and {len(senders) - _SHOWN:,} more")
    if not subject:
        print(
            "\nSay whom the avatar is to be: echoes subject WHO (a name, or platform:id; several if they had several)."
        )
    return ExitCode.OK


def _list(senders: "Sequence[CorpusSender]", subject: tuple[Account, ...] = ()) -> str:
    head = ("name", "account", "messages", "chats", "")
    notes = ["subject" if s.account in subject else "bot" if s.is_bot else "" for s in senders]
    rows = [
        (" / ".join(s.names[:3]), _id(s.account), s.messages, len(s.chats), note)
        for s, note in zip(senders, notes, strict=True)
    ]
    return table(head, rows)


def _id(account: Account) -> str:
    return f"{account.platform}:{account.id}"
