"""What the corpus shows of each contact: names, company, words of address, manner. Every message is read once."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bot.message import Account, ChatKind
from bot.people import Contact, People
from bot.store.corpus import Corpus, Said
from training.data.proposals.address import called, calls_self, in_name, speaks_of_shared_kin

_ANSWERS_WITHIN = timedelta(minutes=5)  # in a group, where nothing else tells whom a message is for

POLITE, PLAYFUL, WORK, STUDY, LOVE = "polite", "playful", "work", "study", "love"
OFFICE_HOURS, SHARED_KIN = "office hours", "shared kin"
_MANNERS = {
    POLITE: re.compile(
        r"您|收到|请问|敬请|此致|(?i:\b(?:dear|kind regards|best regards|best wishes|sincerely|certainly|understood|"
        r"thank you (?:very|so) much|i would be|good (?:morning|afternoon|evening),))"
    ),
    PLAYFUL: re.compile(
        r"哈哈|嘿嘿|233|hhh|笑死|呜呜|卧槽|[😂🤣😭🥲🫠😼😜🙈✨🔥]|(?i:\b(?:lo+l|lmao|omg|haha+|u|ur|wtf|gonna|yess+|okok|"
        r"dude|bc)\b)|!!"
    ),
    WORK: re.compile(
        r"会议|开会|项目|客户|甲方|报表|合同|排期|加班|方案|下班前|稿|校|印厂|样书|上线|需求|同事|部门|周报|预算|"
        r"(?i:\b(?:meeting|deadline|agenda|budget|invoice|client|report|project|office|colleagues?|quotations?|schedule|"
        r"trustees|salary|contract|spreadsheet|slides|printer|shift|staff|boss)\b)"
    ),
    STUDY: re.compile(
        r"作业|考试|论文|宿舍|老师|导师|选课|图书馆|复习|同学|毕业|班长|上课|开题|学分|"
        r"(?i:\b(?:homework|assignments?|exams?|lectures?|essay|thesis|reading list|tutor|grades?|class|course|campus|"
        r"semester|seminar|revision|professor|chapters?|students?|midterms?|finals|study|word limit|workshop)\b)"
    ),
    LOVE: re.compile(r"爱你|想你|么么|亲亲|(?i:\b(?:i love (?:you|u)|love (?:you|u)|miss (?:you|u)|xx+)\b)"),
}


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
        return self.both("")


@dataclass(slots=True)
class _Tally:
    contact: Contact
    names: list[str]
    chats: set[int] = field(default_factory=set)
    company: set[str] = field(default_factory=set)
    own: Counter[str] = field(default_factory=Counter)
    theirs: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    calls_self: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

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
        for chat in () if sender.is_bot else sender.chats:
            members.setdefault(chat, []).append(sender.account)
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
            partner = there.pop() if chat.kind is ChatKind.PRIVATE and len(there) == 1 else None
            _read(corpus.said(chat), people, tallies, partner, zone)
    return [tally.seen() for tally in tallies.values()]


def _read(
    messages: Iterable[Said], people: People, tallies: Mapping[str, _Tally], partner: str | None, zone: tzinfo
) -> None:
    """Reads one chat. partner: who else is in a private one."""
    speaker: Account | None = None
    spoke_at = datetime.min.replace(tzinfo=UTC)
    before: tuple[Account | None, datetime] = (None, spoke_at)  # who spoke last before the one who is speaking
    for said in messages:
        if said.sender != speaker:
            before, speaker = (speaker, spoke_at), said.sender
        spoke_at = said.sent_at
        own = said.sender in people.subject
        to = said.replied or (before[0] if said.sent_at - before[1] <= _ANSWERS_WITHIN else None)
        other = people.find(said.sender) if not own else people.find(to) if to else None
        slug = partner or (other.slug if other else None)
        if slug is None or (tally := tallies[slug]).contact.left_out:
            continue
        if own:
            _count(tally.called, called(said.text))
        else:
            tally.first = min(tally.first or said.sent_at, said.sent_at)
            tally.last = max(tally.last or said.sent_at, said.sent_at)
            if partner or to in people.subject:
                _count(tally.calls, called(said.text))
                _count(tally.calls_self, calls_self(said.text))
        if partner:
            (tally.own if own else tally.theirs).update(_manners(said, zone))


def _count(words: Counter[str], word: str | None) -> None:
    if word is not None:
        words[word] += 1


def _manners(said: Said, zone: tzinfo) -> Iterator[str]:
    """Yields the manners of a message, and "" for the message itself."""
    yield ""
    at = said.sent_at.astimezone(zone)
    if at.weekday() < 5 and 8 <= at.hour < 19:
        yield OFFICE_HOURS
    for manner, pattern in _MANNERS.items():
        if pattern.search(said.text):
            yield manner
    if speaks_of_shared_kin(said.text):
        yield SHARED_KIN
