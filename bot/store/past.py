"""What was said in a chat before the avatar: the last messages of the corpus, so that the chat goes on where it ended.

A private chat's past is by contact, whatever the platform, and never another contact's; a group's is its own.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from pathlib import Path
from typing import TypeVar

from bot.era import end_of
from bot.errors import EchoesError
from bot.message import Account, Chat, ChatKind, Message
from bot.people import NOTHING_LEFT_OUT, Contact, LeftOut, People
from bot.persona import Persona
from bot.store.corpus import Corpus, CorpusChat, as_avatar, last_of

log = logging.getLogger(__name__)

T = TypeVar("T")

MESSAGES = 64
"""Of the end of a chat: more than the turns that are carried over."""


@dataclass(frozen=True, slots=True)
class Past:
    """Reads the corpus of a workspace. Where that cannot be read, there is no past, and a line in the log."""

    corpus: Path

    def prepare(self) -> None:
        """Brings the corpus of an earlier program up to date, which may take a while: before anybody waits."""
        self._open(lambda corpus: None, NOTHING_LEFT_OUT)

    def private(
        self,
        partner: Account,
        people: People,
        persona: Persona,
        before: datetime,
        forgotten: Collection[Account],
        count: int = MESSAGES,
        *,
        reactions: bool = False,
    ) -> list[Message]:
        """Returns the last messages of the subject and this contact, before a time and as of the persona's era.

        reactions: what was put on them comes with them.
        forgotten: who asked to be forgotten. Of them, under whichever account, there is no past.
        """
        accounts = people.accounts_behind(partner)
        if accounts & set(people.subject) or accounts & _all_accounts(forgotten, people):
            return []  # the subject's own account stands in every chat
        return self._read(_Chats(ChatKind.PRIVATE, accounts), people, persona, before, count, reactions)

    def read_private(
        self, contact: Contact, people: People, persona: Persona, read: Callable[[Iterable[Message]], T]
    ) -> T | None:
        """What `read` makes of all private messages with a contact, oldest first, as of the persona's era.

        They are read as a stream: there may be many. None where there is no past.
        """
        end, subject = end_of(persona.era, persona.zone), frozenset(people.subject)

        def whole(corpus: Corpus) -> T:
            chats = corpus.private_with(people.accounts_of(contact) - subject)
            streams = [corpus.messages(chat, until=end) for chat in chats]
            return read(as_avatar(one, subject) for one in merge(*streams, key=lambda one: one.sent_at))

        return self._open(whole, people.left_out)

    def group(
        self,
        chat: Chat,
        former: Collection[str],
        people: People,
        persona: Persona,
        before: datetime,
        forgotten: Collection[Account],
        count: int = MESSAGES,
        *,
        reactions: bool = False,
    ) -> list[Message]:
        """Returns the last messages of a group. former: the keys it had before it moved. reactions: as in `private`."""
        here = _Chats(ChatKind.GROUP, (), {chat.key, *former})
        found = self._read(here, people, persona, before, count, reactions)
        gone = _all_accounts(forgotten, people)
        return [message for message in found if message.sender not in gone]

    def talks(
        self, people: People, persona: Persona, before: datetime, forgotten: Collection[Account], count: int
    ) -> list[list[Message]]:
        """Returns the last messages of each private chat of the subject's, chat by chat."""
        gone = _all_accounts(forgotten, people)
        chats = self._latest(_Chats(ChatKind.PRIVATE, None), people, persona, before, count, reactions=False)
        return [chat for chat in chats if not any(message.sender in gone for message in chat)]

    def span(self, without: LeftOut) -> tuple[datetime, datetime] | None:
        """Returns when the first and the last message were sent; None where there is none."""
        chats = self._open(lambda corpus: corpus.chats(), without)
        return (min(one.first for one in chats), max(one.last for one in chats)) if chats else None

    def brief(self, people: People) -> list[tuple[str, bool]]:
        """Returns what the subject said in a few characters alone, or by a sticker that tells what it shows: True."""
        return self._open(lambda corpus: list(corpus.brief(people.subject)), people.left_out) or []

    def _read(
        self, chats: "_Chats", people: People, persona: Persona, before: datetime, count: int, reactions: bool
    ) -> list[Message]:
        latest = self._latest(chats, people, persona, before, count, reactions)
        found = [one for chat in latest for one in chat]
        return last_of(sorted(found, key=lambda one: one.sent_at), count)

    def _latest(
        self, chats: "_Chats", people: People, persona: Persona, before: datetime, count: int, reactions: bool
    ) -> list[list[Message]]:
        if end := end_of(persona.era, persona.zone):
            before = min(before, end)
        found = self._open(
            lambda corpus: [corpus.latest(one, count, before, reactions=reactions) for one in chats.among(corpus)],
            people.left_out,
        )
        subject = frozenset(people.subject)
        return [[_apart(as_avatar(one, subject)) for one in chat] for chat in found or []]

    def _open(self, look: Callable[[Corpus], T], without: LeftOut) -> T | None:
        if not self.corpus.exists():
            return None
        try:
            with Corpus.open(self.corpus, without) as corpus:
                return look(corpus)
        except EchoesError as error:
            log.warning("What was said before the avatar cannot be read: %s", error)
            return None


@dataclass(frozen=True, slots=True)
class _Chats:
    """Private chats with one of the accounts (None: all of them), or groups by their keys."""

    kind: ChatKind
    accounts: Collection[Account] | None
    keys: Collection[str] = ()

    def among(self, corpus: Corpus) -> list[CorpusChat]:
        if self.kind is ChatKind.PRIVATE and self.accounts is not None:
            return corpus.private_with(self.accounts)
        every = [chat for chat in corpus.chats() if chat.kind is self.kind]
        return every if self.kind is ChatKind.PRIVATE else [chat for chat in every if chat.chat.key in self.keys]


def _apart(message: Message) -> Message:
    """With ids that no platform gives: those of the journal's messages stand in the same prompt."""
    answered = message.reply_to
    return replace(message, id=f"corpus/{message.id}", reply_to=None if answered is None else f"corpus/{answered}")


def _all_accounts(these: Collection[Account], people: People) -> set[Account]:
    return {account for one in these for account in people.accounts_behind(one)}
