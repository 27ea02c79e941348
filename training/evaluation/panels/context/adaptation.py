"""Whether the subject speaks differently to those close to them and to others, and whether what is written does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.message import ChatKind
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.panels.context.judge import FEWEST, Judge, Spoken, ratio, separates
from training.evaluation.panels.context.relationships import CLOSE, private
from training.evaluation.panels.style.masking import Mask
from training.evaluation.respondent import Bubbles, Occasion, occasions, some_occasions
from training.statistics import Value

Sides = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class Adaptation:
    """Whom a reply is for, judged by its form.

    sides: two ways of speaking, of some relationships and of others. asked: where the subject answered in private, as
    panel A has it answered. real: the judge's accuracy on bundles of the person's own replies.
    """

    sides: Sides
    asked: tuple[Occasion, ...]
    judge: Judge
    real: Value

    @classmethod
    def of(cls, data: EvaluationData, limit: int) -> "Adaptation | None":
        """The judge learns on the validation days.

        None where nothing has FEWEST replies on both sides, to learn from and to measure on. limit: panel A's.
        """
        test = some_occasions(data.dialogues.get(Split.TEST, ()), limit)
        asked = tuple(one for one in test if one.kind is ChatKind.PRIVATE and one.real)
        learnt = [one for one in occasions(private(data, Split.VALIDATION)) if one.real]
        if (sides := _sides(learnt, asked)) is None:
            return None
        judge = Judge.of(Mask.of_data(data), _spoken(learnt, [one.real for one in learnt], sides))
        return cls(sides, asked, judge, judge.accuracy(_spoken(asked, [one.real for one in asked], sides)))

    @property
    def separates(self) -> bool:
        return separates(self.real)

    def values(self, replies: Sequence[Bubbles]) -> dict[str, Value]:
        """replies: to `asked`. The ratio is their accuracy over that of real ones."""
        found = self.accuracy(self.asked, replies)
        ratios = {"relationship_ratio": ratio(found, self.real)} if self.separates else {}
        return {"relationship_accuracy": found, **ratios}

    def accuracy(self, of: Sequence[Occasion], replies: Sequence[Bubbles]) -> Value:
        """The judge's accuracy on bundles of the replies to some occasions."""
        return self.judge.accuracy(_spoken(of, replies, self.sides))


def _spoken(of: Sequence[Occasion], replies: Sequence[Bubbles], sides: Sides) -> list[Spoken]:
    """The replies to partners on one of the sides."""
    return [
        Spoken(reply, relationship in sides[0], occasion.day)
        for occasion, reply in zip(of, replies, strict=True)
        if reply and (relationship := occasion.question.scene.partner.relationship) in sides[0] | sides[1]
    ]


def _sides(learnt: Sequence[Occasion], measured: Sequence[Occasion]) -> Sides | None:
    """Close relationships against the others; where one of the two is missing, the two most frequent relationships."""
    counts = [Counter(one.question.scene.partner.relationship for one in found) for found in (learnt, measured)]
    there = [one for one, _ in sum(counts, Counter[str]()).most_common()]
    close = CLOSE & frozenset(there)
    candidates = [(close, frozenset(there) - close)]
    candidates += [(frozenset({there[0]}), frozenset({other})) for other in there[1:]]
    for sides in candidates:
        if all(sum(count[one] for one in half) >= FEWEST for count in counts for half in sides):
            return sides
    return None
