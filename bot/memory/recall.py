"""Memory of each contact: what this contact and the subject wrote to one another, found again for a message.

Nothing of one contact is ever found for another, and nothing private in a group: what may be looked at follows from the
chat that the message came in, before anything is looked for.
"""

import asyncio
import logging
import math
import re
import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bot.chat.attachments import spoken
from bot.chat.remembered import Remembered
from bot.errors import EchoesError
from bot.memory.index import Found, Index
from bot.memory.meaning import Meaning
from bot.memory.notes import Notes
from bot.memory.source import Source, Whereabouts
from bot.memory.telling import Quotation, line, quoted, told
from bot.memory.terms import terms
from bot.message import Account, Chat, ChatKind, Message
from bot.people import People
from bot.persona import Persona
from bot.questionnaire import Answer

log = logging.getLogger(__name__)

_HALF = timedelta(days=365)
_LASTING = 0.7
"""A memory fades: of what is not lasting in it half is left after a year."""
_COMMON = 2  # terms that a fact has in common with the message for which it is told


class Recall:
    """Looks through the sources for one avatar. What goes wrong is logged, and then nothing is remembered."""

    def __init__(
        self,
        path: Path,
        sources: Sequence[Source],
        persona: Persona,
        notes: Callable[[], Notes] = Notes,
        told: Callable[[], Sequence[Answer]] = tuple,
        meaning: Meaning | None = None,
    ) -> None:
        """path: of the index. told: what the person answered in the questionnaire, which anybody may know.

        notes, told: asked at each use, so that a change shows. meaning: what finds by meaning, beside words.
        """
        self._forgot = 0
        self._noted: Notes | None = None
        self._path = path
        self._sources = sources
        self._persona = persona
        self._notes = notes
        self._told = told
        self._meaning = meaning
        self._looked_through: People | None = None
        self._opened: Index | None = None

    @property
    def changes(self) -> int:
        """Grows whenever something was taken away, or the owner's notes were changed."""
        if (notes := self._notes()) is not self._noted:
            self._noted = notes
            self._forgot += 1
        return self._forgot

    def close(self) -> None:
        if self._meaning is not None:
            self._meaning.close()
        for source in self._sources:
            source.close()
        self._let_go()

    async def prepare(self, messages: Sequence[Message]) -> None:
        """Reads beforehand, beside the event loop, what recalling for these messages asks."""
        if self._meaning is not None:
            await self._meaning.ask([asked for one in messages if terms(asked := self._question(spoken(one)))])

    async def catch_up(self, people: People) -> None:
        """Reads, beside the event loop, what was said and has no vector yet; of the contacts all, of groups what was
        looked through since the start. What goes wrong is logged, and tried again the next time.
        """
        if self._meaning is None:
            return
        try:
            if people is not self._looked_through:
                for contact in people.contacts:
                    for account in contact.accounts[:1]:
                        self._places(Chat(account.platform, account.id, ChatKind.PRIVATE), account, people)
                        await asyncio.sleep(0)
                self._looked_through = people
            await self._meaning.catch_up(self._index)
        except EchoesError as error:
            log.warning("What was said before is not read now: %s", error)
        except sqlite3.Error as error:
            self._damaged(error)

    def recall(
        self, message: Message, people: People, before: datetime, shown: Collection[str], most: int
    ) -> Sequence[Remembered]:
        """Returns at most so many lines for a message, from before a time: facts first, then quotations."""
        asked = spoken(message)
        facts = [one for one in self._facts(message, people, asked) if one.key not in shown][:most]
        if len(facts) == most:
            return facts
        try:
            found = self.quotations(message.chat, message.sender, asked, people, before, shown, most - len(facts))
        except EchoesError as error:
            log.warning("What was said before is not remembered: %s", error)
            return facts
        except sqlite3.Error as error:
            self._damaged(error)
            return facts
        return [*facts, *(Remembered(one.key, self.line(one, people)) for one in found)]

    def quotations(
        self,
        chat: Chat,
        partner: Account | None,
        asked: str,
        people: People,
        before: datetime,
        without: Collection[str] = (),
        most: int = 1,
    ) -> list[Quotation]:
        """Returns what was said in a chat, or with this contact anywhere, that a text has something in common with.

        With an encoder: what has much in common with it in words, and then what is near to it in meaning. Raises
        EchoesError or sqlite3.Error where a store cannot be read.
        """
        asked = self._question(asked)
        if not terms(asked):
            return []
        where = [
            (source, places, _until(source, before.timestamp()))
            for source, places in self._places(chat, partner, people)
        ]
        near = self._near(where, asked)
        found = [
            (one, source)
            for source, places, until in where
            for one in self._index().find(places, asked, until, strong=near is not None)
        ]
        found.sort(key=lambda one: -_worth(one[0], before))
        return self._exchanges([*found, *(near or ())], without, most)

    def latest(self, chat: Chat, partner: Account | None, people: People, most: int) -> list[Quotation]:
        """Returns what was said last there, the newest first. Raises as `quotations` does."""
        found = [
            (one, source)
            for source, places in self._places(chat, partner, people)
            for one in self._index().latest(places, 2 * most, _until(source))
        ]
        found.sort(key=lambda one: -one[0].at)
        return self._exchanges(found, (), most)

    def known(self, chat: Chat, partner: Account | None, people: People) -> int:
        """Returns how many messages there are that something may be remembered of. Raises as `quotations` does."""
        return sum(self._index().count(places) for _, places in self._places(chat, partner, people))

    def forget(self, chat: Chat | None = None) -> None:
        """Forgets what is indexed of chats in which something may have been taken away; they are indexed anew.

        chat: where alone that may be.
        """
        self._forgot += 1
        self._looked_through = None
        if self._meaning is not None:
            self._meaning.forget()
        try:
            index = self._index()
            keys = index.places()
            index.drop(one for source in self._sources for one in source.stale(keys, chat))
        except (EchoesError, sqlite3.Error) as error:
            self._damaged(error)

    def _facts(self, message: Message, people: People, asked: str) -> list[Remembered]:
        """What the owner wrote down or the person told that fits the message, the most first."""
        private = message.sender is not None and message.chat.kind is ChatKind.PRIVATE
        contact = people.find(message.sender) if private and message.sender else None
        language, words = self._persona.language, set(terms(asked))
        facts = [
            (fact, Remembered(f"note/{fact}", quoted(fact, language)))
            for fact in self._notes().known_to(contact.slug if contact else None)
        ] + [
            (f"{one.question} {one.answer}", Remembered(f"told/{one.id}", told(one, language)))
            for one in self._told()
            if one.trait is None
        ]
        known = [(len(words & set(terms(text))), number, found) for number, (text, found) in enumerate(facts)]
        return [found for common, _, found in sorted(known, key=lambda one: (-one[0], one[1])) if common >= _COMMON]

    def _exchanges(self, found: Sequence[tuple[Found, Source]], without: Collection[str], most: int) -> list[Quotation]:
        """The first of them as they are now, each exchange once, without what is struck out."""
        struck, best = self._notes().never, dict[str, Quotation]()
        for one, source in found:
            exchange = source.exchange(one.place, one.ref)
            key = f"{one.place}/{exchange.ref}" if exchange else ""
            if exchange and key not in without and key not in struck and key not in best:
                best[key] = Quotation(key, exchange.said)
                if len(best) == most:
                    break
        return list(best.values())

    def _places(self, chat: Chat, partner: Account | None, people: People) -> list[tuple[Source, list[str]]]:
        """Where may be looked for a message of this chat, by source, taken into the index as it is now."""
        private = partner is not None and chat.kind is ChatKind.PRIVATE
        accounts = people.accounts_behind(partner) if partner and private else frozenset[Account]()
        where, index, found = Whereabouts(chat, accounts, people), self._index(), []
        for source in self._sources:
            places = source.places(where)
            for place in places:
                known = index.knows(place)
                if source.grows:
                    news = list(source.words(place, index.last(place)))
                    if news or not known:
                        index.take(place, news)
                        known = False
                elif not known:
                    index.drop([place.key])
                    index.take(place, source.words(place, 0))
                if self._meaning is not None:
                    self._meaning.note(place.key, source, as_it_was=known)
            if places:
                found.append((source, [place.key for place in places]))
        return found

    def _index(self) -> Index:
        if self._opened is None:
            self._opened = Index.open(self._path)
            if self._meaning is not None:
                self._meaning.adopt(self._opened)
        return self._opened

    def _damaged(self, error: Exception) -> None:
        log.warning("The index of what was said before failed (%s): it is made anew.", type(error).__name__)
        self._let_go()
        Index.remove(self._path)

    def _let_go(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def line(self, quotation: Quotation, people: People) -> str:
        """`Tue 3 Mar 2020, they: i got the job / you: congratulations!!`"""
        return line(quotation, people, self._persona)

    def _question(self, asked: str) -> str:
        """What is looked up: without the names by which it is called, which are in half of what was said."""
        for name in self._persona.names:
            asked = re.sub(re.escape(name), " ", asked, flags=re.IGNORECASE)
        return asked

    def _near(
        self, where: Sequence[tuple[Source, Sequence[str], float]], asked: str
    ) -> list[tuple[Found, Source]] | None:
        """What is near in meaning; None where only words can tell."""
        if self._meaning is None:
            return None
        near = self._meaning.near(self._index(), [(places, until) for _, places, until in where], asked)
        sources = {place: source for source, places, _ in where for place in places}
        return None if near is None else [(one, sources[one.place]) for one in near]


def _until(source: Source, before: float = math.inf) -> float:
    """Until when what a source holds may be remembered before a time, in seconds since 1970."""
    return min(source.until.timestamp(), before) if source.until else before


def _worth(found: Found, now: datetime) -> float:
    """The score, less for what was long ago, never less than its lasting part."""
    age = max(now.timestamp() - found.at, 0.0) / _HALF.total_seconds()
    return found.score * (_LASTING + (1 - _LASTING) * math.exp2(-age))
