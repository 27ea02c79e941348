"""What a judge of style would not notice: words copied from the training days, and the same few replies for all."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.panel import NAN, Value
from training.evaluation.style.bundles import Sample, draws, rows_of
from training.evaluation.style.fidelity import value
from training.evaluation.voice import Bubbles

_GRAM = 6
_DRAWN = 100
_ORDERS = 10
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:['’]\w+)*")


def tokens(bubbles: Bubbles) -> tuple[str, ...]:
    """Words in small letters; each Chinese character is one."""
    return tuple(_TOKEN.findall("\n".join(bubbles).casefold()))


def grams(found: Sequence[str], number: int) -> list[tuple[str, ...]]:
    return [tuple(found[first : first + number]) for first in range(len(found) - number + 1)]


@dataclass(frozen=True, slots=True)
class Guard:
    """What the subject wrote on the training days, in runs of six words. Names are masked on both sides."""

    learnt: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, bursts: Iterable[Bubbles]) -> "Guard":
        return cls(frozenset(gram for bubbles in bursts for gram in grams(tokens(bubbles), _GRAM)))

    def copied(self, bursts: Iterable[Bubbles]) -> tuple[int, int]:
        """Of how many runs of six words, so many stand in the training days."""
        every = [gram for bubbles in bursts for gram in grams(tokens(bubbles), _GRAM)]
        return sum(gram in self.learnt for gram in every), len(every)

    def copy_ratio(self, real: Sample, generated: Sample) -> Value:
        """The copy rate over the person's own (people repeat themselves, too), with its interval.

        Memorised runs as in Carlini et al., Quantifying memorization, 2023. One run is added to the person's own, so
        that somebody who never repeats six words is not divided by nothing. 0 where there are no such runs.
        """
        return _compared(real, generated, self._ratio)

    def _ratio(self, real: Sequence[Bubbles], generated: Sequence[Bubbles]) -> float:
        (own, of_own), (copied, every) = self.copied(real), self.copied(generated)
        return (copied / every) / ((own + 1) / (of_own + 1)) if every else 0.0


def distinct_ratio(real: Sample, generated: Sample) -> Value:
    """Distinct pairs of words over all pairs (Li et al., NAACL 2016), over the person's own, at the same number."""
    return _compared(real, generated, _distinct_ratio)


def entropy_ratio(real: Sample, generated: Sample) -> Value:
    """Shannon's entropy of whole replies over that of the person's own: one stock reply has none."""
    return _compared(real, generated, _entropy_ratio)


def _distinct_ratio(real: Sequence[Bubbles], generated: Sequence[Bubbles]) -> float:
    found = [[grams(tokens(bubbles), 2) for bubbles in bursts] for bursts in (real, generated)]
    number = min(sum(map(len, one)) for one in found)
    if not number:
        return NAN
    own, theirs = (_distinct(one, number) for one in found)
    return theirs / own


def _distinct(by_burst: Sequence[list[tuple[str, ...]]], number: int) -> float:
    """The mean over orders by chance of the first so many pairs."""
    shares = []
    for seed in range(_ORDERS):
        order = np.random.default_rng(seed).permutation(len(by_burst))
        pairs = [pair for place in order for pair in by_burst[place]][:number]
        shares.append(len(set(pairs)) / number)
    return float(np.mean(shares))


def _entropy_ratio(real: Sequence[Bubbles], generated: Sequence[Bubbles]) -> float:
    own, theirs = (_entropy(bursts) for bursts in (real, generated))
    return theirs / own if own else NAN


def _entropy(bursts: Sequence[Bubbles]) -> float:
    """In bits, of the replies without their case and punctuation."""
    counts = np.array(list(Counter(tokens(bubbles) or bubbles for bubbles in bursts).values()), dtype=np.float64)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _compared(real: Sample, generated: Sample, ratio: Callable[[Sequence[Bubbles], Sequence[Bubbles]], float]) -> Value:
    """Of the answers to the same occasions, whose days are resampled whole."""
    drawn = [ratio(real.bursts, generated.bursts)]
    for days in draws(real.days, _DRAWN):
        rows = rows_of(real.days, days)
        drawn.append(ratio(real.take(rows).bursts, generated.take(rows).bursts))
    return value(np.array(drawn))
