"""All measures of panel A, of everybody whose words can be compared with the subject's."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.evaluation.driver import Drawn
from training.evaluation.panel import Kind
from training.evaluation.panels.style import gaming
from training.evaluation.panels.style.bundles import Sample
from training.evaluation.panels.style.embedding import Embed
from training.evaluation.panels.style.fidelity import SEPARATION, fidelities, nearest, separation
from training.evaluation.panels.style.judges import Judge, Lesson, Reading, train
from training.evaluation.panels.style.profile import Yardstick, traits
from training.evaluation.panels.style.subject import Subject
from training.evaluation.panels.style.two_sample import apart
from training.evaluation.respondent import Bubbles
from training.statistics import Floats

_PERMUTED = 12  # seeds


@dataclass(frozen=True, slots=True)
class Author:
    """Whose words have a row. separation: from the subject, by judge. ratios: the distances of their habits."""

    kind: Kind
    sample: Sample
    drawn: Drawn
    separation: Mapping[str, float]
    ratios: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Judged:
    """judges: those of the rows. people: how many could have been the nearest other, which `floor` is.

    separation: by judge, how surely it tells the subject from the nearest other and from all others together.
    shuffled: the first of these, by judges that learnt permuted labels.
    """

    size: int
    judges: tuple[Judge, ...]
    floor: Sample
    people: int
    separation: Mapping[str, tuple[float, float]]
    shuffled: Floats
    authors: tuple[Author, ...]

    def of(self, kind: Kind) -> Author | None:
        return next((one for one in self.authors if one.kind is kind), None)

    @property
    def blind(self) -> tuple[str, ...]:
        """The judges that cannot tell the person from the nearest other: the gate."""
        return tuple(name for name, (near, _) in self.separation.items() if not near >= SEPARATION)


def judge(
    subject: Subject, lesson: Lesson, written: Mapping[Kind, list[Bubbles]], embed: Embed | None = None
) -> Judged:
    """Trains the judges on the validation days and measures. written: the respondents' answers on the test days."""
    size, judges = lesson.size, train(lesson, embed)
    people = subject.known_people(size)
    floor = nearest(judges, subject.later, people, subject.others_later)
    everybody = [
        *((kind, subject.sample(kind.value, subject.answered, answers)) for kind, answers in written.items()),
        (Kind.CEILING, subject.real),
        (Kind.FLOOR, floor),
        *((Kind.DEGENERATE, sample) for sample in subject.degenerate()),
    ]
    own_words = frozenset(place for place, (kind, _) in enumerate(everybody) if kind is Kind.CEILING)
    found = fidelities(judges, subject.later, floor, [sample for _, sample in everybody], own_words)
    own, guard = apart(subject.later, subject.earlier, size), subject.guard
    stick = Yardstick.of((subject.earlier, subject.later), len(subject.real))

    def author(kind: Kind, written: Sample, fidelity: Drawn, separations: Mapping[str, float]) -> Author:
        real = subject.real
        ceiling = kind is Kind.CEILING
        sample = subject.earlier if ceiling else written  # against their own words of other days
        drawn = fidelity | {
            "excess": np.zeros(1) if ceiling else apart(real, sample, size) - own,
            "profile": stick.medians(real, sample),
            "copied": guard.copy_ratio(sample),
            "distinct": gaming.distinct_ratio(real, sample),
            "entropy": gaming.entropy_ratio(real, sample),
        }
        return Author(kind, written, drawn, separations, stick.ratios(traits(real), traits(sample)))

    gates = {one.name: _gate(one, subject, floor) for one in judges}
    return Judged(
        size,
        judges,
        floor,
        len(people),
        {name: apart for name, (apart, _) in gates.items()},
        np.array([auc for _, shuffled in gates.values() for auc in shuffled]),
        tuple(author(*who, *how) for who, how in zip(everybody, found, strict=True)),
    )


def _gate(judge: Judge, subject: Subject, floor: Sample) -> tuple[tuple[float, float], list[float]]:
    """The AUC from the nearest other and from all others; and the first of these by judges with permuted labels."""
    every = [judge.features.transform(one.bursts) for one in (subject.later, floor, subject.others_later)]

    def separations(one: Judge) -> tuple[float, float]:
        real, near, far = (Reading(one, features).of_bundles() for features in every)
        return separation(real, near), separation(real, far)

    return separations(judge), [separations(judge.permuted(seed))[0] for seed in range(_PERMUTED)]
