"""The distributions that make a style: each compared with how much the person varies from themselves."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from training.evaluation.panels.style.bundles import Sample, resampled
from training.evaluation.panels.style.shape import EMOJI, PUNCTUATION
from training.evaluation.respondent import Bubbles
from training.statistics import NAN, Floats, Index, centred

_HALVES = 20
_DRAWN = 60
_BARE = "bare end"


Traits = Mapping[str, Sequence[Any]]
"""What there is to see of each habit in one burst: lengths are logarithms, numbers of bubbles, marks, or emoji."""


def traits(sample: Sample) -> list[Traits]:
    return [_traits(bubbles) for bubbles in sample.bursts]


def _traits(bubbles: Bubbles) -> Traits:
    """From 2 characters to 4 is as far as from 20 to 40; a bubble that ends without a mark counts as a mark, too."""
    marks = [mark for bubble in bubbles for mark in PUNCTUATION.findall(bubble)]
    bare = [_BARE for bubble in bubbles if not PUNCTUATION.match(bubble.rstrip()[-1:])]
    first = EMOJI.search("\n".join(bubbles))
    return {
        "length": [math.log(max(len(bubble), 1)) for bubble in bubbles],
        "burst": [len(bubbles)],
        "punctuation": marks + bare,
        "emoji": [first[0] if first else "none"],
    }


def divergence(one: Iterable[str], other: Iterable[str]) -> float:
    """Jensen–Shannon distance in bits (Endres and Schindelin, 2003): 0 is the same, 1 has nothing in common."""
    here, there = Counter(one), Counter(other)
    keys = sorted(here | there)
    if not here.total() or not there.total():
        return 0.0 if here.total() == there.total() else 1.0
    return float(np.nan_to_num(jensenshannon([here[key] for key in keys], [there[key] for key in keys], base=2)))


_DISTANCES: Mapping[str, Callable[[Any, Any], float]] = {
    "length": wasserstein_distance,  # Vaserstein, 1969
    "burst": wasserstein_distance,
    "punctuation": divergence,
    "emoji": divergence,
}
HABITS = tuple(_DISTANCES)


def distances(one: Sequence[Traits], other: Sequence[Traits]) -> dict[str, float]:
    """Measures how far two sets of bursts lie apart, by habit: of two people, or two halves of one's days."""
    return {
        each: float(distance(*([seen for burst in half for seen in burst[each]] for half in (one, other))))
        for each, distance in _DISTANCES.items()
    }


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How far one half of the person's held-out days lies from the other, by habit."""

    own: Mapping[str, float]

    @classmethod
    def of(cls, samples: Sequence[Sample], size: int) -> "Yardstick":
        """The mean over halves by chance, days kept whole, each cut to `size` bursts: distances shrink with numbers."""
        bursts = [(day, one) for sample in samples for day, one in zip(sample.days, traits(sample), strict=True)]
        days = sorted({day for day, _ in bursts})
        found: list[dict[str, float]] = []
        for seed in range(_HALVES):
            rng = np.random.default_rng(seed)
            first = {days[number] for number in rng.permutation(len(days))[: len(days) // 2]}
            halves = ([one for day, one in bursts if day in first], [one for day, one in bursts if day not in first])
            number = min(size, *map(len, halves))
            if number:
                one, other = ([half[row] for row in rng.permutation(len(half))[:number]] for half in halves)
                found.append(distances(one, other))
        return cls({each: float(np.mean([one[each] for one in found])) if found else NAN for each in HABITS})

    def ratios(self, real: Sequence[Traits], generated: Sequence[Traits]) -> dict[str, float]:
        """Each distance over the person's own. Left out is what neither ever does (no emoji at all), and what cannot be
        said, where the person's own was never measured.
        """
        found = distances(real, generated)
        return {
            each: found[each] / self.own[each] if self.own[each] > 0 else math.inf
            for each in HABITS
            if (found[each] > 0 or self.own[each] > 0) and not math.isnan(self.own[each])
        }

    def medians(self, real: Sample, generated: Sample) -> Floats:
        """The median ratio; then that of each resample."""
        own, theirs = traits(real), traits(generated)

        def middle(here: Index, there: Index) -> float:
            ratios = self.ratios([own[row] for row in here], [theirs[row] for row in there])
            return median(ratios.values()) if ratios else NAN

        return centred(resampled(real, generated, middle, _DRAWN))
