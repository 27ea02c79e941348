"""Can one tell from the avatar's likelihoods which conversations it was trained on?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.limits import MESSAGES, some_to_read
from training.evaluation.respondent import Respondent
from training.statistics import NAN, Bools, Draws, Floats, Value, auroc, chance

FEWEST = 10
"""Replies of each kind of day; fewer tell nothing."""

_SHUFFLES = 200


@dataclass(frozen=True, slots=True)
class Membership:
    """One number for each of the subject's replies: how much likelier it is by training, in nats a character.

    learnt: whether it is of a day that was trained on.
    """

    gain: Floats
    learnt: Bools
    days: tuple[date, ...]

    @property
    def enough(self) -> bool:
        return min(int(self.learnt.sum()), int((~self.learnt).sum())) >= FEWEST

    def auc(self) -> Floats:
        """The chance that a learnt reply gained more than one that was not: 0.5 is nothing known; days drawn whole.

        The attack that calibrates by a model which has not seen the text: Watson, Guo, Cormode and Sablayrolles, "On
        the Importance of Difficulty Calibration in Membership Inference Attacks", ICLR 2022.
        """
        if not self.enough:
            return np.full(1, NAN)
        return Draws(self.days).each(lambda rows: auroc(self.learnt[rows], self.gain[rows]))

    def shuffled(self) -> Value:
        """Returns the same measure with the labels shuffled."""
        rng = np.random.default_rng(0)
        times = _SHUFFLES if self.enough else 0
        return chance([auroc(rng.permutation(self.learnt), self.gain) for _ in range(times)])


def sampled(data: EvaluationData, limit: int) -> list[Dialogue]:
    """Picks as many dialogues of train days as of test days, all with something that the subject says.

    Where they are long, fewer, and of both together no more messages than another panel reads.
    """
    answered = {
        split: [one for one in data.dialogues[split] if any(turn.speaker is None for turn in one.turns[one.context :])]
        for split in (Split.TRAIN, Split.TEST)
    }
    return [one for found in answered.values() for one in some_to_read(found, limit, MESSAGES // 2)]


def membership(
    data: EvaluationData, dialogues: Sequence[Dialogue], respondent: Respondent, base: Respondent | None
) -> Membership:
    """Measures the gain of each reply. base None: for the base model itself, by how likely it finds the replies."""
    read = respondent.score(dialogues)
    before = base.score(dialogues) if base else None
    gain, learnt, days = [], [], []
    for number, (dialogue, scores) in enumerate(zip(dialogues, read, strict=True)):
        reference = [one.nats for one in before[number].replies] if before else [0.0] * len(scores.replies)
        for reply, nats in zip(scores.replies, reference, strict=True):
            if reply.characters:
                gain.append((nats - reply.nats) / reply.characters)
                learnt.append(data.splits.split_of(dialogue.day) is Split.TRAIN)
                days.append(dialogue.day)
    return Membership(np.array(gain), np.array(learnt, dtype=np.bool_), tuple(days))
