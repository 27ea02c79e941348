"""How well the model foresees the subject's real words on days that were not learnt, in bits per character."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.types import ChatKind
from training.evaluation.asking.scoring import Reply
from training.evaluation.metrics import interval

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class LikelihoodResult:
    """Bits per character, with and without the LoRA; NaN where there was no such model, or nothing to read.

    lower: by what share of the base model's bits the LoRA's are fewer.
    """

    where: str  # all, private or group
    replies: int
    characters: int
    tokens: int
    base: float
    lora: float
    lower: float
    lower_interval: Interval


def report(base: Sequence[Reply] | None, lora: Sequence[Reply] | None) -> tuple[LikelihoodResult, ...]:
    """Both lists hold the same replies in the same order; None for a model that was not asked."""
    known = lora if lora is not None else base or ()
    places: list[tuple[str, ChatKind | None]] = [("all", None), *((kind.value, kind) for kind in ChatKind)]
    results = []
    for where, kind in places:
        rows = [number for number, reply in enumerate(known) if kind is None or reply.kind is kind]
        if rows:
            results.append(
                _result(
                    where,
                    [known[row] for row in rows],
                    None if base is None else [base[row] for row in rows],
                    None if lora is None else [lora[row] for row in rows],
                )
            )
    return tuple(results)


def _result(
    where: str, known: Sequence[Reply], base: Sequence[Reply] | None, lora: Sequence[Reply] | None
) -> LikelihoodResult:
    characters = sum(reply.characters for reply in known)

    def bits(replies: Sequence[Reply] | None) -> float:
        if replies is None or not characters:
            return math.nan
        return sum(reply.nats for reply in replies) / math.log(2) / characters

    lower, span = math.nan, (math.nan, math.nan)
    if base is not None and lora is not None:
        before, after = (np.array([reply.nats for reply in replies]) for replies in (base, lora))

        def share(rows: NDArray[np.intp]) -> float:
            return 1 - float(after[rows].sum() / before[rows].sum())

        lower, span = share(np.arange(len(known))), interval([reply.day for reply in known], share)
    return LikelihoodResult(
        where,
        len(known),
        characters,
        sum(reply.tokens for reply in known),
        bits(base),
        bits(lora),
        lower,
        span,
    )
