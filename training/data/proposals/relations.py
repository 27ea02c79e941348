"""Who contacts may be to the subject: by words of address first, then by name, company and manner.

Each piece of evidence has weights, in nats, for the relationships that it speaks for or against. They were set by hand,
so what comes of them is told in words and not as a probability. docs/results.md tells how often it is right.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.people import STRANGER
from training.data.proposals.address import INVERSE, says
from training.data.proposals.manner import Manner
from training.data.proposals.names import surname
from training.data.proposals.proposal import Relation, Sureness
from training.data.proposals.seen import ALL, OFFICE_HOURS, SHARED_KIN, Seen

_BEFORE = {
    "friend": 0.8,
    "acquaintance": 0.3,
    "colleague": 0.0,
    "classmate": -0.3,
    "teacher": -0.7,
    "parent": -1.0,
    "elder": -1.0,
    "sibling": -1.0,
    "relative": -1.0,
    "partner": -1.5,
    "student": -1.5,
    "child": -2.0,
}
"""Before anything is known; a stranger is proposed to be nothing."""

_KIN = frozenset({"parent", "elder", "relative", "sibling", "child"})
_LEVELS = ((0.95, Sureness.HIGH), (0.85, Sureness.MIDDLE), (0.7, Sureness.LOW))
_ENOUGH = 1.5  # nats that evidence must speak for what is proposed
_WORD, _OFTEN = 5.0, 4  # nats of a word of address that was said so often


@dataclass(frozen=True, slots=True)
class _Evidence:
    says: Mapping[str, float]
    reason: str


def relations(seen: Sequence[Seen], subject_names: Iterable[str]) -> list[Relation]:
    """Proposes a relationship for each contact who is a stranger yet, where the evidence is enough; surest first."""
    family_name = surname(subject_names)
    family = {one.contact.slug for one in seen if one.contact.relationship in _KIN or _called_kin(one)}
    found = [
        relation
        for one in seen
        if one.contact.relationship == STRANGER and (relation := _relation(one, family_name, family))
    ]
    order = list(Sureness)
    return sorted(found, key=lambda one: order.index(one.sureness))


def _relation(one: Seen, family_name: str, family: set[str]) -> Relation | None:
    evidence = [*_words(one), *_circumstances(one, family_name, family), *_manner(one)]
    score = dict(_BEFORE)
    for piece in evidence:
        for relationship, nats in piece.says.items():
            score[relationship] += nats
    best = max(score, key=lambda relationship: score[relationship])
    share = 1 / sum(math.exp(other - score[best]) for other in score.values())
    level = next((level for least, level in _LEVELS if share >= least), None)
    if level is None or score[best] - _BEFORE[best] < _ENOUGH:
        return None
    telling = sorted(evidence, key=lambda piece: -piece.says.get(best, 0))
    reasons = tuple(piece.reason for piece in telling if piece.says.get(best, 0) > 0 and piece.reason)
    return Relation(one.contact.slug, best, level, reasons)


def _words(one: Seen) -> list[_Evidence]:
    named = [_Evidence(_times(4, says(word)), f"they are called “{word}” in the chats") for word in one.words_in_names]
    inverse = {word: {INVERSE.get(of, of): weight for of, weight in says(word).items()} for word in one.calls}
    return [
        *named,
        *_said(one.called, {word: says(word) for word in one.called}, "the subject calls them “{}” ({})"),
        *_said(one.calls, inverse, "they call the subject “{}” ({})"),
        *_said(one.calls_self, {word: says(word) for word in one.calls_self}, "they call themself “{}” ({})"),
    ]


def _said(counts: Mapping[str, int], means: Mapping[str, Mapping[str, float]], reason: str) -> list[_Evidence]:
    """A word weighs by how often it was said, and by its share of all that were."""
    total = sum(counts.values())
    return [
        _Evidence(
            _times(_WORD * min(1, number / _OFTEN) * number / total, means[word]),
            reason.format(word, "once" if number == 1 else f"{number:,} times"),
        )
        for word, number in counts.items()
    ]


def _called_kin(one: Seen) -> bool:
    """Whether a contact is surely family, by what the subject calls them."""
    often = [word for word, number in one.called.items() if number >= 2]
    return any(
        weight == 1 and of in _KIN for word in (*often, *one.words_in_names) for of, weight in says(word).items()
    )


def _circumstances(one: Seen, family_name: str, family: set[str]) -> list[_Evidence]:
    found = []
    if family_name and surname(one.names) == family_name:
        says_kin = {"sibling": 2.0, "relative": 1.5, "parent": 1.0, "elder": 1.0, "child": 1.0, "partner": 0.5}
        found.append(_Evidence({**says_kin, "friend": -1.0}, "they have the subject's family name"))
    if len(one.company & family) >= 2:
        says_kin = {"sibling": 1.7, "relative": 1.7, "parent": 1.0, "elder": 1.0, "partner": 0.5}
        found.append(_Evidence({**says_kin, "friend": -1.5}, "they share a group with the subject's family"))
    if shared := one.both(SHARED_KIN):
        says_kin = _times(min(1, shared / 3), {"sibling": 1.5, "relative": 0.7, "parent": 0.4})
        found.append(_Evidence(says_kin, "parents or grandparents are spoken of as of both"))
    return found


def _manner(one: Seen) -> list[_Evidence]:
    number = one.private
    if not one.own.get(ALL, 0) or not one.theirs.get(ALL, 0):
        return []
    found = []
    if one.register is Manner.POLITE:
        found.append(
            _Evidence(
                {"teacher": 1.2, "colleague": 1.2, "elder": 1.0, "relative": 0.5, "parent": 0.3}
                | {"friend": -1.5, "partner": -2.0, "sibling": -1.0, "classmate": -1.0},
                "the subject writes to them politely",
            )
        )
    if one.register is Manner.PLAYFUL:
        found.append(
            _Evidence(
                {"friend": 1.2, "classmate": 0.8, "sibling": 0.8, "partner": 0.5, "colleague": -0.5}
                | {"parent": -0.5, "elder": -1.5, "teacher": -1.5},
                "the subject writes to them playfully",
            )
        )
    if one.both(Manner.WORK) >= max(3, 0.05 * number):
        found.append(
            _Evidence({"colleague": 2.0}, f"work is spoken of in {one.both(Manner.WORK):,} of {number:,} messages")
        )
    if one.both(Manner.STUDY) >= max(3, 0.05 * number):
        reason = f"study is spoken of in {one.both(Manner.STUDY):,} of {number:,} messages"
        found.append(_Evidence({"classmate": 1.5, "teacher": 1.5, "student": 0.8}, reason))
    if number >= 20 and one.both(OFFICE_HOURS) >= 0.9 * number:
        found.append(_Evidence({"colleague": 1.2}, "nearly all is written in office hours"))
    if min(one.own.get(Manner.LOVE, 0), one.theirs.get(Manner.LOVE, 0)) >= max(3, 0.01 * number):
        found.append(_Evidence({"partner": 1.5, "parent": 0.7, "child": 0.5}, "both write that they love or miss"))
    return [*found, _volume(number)]


def _volume(number: int) -> _Evidence:
    reason = f"{number:,} messages in private"
    if number >= 150:
        return _Evidence({"friend": 1.5, "partner": 0.7, "sibling": 0.4, "acquaintance": -1.5}, reason)
    if number >= 40:
        return _Evidence({"friend": 0.7, "acquaintance": -0.3}, reason)
    return _Evidence({"acquaintance": 1.0, "friend": -0.3}, f"only {reason}")


def _times(factor: float, weights: Mapping[str, float]) -> dict[str, float]:
    return {key: factor * weight for key, weight in weights.items()}
