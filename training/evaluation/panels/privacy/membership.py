"""Can one tell from the avatar's likelihoods which conversations it was trained on?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.chat.dialogue import Turn
from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.held import Held
from training.evaluation.limits import spread
from training.evaluation.voice import Voice
from training.statistics import NAN, Bools, Floats, Value, auroc, interval

FEWEST = 10
"""Replies of each kind of day; fewer tell nothing."""


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

    @property
    def auc(self) -> Value:
        """The chance that a learnt reply gained more than one that was not: 0.5 is nothing known; days drawn whole.

        The attack that calibrates by a model which has not seen the text: Watson, Guo, Cormode and Sablayrolles, "On
        the Importance of Difficulty Calibration in Membership Inference Attacks", ICLR 2022.
        """
        if not self.enough:
            return Value(NAN)
        span = interval(self.days, lambda rows: auroc(self.learnt[rows], self.gain[rows]))
        return Value(auroc(self.learnt, self.gain), *span)

    def shuffled(self, times: int = 200) -> Value:
        """The same with the labels shuffled: mean and 95 % range."""
        if not self.enough:
            return Value(NAN)
        rng = np.random.default_rng(0)
        found = [auroc(rng.permutation(self.learnt), self.gain) for _ in range(times)]
        return Value(float(np.mean(found)), *map(float, np.quantile(found, (0.025, 0.975))))


def sampled(held: Held, limit: int) -> list[Dialogue]:
    """As many dialogues of train days as of test days, in which the subject says something."""
    return [
        one
        for split in (Split.TRAIN, Split.TEST)
        for one in spread([one for one in held.dialogues[split] if any(map(_own, one.turns[one.context :]))], limit)
    ]


def _own(turn: Turn) -> bool:
    return turn.speaker is None


def membership(held: Held, dialogues: Sequence[Dialogue], voice: Voice, base: Voice | None) -> Membership:
    """base None: of the base model itself, which gained nothing: by how likely the replies are to it."""
    scored = voice.score(dialogues)
    before = base.score(dialogues) if base else None
    gain, learnt, days = [], [], []
    for number, (dialogue, scores) in enumerate(zip(dialogues, scored, strict=True)):
        reference = before[number].replies if before else (None,) * len(scores.replies)
        for reply, without in zip(scores.replies, reference, strict=True):
            if reply.characters:
                gain.append(((without.nats if without else 0.0) - reply.nats) / reply.characters)
                learnt.append(held.splits.split_of(dialogue.day) is Split.TRAIN)
                days.append(dialogue.day)
    return Membership(np.array(gain), np.array(learnt, dtype=np.bool_), tuple(days))
