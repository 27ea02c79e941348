"""The subject as of two years: whether they wrote differently then, and whether the avatar does when it is asked so.

The days to examine are the newest, so that most often no year but the last lies in them. What can be measured on both
sides is what is written as of each of two years that were learnt, in answer to the same questions: does its form show
as of which? The judge has learnt that on every other day of the two years, and is measured on the days between.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from bot.message import ChatKind
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.panels.context.judge import FEWEST, Judge, Spoken, ratio, separates
from training.evaluation.panels.context.trials import Trial
from training.evaluation.panels.style.masking import Mask
from training.evaluation.respondent import Bubbles, Occasion, Question, occasions
from training.statistics import Value, spread

COMPARED = {"era_win": ("later", "earlier")}
"""By metric, the year nearer to what is examined, and the other one."""

_Two = tuple[list[Occasion], list[Occasion]]


@dataclass(frozen=True)
class Years:
    """eras: two years, the earlier first. asked: what is answered as of each: questions of days that were not learnt.

    real: the accuracy on bundles of the person's own replies. chance: the same with their days shuffled.
    """

    eras: tuple[str, str]
    asked: tuple[Occasion, ...]
    judge: Judge
    real: Value
    chance: Value

    @classmethod
    def of(cls, data: EvaluationData, limit: int) -> "Years | None":
        """The two years that lie furthest apart among those with enough replies to the same company.

        As many replies to each company are taken from both years, for people write to each in another way. None where
        there are no such years, or nobody of that company to be answered. limit: of questions.
        """
        every = [one for one in occasions(data.dialogues.get(Split.TRAIN, ())) if one.real]
        by_year: dict[int, list[Occasion]] = defaultdict(list)
        for one in every:
            by_year[one.day.year].append(one)
        pairs = sorted(combinations(sorted(by_year), 2), key=lambda two: (two[0] - two[1], -two[1]))
        for earlier, later in pairs:
            two = _matched(by_year[earlier], by_year[later])
            learnt, measured = (_spoken(two, part) for part in (0, 1))
            company = {_company(one) for one in two[0]}
            asked = [one for one in occasions(data.dialogues.get(Split.TEST, ())) if one.real]
            asked = spread([one for one in asked if _company(one) in company], limit)
            if _enough(learnt) and _enough(measured) and len(asked) >= FEWEST:
                judge = Judge.of(Mask.of_data(data), learnt)
                eras = str(earlier), str(later)
                return cls(eras, tuple(asked), judge, judge.accuracy(measured), judge.shuffled(measured))
        return None

    @property
    def differ(self) -> bool:
        """Whether the person's own replies of the two years are told apart, and surely better than shuffled ones."""
        return separates(self.real) and self.real.number > self.chance.high

    def questions(self) -> list[Question]:
        """What is asked: all as of the earlier year, then all as of the later."""
        return [_as_of(one, era) for era in self.eras for one in self.asked]

    def trials(self) -> list[Trial]:
        """What the person really answered, read as of either year."""
        earlier, later = self.eras
        return [Trial(one, {"later": _as_of(one, later), "earlier": _as_of(one, earlier)}) for one in self.asked]

    def values(self, replies: Sequence[Bubbles]) -> Mapping[str, Value]:
        """replies: to `questions`. The ratio is their accuracy over that of real ones."""
        halves = zip((*self.asked, *self.asked), replies, strict=True)
        number = len(self.asked)
        spoken = [Spoken(reply, place < number, one.day) for place, (one, reply) in enumerate(halves)]
        found = self.judge.accuracy(spoken)
        return {"era_accuracy": found, "era_ratio": ratio(found, self.real)}


def _as_of(occasion: Occasion, era: str) -> Question:
    """After nothing but the message that is answered: earlier words of the subject would tell the year."""
    question = occasion.question
    return Question(replace(question.scene, era=era), question.turns[-1:])


def _company(occasion: Occasion) -> str:
    """With whom, on whichever platform; of a group its chat."""
    partner = occasion.question.scene.partner.name if occasion.kind is ChatKind.PRIVATE else None
    return partner or occasion.chat


def _matched(one: Sequence[Occasion], other: Sequence[Occasion]) -> _Two:
    """As many replies to each company from both."""
    sides: list[dict[str, list[Occasion]]] = [defaultdict(list), defaultdict(list)]
    for side, found in zip(sides, (one, other), strict=True):
        for occasion in found:
            side[_company(occasion)].append(occasion)
    here, there = sides
    numbers = {name: min(len(here[name]), len(there[name])) for name in here if name in there}
    first, second = ([one for name, most in numbers.items() for one in spread(side[name], most)] for side in sides)
    return first, second


def _spoken(two: _Two, part: int) -> list[Spoken]:
    """The replies of every other day of each year; part: of the first of them on, or of the second."""
    found = []
    for first, side in zip((True, False), two, strict=True):
        days: set[date] = set(sorted({one.day for one in side})[part::2])
        found += [Spoken(one.real, first, one.day) for one in side if one.day in days]
    return found


def _enough(spoken: Sequence[Spoken]) -> bool:
    first = sum(one.first for one in spoken)
    return min(first, len(spoken) - first) >= FEWEST
