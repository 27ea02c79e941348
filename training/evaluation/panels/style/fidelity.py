"""How far from another person to the person themselves: 0 is the nearest other, 100 the person on other days."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from training.evaluation.panels.style.bundles import RESAMPLES, Sample
from training.evaluation.panels.style.judges import Judge
from training.statistics import Draws, Floats, auroc

FIDELITY = 70.0
"""The least that passes."""

SEPARATION = 0.90
"""Judges that tell the person from the nearest other less surely than this say nothing of anybody."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """least: the minimum over the judges, since one alone can be gamed. Each first the measure, then its resamples.

    separation: by judge, the AUC of the person's own bundles against these.
    """

    least: Floats
    by_judge: Mapping[str, Floats]
    separation: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ruler:
    """The scale of one subject: `real` is their own words on the test days, `other` those of the nearest other."""

    judges: tuple[Judge, ...]
    real: Sample
    other: Sample

    def measure(self, samples: Sequence[Sample], same: Set[int] = frozenset()) -> list[Fidelity]:
        """Style fidelity = 100 · (s − s_other) / (s_real − s_other), s the mean logit of a judge over bundles.

        The standard's own measure. Intervals: days resampled whole, of all three samples together. `same` are the
        samples that are the person's own words: drawn by themselves, else nothing could vary.
        """
        every = (self.real, self.other, *samples)
        days = [day for one in every for day in one.days]
        together, alone = Draws(days, RESAMPLES), Draws(days, RESAMPLES, seed=1)
        plans = [(alone if place - 2 in same else together).rows(one.days)[1:] for place, one in enumerate(every)]
        scales: list[list[Floats]] = []  # by judge and sample: the measure, then that of each resample
        separations: list[list[float]] = []
        for judge in self.judges:
            readings = [judge.read(one) for one in every]
            logits = [reading.of_bundles() for reading in readings]
            separations.append([separation(logits[0], one) for one in logits[2:]])
            means = np.array([[one.mean() for one in logits]])
            drawn = [one.of_draws(plan) for one, plan in zip(readings, plans, strict=True)]
            scales.append(scaled(np.concatenate([means, np.array(drawn).T])))
        return [self._fidelity(place, scales, separations) for place in range(len(samples))]

    def _fidelity(
        self, place: int, scales: Sequence[Sequence[Floats]], separations: Sequence[Sequence[float]]
    ) -> Fidelity:
        by_judge = np.array([scale[place] for scale in scales])
        least = by_judge.min(axis=0)
        names = [judge.name for judge in self.judges]
        return Fidelity(
            least,
            dict(zip(names, by_judge, strict=True)),
            {name: found[place] for name, found in zip(names, separations, strict=True)},
        )


def scaled(means: Floats) -> list[Floats]:
    """From rows of (real, other, sample, …) to the measure of each sample, in each row."""
    real, other = means[:, 0], means[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return [100 * (column - other) / (real - other) for column in means[:, 2:].T]


def separation(real: Floats, other: Floats) -> float:
    """The AUC of a judge between bundles of two samples."""
    own = np.concatenate([np.ones(len(real)), np.zeros(len(other))]).astype(np.bool_)
    return auroc(own, np.concatenate([real, other]))


def nearest(judges: Sequence[Judge], real: Sample, people: Sequence[Sample], pooled: Sample) -> Sample:
    """The one of these people whose mean logit is closest to the subject's, the judges together; else all others.

    Closeness is in units of the distance to all others, so that each judge counts the same.
    """
    if not people:
        return pooled
    gaps = np.zeros(len(people))
    for judge in judges:
        own, far = (float(judge.read(one).of_bundles().mean()) for one in (real, pooled))
        here = np.array([float(judge.read(one).of_bundles().mean()) for one in people])
        gaps += np.abs(own - here) / max(abs(own - far), 1e-9)
    return people[int(gaps.argmin())]
