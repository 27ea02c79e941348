"""Private dialogues under another relationship: the words stay, the tag in the prompt is exchanged."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat.dialogue import Scene, Speaker
from bot.message import ChatKind
from bot.people import STRANGER
from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.held import Held
from training.evaluation.limits import spread
from training.evaluation.panels.context.pairs import Pair
from training.evaluation.voice import Occasion, Question, Voice, occasions

CLOSE = frozenset({"partner", "child", "sibling", "friend", "classmate"})
"""The relationships in which people mostly talk as equals; all others have a register of more distance."""

_REPLIES = 3  # of a dialogue, on average: some are very long


@dataclass(frozen=True, slots=True)
class Swapped:
    """A private dialogue, and two relationships that are wrong for it, of the other register where there is one."""

    dialogue: Dialogue
    wrong: tuple[str, str]

    @property
    def relationship(self) -> str:
        return self.dialogue.scene.partner.relationship

    def scene(self, relationship: str, *, named: bool = False) -> Scene:
        """As if the partner were this. Without the name, which would give the partner away."""
        scene = self.dialogue.scene
        return replace(scene, partner=Speaker(scene.partner.name if named else None, relationship))


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
    """A real reply: −log p in nats under the right relationship and under the wrong one."""

    item: Swapped
    occasion: Occasion
    right: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """How likely a voice finds the real replies under the right relationship and under a wrong one.

    alone: after nothing but the message that is answered, for the subject's earlier words would tell the register.
    named: the same with the partner's name shown. chance: one wrong relationship against another, as a coin falls.
    within: after all that was said before, as when the avatar runs.
    """

    alone: tuple[Moment, ...] = ()
    within: tuple[Moment, ...] = ()
    named: tuple[Moment, ...] = ()
    chance: tuple[Moment, ...] = ()


def ask(voice: Voice, items: Sequence[Swapped], *, whole: bool) -> Tagged:
    """whole: with names too, and two wrong relationships against each other."""
    every = [(item, occasion) for item in items for occasion in occasions([item.dialogue]) if occasion.real]
    places = spread(every, _REPLIES * len(items))
    if not places:
        return Tagged()

    def nats(wrong: int | None, *, before: bool = False, named: bool = False) -> list[float]:
        questions = [
            Question(
                item.scene(item.relationship if wrong is None else item.wrong[wrong], named=named),
                occasion.question.turns if before else occasion.question.turns[-1:],
            )
            for item, occasion in places
        ]
        return [one.nats for (one,) in voice.likelihood(questions, [(occasion.real,) for _, occasion in places])]

    def moments(right: Sequence[float], wrong: Sequence[float]) -> tuple[Moment, ...]:
        return tuple(Moment(*place, *both) for place, *both in zip(places, right, wrong, strict=True))

    wrong = nats(0)
    alone = moments(nats(None), wrong)
    within = moments(nats(None, before=True), nats(0, before=True))
    if not whole:
        return Tagged(alone, within)
    coin = random.Random(0)
    tossed = [both if coin.random() < 0.5 else both[::-1] for both in zip(wrong, nats(1), strict=True)]
    return Tagged(
        alone,
        within,
        moments(nats(None, named=True), nats(0, named=True)),
        moments([one for one, _ in tossed], [two for _, two in tossed]),
    )


def pairs(moments: Sequence[Moment]) -> list[Pair]:
    return [Pair(one.right, one.wrong, one.occasion.day, one.item.relationship) for one in moments]


def _relationship(dialogue: Dialogue) -> str:
    return dialogue.scene.partner.relationship
