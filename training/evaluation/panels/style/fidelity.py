"""How far from another person to the person themselves: 0 is the nearest other, 100 the person on other days."""

from collections.abc import Sequence, Set

import numpy as np

from training.evaluation.driver import Drawn
from training.evaluation.panels.style.bundles import RESAMPLES, Sample
from training.evaluation.panels.style.judges import Judge
from training.statistics import Draws, Floats, auroc

FIDELITY = 70.0
"""The least that passes."""

SEPARATION = 0.90
"""Judges that tell the person from the nearest other less surely than this say nothing of anybody."""


def fidelities(
    judges: Sequence[Judge], real: Sample, other: Sample, samples: Sequence[Sample], same: Set[int]
) -> list[tuple[Drawn, dict[str, float]]]:
    """Style fidelity = 100 · (s − s_other) / (s_real − s_other), s the mean logit of a judge over bundles.

    Of each sample, by judge, and the least as `fidelity`, since one judge alone can be gamed; and by judge the AUC of
    the person's own bundles against these. The days of all samples are drawn together. same: the places of samples that
    are the person's own words: drawn by themselves, else nothing could vary.
    """
    every = (real, other, *samples)
    days = [day for one in every for day in one.days]
    together, alone = Draws(days, RESAMPLES), Draws(days, RESAMPLES, seed=1)
    plans = [(alone if place - 2 in same else together).rows(one.days)[1:] for place, one in enumerate(every)]
    found: list[tuple[Drawn, dict[str, float]]] = [({}, {}) for _ in samples]
    for judge in judges:
        readings = [judge.read(one) for one in every]
        logits = [reading.of_bundles() for reading in readings]
        means = np.array([[one.mean() for one in logits]])
        drawn = [one.of_draws(plan) for one, plan in zip(readings, plans, strict=True)]
        scales = scaled(np.concatenate([means, np.array(drawn).T]))
        for (by_judge, separations), scale, one in zip(found, scales, logits[2:], strict=True):
            by_judge[judge.name], separations[judge.name] = scale, separation(logits[0], one)
    return [({"fidelity": np.min(list(drawn.values()), axis=0)} | drawn, apart) for drawn, apart in found]


def scaled(means: Floats) -> list[Floats]:
    """Turns rows of (real, other, sample, …) into the measure of each sample, row by row."""
    real, other = means[:, 0], means[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return [100 * (column - other) / (real - other) for column in means[:, 2:].T]


def separation(real: Floats, other: Floats) -> float:
    """Returns the AUC of a judge between bundles of two samples."""
    return auroc(np.arange(len(real) + len(other)) < len(real), np.concatenate([real, other]))


def nearest(judges: Sequence[Judge], real: Sample, people: Sequence[Sample], pooled: Sample) -> Sample:
    """The one of these people whose mean logit is closest to the subject's, the judges together; else all others.

    Closeness is in units of the distance to all others, so that each judge counts the same.
    """
    if not people:
        return pooled
    gaps = np.zeros(len(people))
    for judge in judges:
        own, far, *here = (float(judge.read(one).of_bundles().mean()) for one in (real, pooled, *people))
        gaps += np.abs(own - np.array(here)) / max(abs(own - far), 1e-9)
    return people[int(gaps.argmin())]
