"""The distributions that make a style: each compared with how much the person varies from themselves."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from training.evaluation.panel import NAN, Value
from training.evaluation.style.bundles import Sample, draws, rows_of
from training.evaluation.style.fidelity import value
from training.evaluation.style.shape import EMOJI, PUNCTUATION
from training.evaluation.voice import Bubbles

_HALVES = 20
_DRAWN = 100


class Property(StrEnum):
    LENGTH = "length"
    BURST = "burst size"
    PUNCTUATION = "punctuation"
    EMOJI = "emoji"


def lengths(bursts: Sequence[Bubbles]) -> list[float]:
    """Characters of each bubble, as logarithms: from 2 to 4 is as far as from 20 to 40."""
    return [math.log(max(len(bubble), 1)) for bubbles in bursts for bubble in bubbles]


def sizes(bursts: Sequence[Bubbles]) -> list[float]:
    return [float(len(bubbles)) for bubbles in bursts]


def marks(bursts: Sequence[Bubbles]) -> Counter[str]:
    """Punctuation marks, and the ends of bubbles without one."""
    found: Counter[str] = Counter()
    for bubbles in bursts:
        for bubble in bubbles:
            found.update(PUNCTUATION.findall(re.sub(r"\s", "", bubble)))
            found["bare end"] += not PUNCTUATION.match(bubble.rstrip()[-1:])
    return found


def emoji(bursts: Sequence[Bubbles]) -> Counter[str]:
    """Bursts by the first emoji in them, if any."""
    return Counter(found[0] if (found := EMOJI.search("\n".join(bubbles))) else "none" for bubbles in bursts)


_MEASURED: Mapping[Property, Callable[[Sequence[Bubbles], Sequence[Bubbles]], float]] = {
    Property.LENGTH: lambda one, other: float(wasserstein_distance(lengths(one), lengths(other))),
    Property.BURST: lambda one, other: float(wasserstein_distance(sizes(one), sizes(other))),
    Property.PUNCTUATION: lambda one, other: divergence(marks(one), marks(other)),
    Property.EMOJI: lambda one, other: divergence(emoji(one), emoji(other)),
}


def divergence(one: Counter[str], other: Counter[str]) -> float:
    """Jensen–Shannon distance in bits (Endres and Schindelin, 2003): 0 is the same, 1 has nothing in common."""
    keys = sorted(one | other)
    if not keys or not one.total() or not other.total():
        return 0.0 if one.total() == other.total() else 1.0
    return float(np.nan_to_num(jensenshannon([one[key] for key in keys], [other[key] for key in keys], base=2)))


def distances(one: Sequence[Bubbles], other: Sequence[Bubbles]) -> dict[Property, float]:
    """Wasserstein (Vaserstein, 1969) of length and burst size, Jensen–Shannon of punctuation and emoji."""
    return {each: measure(one, other) for each, measure in _MEASURED.items()}


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How far one half of the person's held-out days lies from the other, by property. size: bursts of a half."""

    own: Mapping[Property, float]
    size: int

    @classmethod
    def of(cls, samples: Sequence[Sample], size: int) -> "Yardstick":
        """The mean over halves by chance, days kept whole, each cut to `size` bursts: distances shrink with numbers."""
        days = sorted({day for one in samples for day in one.days})
        found: list[dict[Property, float]] = []
        least = size
        for seed in range(_HALVES):
            rng = np.random.default_rng(seed)
            first = {days[number] for number in rng.permutation(len(days))[: len(days) // 2]}
            halves: tuple[list[Bubbles], list[Bubbles]] = ([], [])
            for one in samples:
                for bubbles, day in zip(one.bursts, one.days, strict=True):
                    halves[day in first].append(bubbles)
            number = min(size, len(halves[0]), len(halves[1]))
            if number:
                one, other = ([half[row] for row in rng.permutation(len(half))[:number]] for half in halves)
                found.append(distances(one, other))
                least = min(least, number)
        return cls({each: float(np.mean([one[each] for one in found])) if found else NAN for each in Property}, least)

    def ratios(self, real: Sequence[Bubbles], generated: Sequence[Bubbles]) -> dict[Property, float]:
        """Each distance over the person's own. What neither ever does (no emoji at all) is left out."""
        found = distances(real, generated)
        return {
            each: found[each] / self.own[each] if self.own[each] > 0 else math.inf
            for each in Property
            if found[each] > 0 or self.own[each] > 0
        }

    def of_pair(self, real: Sample, generated: Sample) -> tuple[Value, dict[Property, float]]:
        """The median ratio with its interval, and each. The two samples answer the same occasions."""
        ratios = self.ratios(real.bursts, generated.bursts)
        drawn = [_median(ratios)]
        for days in draws(real.days, _DRAWN):
            rows = rows_of(real.days, days)
            drawn.append(_median(self.ratios(real.take(rows).bursts, generated.take(rows).bursts)))
        return value(np.array(drawn)), ratios


def _median(ratios: Mapping[Property, float]) -> float:
    return median(ratios.values()) if ratios else NAN
