"""Measures losses on days that are not learnt, always on the same dialogues, as many as their noise asks for."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from training.finetune.batches import plan
from training.finetune.clock import MEASURING
from training.finetune.learner import Learner, Losses
from training.finetune.samples import Sample

TEXTS, DECISIONS = 800, 40
"""Tokens of text and decisions that a measurement reads, however slow the machine is; all there are, if fewer.

By chance the difference of two measurements of a run on the same dialogues is off by 1.2 nats over the root of the
tokens, and by 1.8 over the root of the decisions: the standard errors, dialogues drawn whole, of the validation days of
the English sample (2,510 tokens, 111 decisions), measured six times in 25,000 tokens of learning. So these leave 0.04
and 0.28 nats, where that run's first eighth and its end were 0.27 and 0.68 apart. A single batch leaves 0.13 and 0.9.
"""

MOST, LEAST = 8, 2
"""How often the held-out loss is measured in a run, besides before it."""

_READ_COST = 0.4  # of a token's reading beside its learning


@dataclass(frozen=True, slots=True)
class Reading:
    """seconds: that it took; speed: tokens a second, as the middle one of its batches had it."""

    losses: Losses
    seconds: float
    speed: float


class HeldOut:
    """A fair sample of the validation days' dialogues, and of those with decisions more where it holds too few."""

    def __init__(self, samples: Sequence[Sample], batch_tokens: int, seed: int) -> None:
        self.samples = samples
        self.batches = _enough(samples, plan(samples, batch_tokens, random.Random(f"{seed}/held out")))

    @property
    def tokens(self) -> int:
        """How many tokens one measurement reads."""
        return sum(len(self.samples[index].ids) for batch in self.batches for index in batch)

    def read(self, learner: Learner) -> Reading:
        start, losses, speeds = time.monotonic(), Losses(), list[float]()
        for indices in self.batches:
            before = time.monotonic()
            found = learner.read([self.samples[index] for index in indices])
            speeds.append(found.tokens / max(time.monotonic() - before, 1e-6))
            losses.add(found)
        return Reading(losses, time.monotonic() - start, median(speeds) if speeds else 1.0)

    def times(self, minutes: float | None, train_tokens: int, speed: float) -> int:
        """Returns how often to measure in a run of these minutes or tokens. speed: of reading, tokens a second."""
        share = self.tokens * _READ_COST / max(train_tokens, 1)
        if minutes is not None:
            share = max(share, self.tokens / speed / (minutes * 60))
        return MOST if not share else max(LEAST, min(MOST, int(MEASURING / share) - 1))


def _enough(samples: Sequence[Sample], batches: Sequence[list[int]]) -> list[list[int]]:
    texts = decisions = 0
    kept = []
    for batch in batches:
        own = [samples[index] for index in batch]
        more_texts, more_decisions = sum(one.texts for one in own), sum(one.decisions for one in own)
        if (more_texts and texts < TEXTS) or (more_decisions and decisions < DECISIONS):
            kept.append(batch)
            texts, decisions = texts + more_texts, decisions + more_decisions
    return kept


def criterion(losses: Losses) -> float:
    """Returns what weights are chosen by, lower being better: the loss of text, or that of decisions without text.

    What a decision loses before it is calibrated is mostly its level, which calibration sets anew. In a run on the
    English sample it went from 0.9 to 1.7 nats while the text fell from 3.33 to 3.19: by the sum of both the weights of
    half the run were kept.
    """
    return (losses.decision or 0.0) if losses.text is None else losses.text


def doubt(texts: int, decisions: int) -> str | None:
    """Returns a sentence where the weights were chosen by too little of the validation days, or by nothing."""
    if not texts and not decisions:
        return "The last weights were kept, not chosen: the subject says nothing on the validation days."
    number, what, wanted = (texts, "tokens of text", TEXTS) if texts else (decisions, "decisions", DECISIONS)
    if number >= wanted:
        return None
    return (
        f"The choice among the weights rests on little: the validation days hold only {number:,} {what} ("
        f"{wanted:,} would do). Others might be better; import more chats."
    )
