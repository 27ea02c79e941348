"""The people whom the subject talks with, as the corpus shows them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.message import Account, ChatKind
from bot.people import Contact, People
from bot.store.corpus import Corpus


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Somebody who wrote in a chat with the subject."""

    account: Account
    name: str
    messages: int
    private: bool  # in a private chat with the subject, and not only in groups
    last: datetime


def acquaintances(corpus: Corpus, subject: Sequence[Account]) -> list[Acquaintance]:
    """Lists everybody but the subject and bots in chats where the subject wrote, by number of messages."""
    own = set(subject)
    found: dict[Account, Acquaintance] = {}
    for chat in corpus.chats():
        senders = corpus.senders(chat)
        in_private = chat.kind is ChatKind.PRIVATE
        theirs = in_private and Account(chat.platform, chat.native_id) in own
        if not theirs and not any(sender.account in own for sender in senders):
            continue
        for sender in senders:
            if sender.account in own or sender.is_bot:
                continue
            old = found.get(sender.account)
            found[sender.account] = Acquaintance(
                sender.account,
                old.name if old and old.messages >= sender.messages else sender.name,
                sender.messages + (old.messages if old else 0),
                in_private or (old is not None and old.private),
                max(sender.last, old.last) if old else sender.last,
            )
    return sorted(found.values(), key=lambda one: (-one.messages, one.account.platform, one.account.id))


def with_new(people: People, known: Iterable[Acquaintance], group_minimum: int) -> tuple[People, list[Contact]]:
    """Adds who is missing in people: everybody of private chats, and in groups who wrote enough messages."""
    taken = {contact.slug for contact in people.contacts}
    added: list[Contact] = []
    for one in known:
        if people.find(one.account) or one.account in people.subject:
            continue
        if one.private or one.messages >= group_minimum:
            slug = new_slug(one.name or one.account.id, taken)
            taken.add(slug)
            added.append(Contact(slug, one.name or slug, accounts=(one.account,)))
    return people.having((*people.contacts, *added)), added


def new_slug(name: str, taken: Iterable[str]) -> str:
    """A short name for the file: letters, digits and Chinese characters, unlike any other."""
    base = re.sub(r"[^\w]+", "-", name.casefold().removeprefix("name:"), flags=re.UNICODE).strip("-_")[:40] or "someone"
    used = set(taken)
    slug, number = base, 2
    while slug in used:
        slug, number = f"{base}-{number}", number + 1
    return slug
