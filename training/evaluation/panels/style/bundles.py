"""Bundles of bursts: style shows in twenty of them, hardly in one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from training.evaluation.held import Burst
from training.evaluation.panel import NAN, Value
from training.evaluation.panels.style.masking import Mask
from training.evaluation.voice import Bubbles
from training.statistics import Floats

SIZE = 20
LEAST = 10
NUMBER = 200
RESAMPLES = 200

Index = NDArray[np.intp]


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
    """Bursts in a bundle: SIZE, or less so that each sample makes two bundles; None where that is fewer than LEAST."""
    size = min(SIZE, min(numbers) // 2)
    return size if size >= LEAST else None


def bundles(length: int, size: int, number: int = NUMBER, seed: int = 0) -> Index:
    """number × size places in a sample: shuffled over and over, and cut. Within a bundle none comes twice."""
    if length < size:
        raise ValueError(f"a bundle of {size} cannot be made of {length}")
    rng = np.random.default_rng(seed)
    found: list[Index] = []
    while len(found) < number:
        order = rng.permutation(length)
        found += [order[first : first + size] for first in range(0, length - size + 1, size)]
    return np.array(found[:number], dtype=np.intp)


def mixer(chosen: Index, length: int) -> csr_matrix:
    """bundles × bursts: times the bursts' features it gives the bundles' means."""
    number, size = chosen.shape
    rows = np.repeat(np.arange(number), size)
    return csr_matrix((np.full(number * size, 1 / size), (rows, chosen.ravel())), shape=(number, length))


def draws(days: Iterable[date], resamples: int = RESAMPLES, seed: int = 0) -> Iterator[list[date]]:
    """The days drawn whole with replacement, again and again: the cluster bootstrap (Field and Welsh, 2007)."""
    known = sorted(set(days))
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield [known[number] for number in rng.integers(len(known), size=len(known))]


def places(days: Sequence[date]) -> dict[date, Index]:
    """Where in a sample each day's bursts are."""
    numbers: dict[date, list[int]] = {}
    for row, day in enumerate(days):
        numbers.setdefault(day, []).append(row)
    return {day: np.array(rows, dtype=np.intp) for day, rows in numbers.items()}


def rows_of(where: Mapping[date, Index], drawn: Iterable[date]) -> Index:
    """The places of the drawn days, as often as they were drawn."""
    found = [where[day] for day in drawn if day in where]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.intp)


def resampled(
    first: Sample, second: Sample, measure: Callable[[Index, Index], float], resamples: int = RESAMPLES
) -> Floats:
    """measure(places in the first, places in the second): of everything, then of each draw of days for both."""
    found = [measure(np.arange(len(first), dtype=np.intp), np.arange(len(second), dtype=np.intp))]
    of_first, of_second = places(first.days), places(second.days)
    for drawn in draws((*first.days, *second.days), resamples):
        here, there = rows_of(of_first, drawn), rows_of(of_second, drawn)
        found.append(measure(here, there) if len(here) and len(there) else NAN)
    return np.array(found)


def centred(drawn: Floats) -> Floats:
    """Resampled ratios moved to the measure: a day drawn twice says the same twice, which lowers or raises them all."""
    rest = drawn[1:][np.isfinite(drawn[1:])]
    middle = float(rest.mean()) if len(rest) else 0.0
    return np.concatenate([drawn[:1], drawn[1:] * (drawn[0] / middle)]) if middle > 0 and drawn[0] > 0 else drawn[:1]


def value(drawn: Floats) -> Value:
    """The first is the measure itself, the rest its resamples. Without an interval where half of these failed."""
    rest = drawn[1:][np.isfinite(drawn[1:])]
    if len(rest) < max(len(drawn) // 2, 2):
        return Value(float(drawn[0]))
    low, high = np.quantile(rest, (0.025, 0.975))
    return Value(float(drawn[0]), float(low), float(high))
