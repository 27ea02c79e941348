"""Private dialogues under another relationship: the words stay, the tag in the prompt is exchanged."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.dialogue import Speaker
from bot.people import STRANGER
from bot.types import ChatKind
from training.dialogues import Dialogue
from training.evaluation.held import Held
from training.evaluation.scoring import Reply, Scores
from training.evaluation.swap.pairs import Pair
from training.evaluation.voice import Voice
from training.splits import Split

CLOSE = frozenset({"partner", "child", "sibling", "friend", "classmate"})
"""The relationships in which people mostly talk as equals; all others have a register of more distance."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """A private dialogue, and two relationships that are wrong for it, of the other register where there is one."""

    dialogue: Dialogue
    wrong: tuple[str, str]

    @property
    def relationship(self) -> str:
        return self.dialogue.scene.partner.relationship

    def under(self, relationship: str, *, named: bool = False) -> Dialogue:
        """The dialogue as if the partner were this. Without the name, which would give the partner away."""
        scene = self.dialogue.scene
        partner = Speaker(scene.partner.name if named else None, relationship)
        return replace(self.dialogue, scene=replace(scene, partner=partner))


def is_close(relationship: str) -> bool:
    return relationship in CLOSE


def known(held: Held) -> list[str]:
    """The relationships that the subject talks in privately on the days learnt from, the most frequent first."""
    return [one for one, _ in Counter(map(_relationship, private(held, Split.TRAIN))).most_common() if one != STRANGER]


def private(held: Held, split: Split) -> list[Dialogue]:
    return [one for one in held.dialogues.get(split, ()) if one.scene.kind is ChatKind.PRIVATE]


def swapped(dialogues: Sequence[Dialogue], relationships: Sequence[str]) -> list[Swapped]:
    """The dialogues with a known relationship. The wrong ones are taken in turn, so that no word weighs too much."""
    found: list[Swapped] = []
    turns = Counter[str]()
    for dialogue in dialogues:
        right = _relationship(dialogue)
        others = [one for one in relationships if one != right]
        far = [one for one in others if is_close(one) is not is_close(right)] or others
        if right in relationships and far:
            first = turns[right] % len(far)
            turns[right] += 1
            rest = [*far[first + 1 :], *far[:first], *(one for one in others if one not in far), STRANGER]
            found.append(Swapped(dialogue, (far[first], rest[0])))
    return found


@dataclass(frozen=True, slots=True)
class Moment:
    """A real reply of a dialogue, foreseen under the right relationship and under the wrong one."""

    item: Swapped
    right: Reply
    wrong: Reply


@dataclass(frozen=True, slots=True)
class Tagged:
    """How likely a voice finds the real replies under the right relationship and under a wrong one.

    named: the same with the partner's name shown. chance: one wrong relationship against another.
    """

    moments: tuple[Moment, ...] = ()
    named: tuple[Moment, ...] = ()
    chance: tuple[Moment, ...] = ()


def ask(voice: Voice, items: Sequence[Swapped], *, whole: bool) -> Tagged:
    """whole: with names too, and two wrong relationships against each other."""

    def score(wrong: int | None, *, named: bool = False) -> list[Scores]:
        return voice.score(
            [item.under(item.relationship if wrong is None else item.wrong[wrong], named=named) for item in items]
        )

    if not items:
        return Tagged()
    wrong = score(0)
    unnamed = _moments(items, score(None), wrong)
    if not whole:
        return Tagged(unnamed)
    named = _moments(items, score(None, named=True), score(0, named=True))
    coin = random.Random(0)  # which of two wrong ones is taken for right
    tossed = [pair if coin.random() < 0.5 else pair[::-1] for pair in zip(wrong, score(1), strict=True)]
    chance = _moments(items, [one for one, _ in tossed], [two for _, two in tossed])
    return Tagged(unnamed, named, chance)


def pairs(moments: Sequence[Moment]) -> list[Pair]:
    return [Pair(one.right.nats, one.wrong.nats, one.right.day, one.item.relationship) for one in moments]


def _moments(items: Sequence[Swapped], right: Sequence[Scores], wrong: Sequence[Scores]) -> tuple[Moment, ...]:
    return tuple(
        Moment(item, one, two)
        for item, first, second in zip(items, right, wrong, strict=True)
        for one, two in zip(first.replies, second.replies, strict=True)
    )


def _relationship(dialogue: Dialogue) -> str:
    return dialogue.scene.partner.relationship
