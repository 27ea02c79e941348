"""Which contacts are probably one person. A wrong merge shows one person's private words to another: rather none.

Contacts who wrote in the same chat are two people, whatever they are called. So are those to whom the owner has given
different relationships, those whom the subject calls `mum` and `uncle`, and those to one of whom the subject writes
politely and to the other playfully. A name alone is little: there are many of each.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

from bot.people import STRANGER
from bot.store.corpus import CorpusSender
from training.data.proposals.address import ONLY_ONE, holds_a_name, says
from training.data.proposals.manner import Manner
from training.data.proposals.names import Likeness, Name, addresses, likeness, same_address
from training.data.proposals.proposal import SamePerson, Sureness
from training.data.proposals.seen import Seen

_LEVELS = ((4.0, Sureness.HIGH), (3.0, Sureness.MIDDLE), (2.5, Sureness.LOW))
_BY_NAME = {Likeness.FULL: 2.7, Likeness.INITIAL: 2.0, Likeness.GIVEN: 1.5}
_CROWD = 12  # contacts who share a name: too many for it to tell anything
_ONE_EACH = frozenset({"parent", "elder", "relative"})  # of these each has a word of their own
_TURN = timedelta(days=30)  # within which one account takes over from another


@dataclass(frozen=True, slots=True)
class _Traits:
    """What two contacts are compared by."""

    seen: Seen
    names: tuple[Name, ...]
    addresses: frozenset[str]
    words: frozenset[str]  # what the subject usually calls them, and what they are called
    platforms: frozenset[str]

    @classmethod
    def of(cls, seen: Seen) -> "_Traits":
        total = sum(seen.called.values())
        usual = {word for word, number in seen.called.items() if number >= 2 and 2 * number > total}
        return cls(
            seen,
            tuple(name for name in map(Name.of, seen.names) if name),
            addresses(seen.contact.accounts, seen.names),
            frozenset({*usual, *seen.words_in_names}),
            frozenset(account.platform for account in seen.contact.accounts),
        )

    def shareable(self) -> set[tuple[str, str]]:
        """Contacts without one in common are not compared."""
        return {
            *(("name", key) for name in self.names for key in name.keys),
            *(("address", one.casefold()[-8:]) for one in self.addresses),
            *(("word", word) for word in self.words),
        }


def same_people(seen: Sequence[Seen], senders: Iterable[CorpusSender]) -> list[SamePerson]:
    """Proposes contacts to be merged, surest first. senders: everybody, who show which names are common."""
    traits = {one.contact.slug: _Traits.of(one) for one in seen}
    common = _bearers(senders)
    found = []
    for one, other in _pairs(traits):
        if not _are_two(traits[one], traits[other]):
            nats, reasons = _compared(traits[one], traits[other], common)
            if nats >= _LEVELS[-1][0]:
                found.append((nats, one, other, reasons))
    return _joined(sorted(found, key=lambda pair: -pair[0]), traits)


def _pairs(traits: Mapping[str, _Traits]) -> Iterable[tuple[str, str]]:
    sharing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for slug, one in traits.items():
        for key in one.shareable():
            sharing[key].append(slug)
    near = (slugs for slugs in sharing.values() if len(slugs) <= _CROWD)
    return dict.fromkeys(pair for slugs in near for pair in combinations(slugs, 2))


def _bearers(senders: Iterable[CorpusSender]) -> Counter[tuple[str, str]]:
    """How many accounts of a platform bear a name, by its keys."""
    found: Counter[tuple[str, str]] = Counter()
    for sender in senders:
        keys = {key for text in sender.names if (name := Name.of(text)) for key in name.keys}
        found.update((sender.account.platform, key) for key in keys)
    return found


def _are_two(one: _Traits, other: _Traits) -> bool:
    if one.seen.chats & other.seen.chats:
        return True
    given = {one.seen.contact.relationship, other.seen.contact.relationship} - {STRANGER}
    if len(given) == 2:
        return True
    registers = {one.seen.register, other.seen.register}
    if registers == {Manner.POLITE, Manner.PLAYFUL}:
        return True
    return bool(one.words and other.words) and not any(_fits(a, b) for a in one.words for b in other.words)


def _fits(word: str, other: str) -> bool:
    """Whether one person may be called both: `babe` and `honey`, but not `mum` and `dad`, nor `mum` and `boss`."""
    if word == other:
        return True
    shared = says(word).keys() & says(other).keys()
    if holds_a_name(word) or holds_a_name(other):
        return bool(shared) and holds_a_name(word) != holds_a_name(other)
    return not shared & _ONE_EACH if shared else not (1 in says(word).values() and 1 in says(other).values())


def _compared(one: _Traits, other: _Traits, common: Mapping[tuple[str, str], int]) -> tuple[float, list[str]]:
    nats, reasons = 0.0, []

    def take(weight: float, reason: str) -> None:
        nonlocal nats
        nats += weight
        reasons.append(reason)

    if shared := [a for a in one.addresses for b in other.addresses if same_address(a, b)]:
        take(5.0, "they have the same e-mail address" if "@" in shared[0] else "they have the same phone number")
    alike, name, shared_name = _names(one, other)
    if name is not None:
        bearers = [common.get((platform, key), 0) for platform in one.platforms | other.platforms for key in name.keys]
        take(_BY_NAME[alike] / (1 if max(bearers) <= 1 else 2), f"both are called {shared_name}")
    if words := one.words & other.words:
        word = min(words)
        take(3.0 if holds_a_name(word) or word in ONLY_ONE else 1.0, f"the subject calls both “{word}”")
    if not reasons:
        return 0.0, []
    if one.seen.company & other.seen.company:
        take(1.0, "each shares a group with " + ", ".join(sorted(one.seen.company & other.seen.company)))
    if _takes_over(one.seen, other.seen):
        take(1.2, "one falls silent when the other begins")
    elif one.platforms & other.platforms:
        nats -= 2.0  # nobody writes under two accounts of one platform at the same time, mostly
    return nats, reasons


def _names(one: _Traits, other: _Traits) -> tuple[Likeness, Name | None, str]:
    """The two names that are most alike: how far, the first one's, and what they share."""
    pairs = [(likeness(a, b), a, a.shared(b)) for a in one.names for b in other.names]
    best = max(pairs, key=lambda pair: pair[0], default=None)
    return best if best and best[0] else (Likeness.NONE, None, "")


def _takes_over(one: Seen, other: Seen) -> bool:
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return False
    (_, end), (begin, _) = sorted(((one.first, one.last), (other.first, other.last)))
    return end <= begin <= end + _TURN


def _joined(pairs: Iterable[tuple[float, str, str, list[str]]], traits: Mapping[str, _Traits]) -> list[SamePerson]:
    """Joins pairs to people, the surest pairs first, where nobody in one is surely another than somebody in it."""
    people: dict[str, tuple[set[str], list[float], list[str]]] = {}
    for nats, one, other, reasons in pairs:
        mine, yours = people.get(one, ({one}, [], [])), people.get(other, ({other}, [], []))
        if mine[0] is yours[0] or any(_are_two(traits[a], traits[b]) for a in mine[0] for b in yours[0]):
            continue
        joined = (mine[0] | yours[0], [*mine[1], *yours[1], nats], [*mine[2], *yours[2], *reasons])
        people |= dict.fromkeys(joined[0], joined)
    found = {id(person): person for person in people.values()}
    return [
        SamePerson(_ordered(slugs, traits), _level(min(nats)), tuple(dict.fromkeys(reasons)))
        for slugs, nats, reasons in sorted(found.values(), key=lambda person: -min(person[1]))
    ]


def _ordered(slugs: Iterable[str], traits: Mapping[str, _Traits]) -> tuple[str, ...]:
    """Who has a relationship stays, then who has a name, then who wrote most."""

    def rank(slug: str) -> tuple[bool, bool, int, str]:
        one = traits[slug]
        named = bool(one.names or one.words)
        return one.seen.contact.relationship == STRANGER, not named, -one.seen.private, slug

    return tuple(sorted(slugs, key=rank))


def _level(nats: float) -> Sureness:
    return next(level for least, level in _LEVELS if nats >= least)
