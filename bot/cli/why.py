"""`echoes why`: what became of the last messages of a group, and why; without a word of what was said."""

import argparse
import json
import textwrap
from collections.abc import Sequence
from typing import Any

from bot.cli.language import terminal_language
from bot.cli.table import table
from bot.errors import ExitCode, UsageError
from bot.explanation import explain
from bot.message import Chat
from bot.people import People, load_people
from bot.store.journal import Journal, Settled
from bot.workspace import Workspace

_WIDTH = 100
_WORDS = {
    "en": {
        "none": "Nothing was decided yet: this avatar has not run.",
        "nothing": "{where}: nothing was decided there yet.",
        "head": "{where}: the last {count} of {all}",
        "answered": "answered",
        "silent": "stayed silent",
        "somebody": "somebody",
        "groups": ("group", "key", "decisions"),
        "more": "`echoes why GROUP` tells why, by title or key.",
    },
    "zh": {
        "none": "还没有任何决定：这个分身还没有运行过。",
        "nothing": "{where}：这里还没有任何决定。",
        "head": "{where}：全部 {all} 条中最近的 {count} 条",
        "answered": "回复了",
        "silent": "没有说话",
        "somebody": "某人",
        "groups": ("群", "键", "决定"),
        "more": "`echoes why 群名或键` 会说明原因。",
    },
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chat", nargs="?", metavar="GROUP", help="its title or its key (default: list the groups)")
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many messages (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="for scripts")


def run(args: argparse.Namespace) -> int:
    workspace, language = Workspace.open(args.workspace), terminal_language()
    if args.last < 1:
        raise UsageError("--last: at least 1.")
    if not workspace.journal.exists():
        print("[]" if args.json else _WORDS[language]["none"])
        return ExitCode.OK
    journal = Journal.open(workspace.journal)
    try:
        groups = journal.groups()
        if args.chat is None:
            _list(groups, language, as_json=args.json)
            return ExitCode.OK
        chat, every = _find(args.chat, groups, journal.moves())
        found = journal.outcomes(chat, args.last)
    finally:
        journal.close()
    if args.json:
        print(json.dumps([_record(one, language) for one in found], ensure_ascii=False, indent=2))
    else:
        _show(chat, every, found, load_people(workspace.people), language)
    return ExitCode.OK


def _find(wanted: str, groups: Sequence[tuple[Chat, int]], moves: dict[str, str]) -> tuple[Chat, int]:
    """The group with that key, one that it had before, or that title. Raises UsageError where it is none or several."""
    key, title = moves.get(wanted, wanted), wanted.casefold().strip()
    fits = [one for one in groups if one[0].key == key]
    fits = fits or [one for one in groups if one[0].title.casefold() == title]
    fits = fits or [one for one in groups if title and title in one[0].title.casefold()]
    if len(fits) == 1:
        return fits[0]
    listed = ", ".join(f"{chat.title or '?'} ({chat.key})" for chat, _ in fits)
    if fits:
        raise UsageError(f"{wanted!r} fits {len(fits)} groups: {listed}. Give the key of the one you mean.")
    raise UsageError(f"There is no group called {wanted!r}: `echoes why` lists those that the avatar has been in.")


def _list(groups: Sequence[tuple[Chat, int]], language: str, *, as_json: bool) -> None:
    if as_json:
        listed = [{"key": chat.key, "title": chat.title, "decisions": count} for chat, count in groups]
        print(json.dumps(listed, ensure_ascii=False, indent=2))
    elif groups:
        words = _WORDS[language]
        print(table(words["groups"], [(chat.title, chat.key, count) for chat, count in groups]))
        print(words["more"])
    else:
        print(_WORDS[language]["none"])


def _show(chat: Chat, every: int, found: Sequence[Settled], people: People, language: str) -> None:
    words: Any = _WORDS[language]
    where = f"{chat.title} ({chat.key})" if chat.title else chat.key
    if not found:
        print(words["nothing"].format(where=where))
        return
    print(words["head"].format(where=where, count=len(found), all=every))
    for one in found:
        sender = one.entry.sender
        contact = people.find(sender) if sender else None
        who = contact.name if contact else one.entry.message.sender_name or words["somebody"]
        became = words["answered"] if one.outcome.answer else words["silent"]
        print(f"\n{one.entry.at.astimezone():%Y-%m-%d %H:%M:%S}  {who}: {became}")
        for sentence in explain(one.outcome, language):
            print(textwrap.fill(sentence, _WIDTH, initial_indent="  ", subsequent_indent="    "))


def _record(one: Settled, language: str) -> dict[str, Any]:
    decision = one.outcome.decision
    record: dict[str, Any] = {
        "entry": one.entry.seq,
        "at": one.entry.at.isoformat(),
        "gate": one.outcome.gate,
        "answered": one.outcome.answer,
        "why": explain(one.outcome, language),
    }
    if decision is not None:
        record |= {
            "probability": decision.probability,
            "threshold": decision.threshold,
            "model": decision.model,
            "addressed": decision.addressed,
            "terms": [
                {
                    "name": term.name,
                    "value": term.value,
                    "usual": term.usual,
                    "weight": term.weight,
                    "contribution": term.contribution,
                }
                for term in decision.terms
            ],
        }
    return record
