"""What the corpus shows of each contact: names, company, words of address, manner. Every message is read once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bot.message import Account, ChatKind
from bot.people import Contact, People
from bot.store.corpus import Corpus, CorpusChat, Said
from training.data.proposals.address import ADDRESSES, called, calls_self, in_name, speaks_of_shared_kin
from training.data.proposals.manner import Manner, manners, words_of

_ANSWERS_WITHIN = timedelta(minutes=5)  # in a group, where nothing else tells whom a message is for

_TELLING = 12  # messages in private that tell a manner
ALL, OFFICE_HOURS, SHARED_KIN = "all", "office hours", "shared kin"
"""What messages are counted by beside their manners."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One contact. names: every display name, the owner's first. chats: rows of those they wrote in.

    company: short names of contacts that they share a group with. own and theirs: what the subject and they wrote in
    private, counted by manner. called, calls: what the subject calls them, and they the subject, by word of address;
    calls_self: what they are to the subject in their own words. first, last: when they wrote; None for nothing seen.
    """

    contact: Contact
    names: tuple[str, ...]
    chats: frozenset[int]
    company: frozenset[str]
    own: Mapping[str, int]
    theirs: Mapping[str, int]
    called: Mapping[str, int]
    calls: Mapping[str, int]
    calls_self: Mapping[str, int]
    first: datetime | None
    last: datetime | None

    @property
    def words_in_names(self) -> tuple[str, ...]:
        """The words of address among the names."""
        return tuple(dict.fromkeys(word for name in self.names if (word := in_name(name))))

    def both(self, manner: str) -> int:
        """How many messages in private, of either, are of a manner."""
        return self.own.get(manner, 0) + self.theirs.get(manner, 0)

    @property
    def private(self) -> int:
        """How many messages there are in private, of either."""
        return self.both(ALL)

    @property
    def register(self) -> Manner | None:
        """How the subject writes to them in private; None for neither politely nor playfully, or too little to tell."""
        own = self.own.get(ALL, 0)
        if self.private < _TELLING or not own:
            return None
        if self.own.get(Manner.POLITE, 0) >= 0.3 * own:
            return Manner.POLITE
        return Manner.PLAYFUL if self.own.get(Manner.PLAYFUL, 0) >= 0.1 * own else None


@dataclass(slots=True)
class _Tally:
    contact: Contact
    names: list[str]
    chats: set[int] = field(default_factory=set)
    company: set[str] = field(default_factory=set)
    own: Counter[str] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    called_in_groups: Counter[tuple[int, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    calls_self: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    def take_own(self, said: Said, chat: CorpusChat, zone: tzinfo) -> None:
        """Takes up a message of the subject to them."""
        words, private = words_of(said.text), chat.kind is ChatKind.PRIVATE
        word = None if ADDRESSES.isdisjoint(words) else called(said.text)
        if word is not None:
            if private:
                self.called[word] += 1
            else:
                self.called_in_groups[chat.id, word] += 1
        if private:
            self.own.update(_counted(said, words, zone))

    def take_theirs(self, said: Said, chat: CorpusChat, to_subject: bool, zone: tzinfo) -> None:
        """Takes up a message of theirs."""
        self.first = min(self.first or said.sent_at, said.sent_at)
        self.last = max(self.last or said.sent_at, said.sent_at)
        words = words_of(said.text)
        if to_subject and not ADDRESSES.isdisjoint(words):
            self.calls.update(word for word in (called(said.text),) if word)
            self.calls_self.update(word for word in (calls_self(said.text),) if word)
        if chat.kind is ChatKind.PRIVATE:
            self.theirs.update(_counted(said, words, zone))

    def seen(self) -> Seen:
        return Seen(
            self.contact,
            tuple(dict.fromkeys(name for name in self.names if name)),
            frozenset(self.chats),
            frozenset(self.company - {self.contact.slug}),
            self.own,
            self.theirs,
            self.called,
            self.calls,
            self.calls_self,
            self.first,
            self.last,
        )


def look(corpus: Corpus, people: People, zone: tzinfo) -> list[Seen]:
    """Looks at every contact of the list, in its order. Of who is left out only names and chats are read.

    corpus: opened without leaving anything out. zone: where the subject lives.
    """
    tallies = {one.slug: _Tally(one, [one.name]) for one in people.contacts}
    senders = corpus.senders()
    members: dict[int, list[Account]] = {}
    for sender in senders:
        for number in () if sender.is_bot else sender.chats:
            members.setdefault(number, []).append(sender.account)
        if contact := people.find(sender.account):
            tallies[contact.slug].names += sender.names
            tallies[contact.slug].chats |= set(sender.chats)
    for chat in corpus.chats():
        present = members.get(chat.id, [])
        there = {contact.slug for one in present if (contact := people.find(one))}
        if chat.kind is ChatKind.GROUP:
            for slug in there:
                tallies[slug].company |= there
        entitled = Account(chat.platform, chat.native_id)
        if chat.kind is ChatKind.PRIVATE and (about := people.find(entitled)):
            tallies[about.slug].names.append(chat.title)
        if chat.chat.key not in people.left_out_chats and not {*present, entitled}.isdisjoint(people.subject):
            partner = next(iter(there)) if chat.kind is ChatKind.PRIVATE and len(there) == 1 else None
            _read(corpus, chat, people, tallies, partner, zone)
    _attribute(tallies.values())
    return [tally.seen() for tally in tallies.values()]


def _read(
    corpus: Corpus,
    chat: CorpusChat,
    people: People,
    tallies: Mapping[str, _Tally],
    partner: str | None,
    zone: tzinfo,
) -> None:
    """Reads one chat. partner: who else is in a private one. In a group a message is to who spoke before, if lately."""
    speaker: Account | None = None
    spoke_at = datetime.min.replace(tzinfo=UTC)
    before: tuple[Account | None, datetime] = (None, spoke_at)
    for said in corpus.said(chat):
        if said.sender != speaker:
            before, speaker = (speaker, spoke_at), said.sender
        spoke_at = said.sent_at
        to = said.replied or (before[0] if said.sent_at - before[1] <= _ANSWERS_WITHIN else None)
        own = said.sender in people.subject
        other = people.find(said.sender) if not own else people.find(to) if to else None
        slug = partner or (other.slug if other else None)
        if slug is None or tallies[slug].contact.left_out:
            continue
        if own:
            tallies[slug].take_own(said, chat, zone)
        else:
            tallies[slug].take_theirs(said, chat, bool(partner) or to in people.subject, zone)


def _attribute(tallies: Collection[_Tally]) -> None:
    """Gives each what they were called in groups, but for what is surely said to another there: to who spoke before."""
    owners: defaultdict[str, list[_Tally]] = defaultdict(list)
    for tally in tallies:
        for word in {*tally.called, *filter(None, map(in_name, tally.names))}:
            owners[word].append(tally)
    for tally in tallies:
        for (chat, word), count in tally.called_in_groups.items():
            there = [one for one in owners.get(word, ()) if chat in one.chats]
            if not there or any(one is tally for one in there):
                tally.called[word] += count


def _counted(said: Said, words: set[str], zone: tzinfo) -> Iterator[str]:
    """Yields what a message counts as."""
    yield ALL
    yield from manners(words)
    at = said.sent_at.astimezone(zone)
    if at.weekday() < 5 and 8 <= at.hour < 19:
        yield OFFICE_HOURS
    if not ADDRESSES.isdisjoint(words) and speaks_of_shared_kin(said.text):
        yield SHARED_KIN
