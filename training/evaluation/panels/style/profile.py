"""The distributions that make a style: each compared with how much the person varies from themselves."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from training.evaluation.panels.style.bundles import Sample, resampled
from training.evaluation.panels.style.shape import EMOJI, PUNCTUATION
from training.evaluation.voice import Bubbles
from training.statistics import NAN, Floats, Index, centred

_HALVES = 20
_DRAWN = 60


class Property(StrEnum):
    LENGTH = "length"
    BURST = "burst size"
    PUNCTUATION = "punctuation"
    EMOJI = "emoji"


@dataclass(frozen=True, slots=True)
class Traits:
    """One burst. lengths: of its bubbles, as logarithms: from 2 characters to 4 is as far as from 20 to 40.

    marks: its punctuation, and the ends of bubbles without any. emoji: the first, or `none`.
    """

    lengths: tuple[float, ...]
    marks: Counter[str]
    emoji: str

    @classmethod
    def of(cls, bubbles: Bubbles) -> "Traits":
        marks: Counter[str] = Counter()
        for bubble in bubbles:
            marks.update(PUNCTUATION.findall(bubble))
            marks["bare end"] += not PUNCTUATION.match(bubble.rstrip()[-1:])
        first = EMOJI.search("\n".join(bubbles))
        return cls(tuple(math.log(max(len(bubble), 1)) for bubble in bubbles), marks, first[0] if first else "none")


def traits(sample: Sample) -> list[Traits]:
    return [Traits.of(bubbles) for bubbles in sample.bursts]


def distances(one: Sequence[Traits], other: Sequence[Traits]) -> dict[Property, float]:
    """Wasserstein (Vaserstein, 1969) of length and burst size, Jensen–Shannon of punctuation and emoji."""
    lengths, sizes, marks, emoji = [], [], [], []
    for found in (one, other):
        lengths.append([length for each in found for length in each.lengths])
        sizes.append([len(each.lengths) for each in found])
        counted: Counter[str] = Counter()
        for each in found:
            counted.update(each.marks)
        marks.append(counted)
        emoji.append(Counter(each.emoji for each in found))
    return {
        Property.LENGTH: float(wasserstein_distance(*lengths)),
        Property.BURST: float(wasserstein_distance(*sizes)),
        Property.PUNCTUATION: divergence(*marks),
        Property.EMOJI: divergence(*emoji),
    }


def divergence(one: Counter[str], other: Counter[str]) -> float:
    """Jensen–Shannon distance in bits (Endres and Schindelin, 2003): 0 is the same, 1 has nothing in common."""
    keys = sorted(one | other)
    if not keys or not one.total() or not other.total():
        return 0.0 if one.total() == other.total() else 1.0
    return float(np.nan_to_num(jensenshannon([one[key] for key in keys], [other[key] for key in keys], base=2)))


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How far one half of the person's held-out days lies from the other, by property."""

    own: Mapping[Property, float]

    @classmethod
    def of(cls, samples: Sequence[Sample], size: int) -> "Yardstick":
        """The mean over halves by chance, days kept whole, each cut to `size` bursts: distances shrink with numbers."""
        bursts = [(day, one) for sample in samples for day, one in zip(sample.days, traits(sample), strict=True)]
        days = sorted({day for day, _ in bursts})
        found: list[dict[Property, float]] = []
        for seed in range(_HALVES):
            rng = np.random.default_rng(seed)
            first = {days[number] for number in rng.permutation(len(days))[: len(days) // 2]}
            halves = ([one for day, one in bursts if day in first], [one for day, one in bursts if day not in first])
            number = min(size, *map(len, halves))
            if number:
                one, other = ([half[row] for row in rng.permutation(len(half))[:number]] for half in halves)
                found.append(distances(one, other))
        return cls({each: float(np.mean([one[each] for one in found])) if found else NAN for each in Property})

    def ratios(self, real: Sequence[Traits], generated: Sequence[Traits]) -> dict[Property, float]:
        """Each distance over the person's own. Left out is what neither ever does (no emoji at all), and what cannot be
        said, where the person's own was never measured.
        """
        found = distances(real, generated)
        return {
            each: found[each] / self.own[each] if self.own[each] > 0 else math.inf
            for each in Property
            if (found[each] > 0 or self.own[each] > 0) and not math.isnan(self.own[each])
        }

    def medians(self, real: Sample, generated: Sample) -> Floats:
        """The median ratio; then that of each resample."""
        own, theirs = traits(real), traits(generated)

        def middle(here: Index, there: Index) -> float:
            ratios = self.ratios([own[row] for row in here], [theirs[row] for row in there])
            return median(ratios.values()) if ratios else NAN

        return centred(resampled(real, generated, middle, _DRAWN))
