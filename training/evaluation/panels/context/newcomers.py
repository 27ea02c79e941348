"""First replies to people without a past: whether the register is right, with nothing before them and with examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.chat.dialogue import Speaker
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.panels.context.adaptation import Adaptation
from training.evaluation.panels.context.judge import FEWEST
from training.evaluation.panels.context.relationships import private
from training.evaluation.respondent import Bubbles, Occasion, Question, occasions, texts
from training.statistics import Value, share, spread


@dataclass(frozen=True)
class Newcomers:
    """asked: the first replies of dialogues that were not learnt, as if whom they are to had never written before.

    Of each the relationship is told, and no name. alone, shown: with nothing before, and with examples.
    """

    adaptation: Adaptation
    asked: tuple[Occasion, ...]
    alone: tuple[Question, ...]
    shown: tuple[Question, ...]

    @classmethod
    def of(cls, data: EvaluationData, adaptation: Adaptation | None, limit: int) -> "Newcomers | None":
        """As many to either side. None where the person does not adapt, nothing was released, or replies are few."""
        if adaptation is None or not adaptation.separates:
            return None
        every = [
            (one, alone, shown)
            for dialogue in private(data, Split.TEST)
            for one in occasions([dialogue])
            if len(one.question.turns) == dialogue.first and one.real
            for alone, shown in [_questions(data, one)]
            if shown != alone
        ]
        halves = [[one for one in every if _relationship(one[0]) in side] for side in adaptation.sides]
        if any(len(half) < FEWEST for half in halves):
            return None
        asked, alone, shown = zip(*(one for half in halves for one in spread(half, limit // 2)), strict=True)
        return cls(adaptation, asked, alone, shown)

    def questions(self) -> list[Question]:
        return [*self.alone, *self.shown]

    def values(self, replies: Sequence[Bubbles]) -> Mapping[str, Value]:
        """replies: to `questions`. copied: the share of replies that say what an example says."""
        number = len(self.asked)
        alone, shown = replies[:number], replies[number:]
        copied = sum(
            reply in {texts(turn.bubbles) for turn in question.turns if turn.speaker is None}
            for question, reply in zip(self.shown, shown, strict=True)
        )
        return {
            "new_alone": self.adaptation.accuracy(self.asked, alone),
            "new_shown": self.adaptation.accuracy(self.asked, shown),
            "new_copied": share(copied, number),
        }


def _relationship(occasion: Occasion) -> str:
    return occasion.question.scene.partner.relationship


def _questions(data: EvaluationData, occasion: Occasion) -> tuple[Question, Question]:
    scene, last = occasion.question.scene, occasion.question.turns[-1]
    scene = replace(scene, partner=Speaker(None, scene.partner.relationship))
    before = data.examples(scene.partner.relationship, last.at)
    return Question(scene, (last,)), Question(scene, (*before, last))
