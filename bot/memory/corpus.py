"""The imported chats as a source of memory."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.chat.attachments import spoken
from bot.memory.index import Place, Words
from bot.memory.source import AROUND, Exchange, Whereabouts, exchange_at
from bot.message import Account, Chat, ChatKind, Message
from bot.people import People
from bot.store.corpus import Corpus, CorpusChat, as_avatar

_KEY = "corpus/"


@dataclass(slots=True)
class CorpusSource:
    """Reads one corpus, which stays open. Where there is none, nothing is remembered of it.

    forgotten: who asked that nothing of theirs be kept. until: what was said later is not remembered.
    """

    path: Path
    forgotten: Callable[[], Collection[Account]] = tuple
    until: datetime | None = None
    grows: bool = False
    _opened: tuple[People, Corpus] | None = field(default=None, init=False)
    _version: int = field(default=0, init=False)
    _private: dict[frozenset[Account], list[Place]] = field(default_factory=dict, init=False)
    _groups: dict[str, list[Place]] = field(default_factory=dict, init=False)
    _chats: dict[str, CorpusChat] = field(default_factory=dict, init=False)
    _dropped_for: frozenset[Account] = field(default=frozenset(), init=False)  # who was forgotten then

    def close(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def places(self, where: Whereabouts) -> Sequence[Place]:
        corpus = self._corpus(where.people)
        if corpus is None:
            return ()
        if where.chat.kind is ChatKind.GROUP:
            key = where.chat.key
            if key not in self._groups:
                found = [one for one in corpus.chats() if one.kind is ChatKind.GROUP and one.chat.key == key]
                self._groups[key] = self._kept(corpus, found)
            return self._groups[key]
        if where.accounts & (set(where.people.subject) | self._forgotten()):
            return ()
        if where.accounts not in self._private:
            self._private[where.accounts] = self._kept(corpus, corpus.private_with(where.accounts))
        return self._private[where.accounts]

    def words(self, place: Place, after: int) -> Iterable[Words]:
        forgotten = self._forgotten()
        for message in self._messages(self._chats[place.key]):
            text, gone = spoken(message), message.sender in forgotten
            if int(message.id) > after and text and not (gone or message.forwarded or message.from_bot):
                yield Words(int(message.id), message.sent_at.timestamp(), text)

    def stale(self, keys: Sequence[str], chat: Chat | None) -> Sequence[str]:
        """All, once somebody more was forgotten: they may have written anywhere. What is said now is not in here."""
        forgotten = frozenset(self.forgotten())
        if chat is not None or forgotten == self._dropped_for:
            return ()
        self._dropped_for = forgotten
        return [key for key in keys if key.startswith(_KEY)]

    def exchange(self, place: str, ref: int) -> Exchange | None:
        chat = self._chats.get(place)
        if chat is None or self._opened is None:
            return None
        row = self._opened[1].db.execute("SELECT sent_ms FROM messages WHERE id = ?", (ref,)).fetchone()
        if row is None:
            return None
        at = datetime.fromtimestamp(row[0] / 1000, UTC)
        if self.until is not None and at >= self.until:
            return None
        end = at + AROUND
        around = self._messages(chat, at - AROUND, min(end, self.until) if self.until else end)
        found = exchange_at([(int(one.id), one) for one in around], ref)
        return None if found and found.said[0].sender in self._forgotten() else found

    def _corpus(self, people: People) -> Corpus | None:
        """The corpus without what these people leave out. What was looked up is looked up anew after an import."""
        if self._opened is not None and self._opened[0] is not people:
            self.close()
        if self._opened is None:
            if not self.path.exists():
                return None
            self._opened = people, Corpus.open(self.path, people.left_out)
            self._version = -1
        corpus = self._opened[1]
        version = corpus.version()
        if version != self._version:
            self._version = version
            self._private.clear()
            self._groups.clear()
        return corpus

    def _kept(self, corpus: Corpus, chats: Sequence[CorpusChat]) -> list[Place]:
        places = []
        for chat in chats:
            place = Place(f"{_KEY}{chat.id}", corpus.state(chat))
            self._chats[place.key] = chat
            places.append(place)
        return places

    def _messages(
        self, chat: CorpusChat, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Message]:
        assert self._opened is not None
        people, corpus = self._opened
        subject = frozenset(people.subject)
        return (as_avatar(one, subject) for one in corpus.messages(chat, since=since, until=until))

    def _forgotten(self) -> set[Account]:
        """All accounts of who asked to be forgotten."""
        people = self._opened[0] if self._opened else People()
        return {account for one in self.forgotten() for account in people.accounts_behind(one)}
