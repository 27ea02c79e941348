"""Private dialogues under another relationship: the words stay, the tag in the prompt is exchanged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat.dialogue import Scene, Speaker
from bot.message import ChatKind
from bot.people import STRANGER
from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.panels.context.trials import Trial
from training.evaluation.respondent import Question, occasions
from training.statistics import spread

CLOSE = frozenset({"partner", "child", "sibling", "friend", "classmate"})
"""The relationships in which people mostly talk as equals; all others have a register of more distance."""

COMPARED = {
    "relationship_win": ("alone", "alone_wrong"),
    "relationship_within": ("within", "within_wrong"),
    "relationship_named": ("named", "named_wrong"),
}
"""By metric, the right condition and the wrong one.

alone: after nothing but the message that is answered, for the subject's earlier words would tell the register. within:
after all that was said before, as when the avatar runs. named: alone, with the partner's name shown.
"""
CHANCE = {"relationship_win": ("alone_wrong", "alone_other")}
"""One wrong relationship against another."""
UNTRAINED_SKIPS = ("named", "named_wrong", "alone_other")
"""What the base model is not asked."""

_REPLIES = 3  # of a dialogue, on average: some are very long


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A private dialogue, and two relationships that are wrong for it, of the other register where there is one."""

    dialogue: Dialogue
    wrong: tuple[str, str]

    @property
    def relationship(self) -> str:
        return self.dialogue.scene.partner.relationship

    def scene(self, relationship: str, *, named: bool = False) -> Scene:
        """Returns the scene with this relationship, and without the name, which would give the partner away."""
        scene = self.dialogue.scene
        return replace(scene, partner=Speaker(scene.partner.name if named else None, relationship))


def known(data: EvaluationData) -> list[str]:
    """The relationships that the subject talks in privately on the days learnt from, the most frequent first."""
    counts = Counter(one.scene.partner.relationship for one in private(data, Split.TRAIN))
    return [one for one, _ in counts.most_common() if one != STRANGER]


def private(data: EvaluationData, split: Split) -> list[Dialogue]:
    return [one for one in data.dialogues.get(split, ()) if one.scene.kind is ChatKind.PRIVATE]


def relabelled(dialogues: Sequence[Dialogue], relationships: Sequence[str]) -> list[Relabelled]:
    """The dialogues with a known relationship. The wrong ones are taken in turn, so that no word weighs too much."""
    found: list[Relabelled] = []
    turns = Counter[str]()
    for dialogue in dialogues:
        right = dialogue.scene.partner.relationship
        others = [one for one in relationships if one != right]
        far = [one for one in others if (one in CLOSE) is not (right in CLOSE)] or others
        if right in relationships and far:
            first = turns[right] % len(far)
            turns[right] += 1
            rest = [*far[first + 1 :], *far[:first], *(one for one in others if one not in far), STRANGER]
            found.append(Relabelled(dialogue, (far[first], rest[0])))
    return found


def trials(items: Sequence[Relabelled]) -> list[Trial]:
    """Makes trials of some of their replies."""
    every = [(item, occasion) for item in items for occasion in occasions([item.dialogue]) if occasion.real]
    found = []
    for item, occasion in spread(every, _REPLIES * len(items)):
        before = occasion.question.turns
        right, wrong, other = (item.scene(one) for one in (item.relationship, *item.wrong))
        named, named_wrong = (item.scene(one, named=True) for one in (item.relationship, item.wrong[0]))
        alone = {"alone": right, "alone_wrong": wrong, "alone_other": other, "named": named, "named_wrong": named_wrong}
        questions = {key: Question(scene, before[-1:]) for key, scene in alone.items()}
        questions |= {"within": Question(right, before), "within_wrong": Question(wrong, before)}
        found.append(Trial(occasion, questions, item.relationship, item.wrong[0]))
    return found
