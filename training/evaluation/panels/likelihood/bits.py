"""Bits per character of some words, and by what share one model needs fewer than another."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.asking.scoring import Reply
from training.evaluation.voice import Likelihood
from training.statistics import NAN, Floats, Value, interval

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Words:
    """How likely a model found each of some turns, as −log p in nats, and how long they are, by turn.

    days: of each, for the intervals, in which days are drawn whole. Two models are compared on the same turns.
    """

    nats: Floats
    characters: Floats
    days: tuple[object, ...]

    @classmethod
    def of(cls, found: Sequence[Reply | Likelihood], days: Sequence[object]) -> "Words":
        return cls(
            np.array([one.nats for one in found], dtype=np.float64),
            np.array([one.characters for one in found], dtype=np.float64),
            tuple(days),
        )

    def bits(self) -> Value:
        """All bits over all characters (Shannon 1951, Prediction and Entropy of Printed English)."""
        return self._value(self._bits)

    def bits_less(self, other: "Words") -> Value:
        return self._value(lambda rows: self._bits(rows) - other._bits(rows))

    def lower(self, base: "Words") -> Value:
        """By what share these bits are fewer than the base model's."""
        return self._value(lambda rows: self._lower(base, rows))

    def lower_less(self, other: "Words", base: "Words") -> Value:
        return self._value(lambda rows: self._lower(base, rows) - other._lower(base, rows))

    def _bits(self, rows: Rows) -> float:
        return float(self.nats[rows].sum() / self.characters[rows].sum() / math.log(2))

    def _lower(self, base: "Words", rows: Rows) -> float:
        return 1 - float(self.nats[rows].sum() / base.nats[rows].sum())

    def _value(self, measure: Callable[[Rows], float]) -> Value:
        if not self.characters.sum():
            return Value(NAN)
        return Value(measure(np.arange(len(self.nats))), *interval(self.days, measure))
