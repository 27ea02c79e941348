"""Bundles of bursts: style shows in twenty of them, hardly in one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.sparse import csr_matrix

from training.evaluation.data import Burst
from training.evaluation.panels.style.masking import Mask
from training.evaluation.respondent import Bubbles
from training.statistics import NAN, Draws, Floats, Index

SIZE = 20
LEAST = 10
NUMBER = 200
RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """Bursts of one author, with names masked, and the day of each."""

    name: str
    bursts: tuple[Bubbles, ...]
    days: tuple[date, ...]

    @classmethod
    def of(cls, name: str, bursts: Iterable[Burst], mask: Mask) -> "Sample":
        masked = ((tuple(filter(None, map(mask.text, one.bubbles))), one.day) for one in bursts)
        found = [(words, day) for words, day in masked if words]  # nothing is left of a photo's placeholder
        return cls(name, tuple(words for words, _ in found), tuple(day for _, day in found))

    def __len__(self) -> int:
        return len(self.bursts)

    def take(self, rows: Sequence[int] | Index) -> "Sample":
        return Sample(self.name, tuple(self.bursts[row] for row in rows), tuple(self.days[row] for row in rows))


def size_for(*numbers: int) -> int | None:
    """Returns the bursts of a bundle: SIZE, or fewer so that each sample makes two; None below LEAST."""
    size = min(SIZE, min(numbers) // 2)
    return size if size >= LEAST else None


def bundles(length: int, size: int, number: int = NUMBER, seed: int = 0) -> Index:
    """Returns number × size places in a sample, shuffled over and over and cut. No bundle has one twice."""
    if length < size:
        raise ValueError(f"a bundle of {size} cannot be made of {length}")
    rng = np.random.default_rng(seed)
    found: list[Index] = []
    while len(found) < number:
        order = rng.permutation(length)
        found += [order[first : first + size] for first in range(0, length - size + 1, size)]
    return np.array(found[:number], dtype=np.intp)


def mixer(chosen: Index, length: int) -> csr_matrix:
    """Returns a matrix, bundles × bursts, that times the bursts' features gives the bundles' means."""
    number, size = chosen.shape
    rows = np.repeat(np.arange(number), size)
    return csr_matrix((np.full(number * size, 1 / size), (rows, chosen.ravel())), shape=(number, length))


def resampled(
    first: Sample, second: Sample, measure: Callable[[Index, Index], float], resamples: int = RESAMPLES
) -> Floats:
    """Computes measure(places in the first, places in the second) on resamples, the days of both drawn together."""
    draws = Draws((*first.days, *second.days), resamples)
    pairs = zip(draws.rows(first.days), draws.rows(second.days), strict=True)
    return np.array([measure(here, there) if len(here) and len(there) else NAN for here, there in pairs])
