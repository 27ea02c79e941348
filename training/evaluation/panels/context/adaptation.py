"""Whether the subject speaks differently to those close to them and to others, and whether what is written does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.message import ChatKind
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.panels.context.relationships import CLOSE, private
from training.evaluation.panels.style.masking import Mask
from training.evaluation.panels.style.shape import shapes
from training.evaluation.respondent import Bubbles, Occasion, occasions, some_occasions
from training.statistics import NAN, Bools, Draws, Floats, Index, Value, value

BUNDLE = 5
"""Messages that are judged together: a single one tells little."""
FEWEST = 8
"""Replies on each side, to learn from and to measure on."""
CHANCE = 0.5
SEPARATE = 0.7
"""Accuracy on real bundles from which on the subject can be said to speak differently."""

_DRAWN = 200  # bundles on each side


@dataclass(frozen=True)
class Adaptation:
    """A judge of whom a reply is for, by its shape and not by its words: the topic must not decide.

    sides: two ways of speaking, of some relationships and of others. asked: where the subject answered in private, as
    panel A has it answered. real: the judge's accuracy on bundles of the person's own replies.
    """

    sides: tuple[frozenset[str], frozenset[str]]
    asked: tuple[Occasion, ...]
    model: Pipeline
    mask: Mask
    real: Value

    @classmethod
    def of(cls, data: EvaluationData, limit: int) -> "Adaptation | None":
        """The judge learns on the validation days: a logistic regression on the standardised shapes of single replies.

        None where nothing has FEWEST replies on both sides, to learn from and to measure on. limit: panel A's.
        """
        test = some_occasions(data.dialogues.get(Split.TEST, ()), limit)
        asked = tuple(one for one in test if one.kind is ChatKind.PRIVATE and one.real)
        learnt = [one for one in occasions(private(data, Split.VALIDATION)) if one.real]
        if (sides := _sides(learnt, asked)) is None:
            return None
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000))
        untold = cls(sides, asked, model, Mask.of_data(data), Value(NAN))
        model.fit(*untold._shapes(learnt, [one.real for one in learnt])[:2])
        return replace(untold, real=untold._accuracy([one.real for one in asked]))

    @property
    def separates(self) -> bool:
        """Whether real bundles are told apart: well, and surely better than by chance."""
        return self.real.number >= SEPARATE and not self.real.low <= CHANCE

    def values(self, replies: Sequence[Bubbles]) -> dict[str, Value]:
        """replies: to `asked`. The ratio is their accuracy over that of real ones, both above chance; not below 0."""
        found, room = self._accuracy(replies), self.real.number - CHANCE
        if not self.separates:
            return {"relationship_accuracy": found}
        ratio = (max(0.0, (number - CHANCE) / room) for number in (found.number, found.low, found.high))
        return {"relationship_accuracy": found, "relationship_ratio": Value(*ratio)}

    def _shapes(self, of: Sequence[Occasion], replies: Sequence[Bubbles]) -> tuple[Floats, Bools, list[date]]:
        """Of the replies to partners on one of the sides: shapes, whether it is the first side, and days."""
        found = [
            (self.mask.bubbles(reply), relationship in self.sides[0], occasion.day)
            for occasion, reply in zip(of, replies, strict=True)
            if reply and (relationship := occasion.question.scene.partner.relationship) in self.sides[0] | self.sides[1]
        ]
        first = np.array([one for _, one, _ in found], dtype=np.bool_)
        return shapes([reply for reply, _, _ in found]), first, [day for _, _, day in found]

    def _accuracy(self, replies: Sequence[Bubbles]) -> Value:
        """The share of bundles of BUNDLE replies that are put on their side, both sides counting the same.

        A bundle is drawn from one side by chance, and judged by the mean of its replies' log-odds. Days drawn whole.
        """
        found, first, days = self._shapes(self.asked, replies)
        if not first.any() or first.all():
            return Value(NAN)
        odds: Floats = self.model.decision_function(found)

        def measure(rows: Index) -> float:
            rng, right = np.random.default_rng(0), []
            for side in (True, False):
                there = odds[rows][first[rows] == side]
                if not len(there):
                    return NAN
                drawn = there[rng.integers(len(there), size=(_DRAWN, BUNDLE))].mean(axis=1)
                right.append(float(((drawn > 0) == side).mean()))
            return sum(right) / len(right)

        return value(Draws(days).each(measure))


def _sides(learnt: Sequence[Occasion], measured: Sequence[Occasion]) -> tuple[frozenset[str], frozenset[str]] | None:
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
