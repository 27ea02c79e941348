"""Time that passes quickly, and the years before the avatar: chats that the person began."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversation.initiative.initiative import Initiative
from bot.message import Account, Chat, ChatKind, Message
from bot.people import People
from bot.store.corpus import Corpus
from tests.conversation.stage import Stage
from tests.support import put

NORA = Account("telegram", "7")
BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When the avatar was switched on."""


@dataclass
class Hands:
    """A clock that is moved by hand."""

    at: datetime = BEGAN

    def __call__(self) -> float:
        return self.at.timestamp()


def on_telegram(account: Account) -> Account:
    """The account under which a contact wrote to the person."""
    return Account("telegram", f"9{account.id}")


def lived(folder: Path, starts: Mapping[Account, Sequence[datetime]]) -> None:
    """A corpus in which the person began chats with these contacts at these times, and was answered."""
    with Corpus.open(folder / "corpus.sqlite") as corpus:
        for account, times in starts.items():
            other = on_telegram(account)
            chat = Chat("telegram", other.id, ChatKind.PRIVATE)
            lines = [
                (who, name, at + timedelta(minutes=minutes), text)
                for at in times
                for who, name, minutes, text in ((NORA, "Nora", 0, "hey you"), (other, "Mei", 4, "oh hi Nora"))
            ]
            put(corpus, [Message(chat, str(n), who, name, at, text) for n, (who, name, at, text) in enumerate(lines)])


def known(people: People, *willing: str) -> People:
    """The same people, also under the accounts of the imported chats; the willing may be written to first."""
    contacts = tuple(
        replace(one, accounts=(*one.accounts, *map(on_telegram, one.accounts)), speak_first=one.slug in willing)
        for one in people.contacts
    )
    return People.of(contacts, (*people.subject, NORA))


async def nothing() -> None:
    """What happens between two looks where nothing does."""


async def pass_time(
    stage: Stage,
    initiative: Initiative,
    hands: Hands,
    span: timedelta,
    meanwhile: Callable[[], Awaitable[None]] = nothing,
    step: timedelta = timedelta(minutes=10),
) -> None:
    """Looks every `step` whether there is somebody to write to, and lets it be done."""
    end = hands.at + span
    while hands.at < end:
        hands.at += step
        await initiative.look()
        if len(asyncio.all_tasks()) > 1:
            await stage.settled()
        await meanwhile()
