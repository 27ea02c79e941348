"""What is added to the log-odds of answering, so that learning begins where the person answers as often as they do.

A model that was never taught to be silent is so once in thousands of times. Were that mended by learning, it would be
mended first, and by much: each state in which something is decided moves towards silence, and takes with it the tokens
that resemble silence, while every word is pushed down in proportion to its chance. What then begins an answer in a
group is what nobody ever wrote (docs/results.md, When to answer, and with what). A constant moves nothing; the
calibration holds it.
"""

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from training.finetune.learner import Learner
from training.finetune.samples import Sample

_TOKENS = 12_000  # that are read for it, a hundred decisions or more
_MOST = 10.0  # beyond some 27 log-odds are cut where a decision is made


def fitted_offset(learner: Learner, samples: Sequence[Sample], seed: int) -> float:
    """Returns the constant with which the model, as it is now, would have answered as many decisions as the person.

    0 where they answered none, or all. samples: of the days to learn from, of which some are read.
    """
    deciding = [sample for sample in samples if sample.decisions]
    random.Random(seed).shuffle(deciding)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    tokens = 0
    for sample in deciding:
        if tokens >= _TOKENS:
            break
        found.append(learner.odds([sample]))
        tokens += len(sample.ids)
    if not found:
        return 0.0
    odds, answered, weights = (torch.cat(column).double() for column in zip(*found, strict=True))
    return offset_of(odds, answered, weights)


def offset_of(odds: Tensor, answered: Tensor, weights: Tensor) -> float:
    """Returns the constant, by halving, with which Σ weight · sigmoid(odds + constant) is Σ weight · answered."""
    wanted = float((weights * answered).sum())
    if not 0 < wanted < float(weights.sum()):
        return 0.0
    low, high = -_MOST, _MOST
    for _ in range(50):
        middle = (low + high) / 2
        if float((weights * torch.sigmoid(odds + middle)).sum()) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
