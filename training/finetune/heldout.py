"""Losses on days that are not learnt, in a bounded time: every time on the same batches."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from training.finetune.batches import plan
from training.finetune.learner import Learner, Losses
from training.finetune.samples import Sample

MEASUREMENTS = 8
"""How often the held-out loss is measured in a run, besides before it and at its end."""

_SHARE = 0.1 / (MEASUREMENTS + 2)  # of the run, for one measurement
_READ_COST = 0.4  # of a token's reading beside its learning


@dataclass(frozen=True, slots=True)
class Reading:
    losses: Losses
    batches: int
    seconds: float


class HeldOut:
    """The samples of the judge days, in an order whose first part is a fair sample of them."""

    def __init__(self, samples: Sequence[Sample], batch_tokens: int, seed: int) -> None:
        self.samples = samples
        self.batches = plan(samples, batch_tokens, random.Random(f"{seed}/held out"))

    def read_first(self, learner: Learner, minutes: float | None, train_tokens: int) -> Reading:
        """Reads as many batches as a tenth of the run allows for all its measurements together, and at least one.

        train_tokens: of the whole run, which stand for its length where there are no minutes.
        """
        seconds = math.inf if minutes is None else minutes * 60 * _SHARE
        return self._read(learner, len(self.batches), seconds, train_tokens * _SHARE / _READ_COST)

    def read(self, learner: Learner, batches: int) -> Reading:
        """Reads the first so many batches."""
        return self._read(learner, batches, math.inf, math.inf)

    def _read(self, learner: Learner, batches: int, seconds: float, tokens: float) -> Reading:
        start, losses, number = time.monotonic(), Losses(), 0
        for indices in self.batches[:batches]:
            losses.add(learner.read([self.samples[index] for index in indices]))
            number += 1
            if time.monotonic() - start > seconds or losses.tokens > tokens:
                break
        return Reading(losses, number, time.monotonic() - start)
