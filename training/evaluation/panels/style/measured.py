"""All measures of panel A, of everybody whose words can be compared with the subject's."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.evaluation.panel import Kind
from training.evaluation.panels.style import gaming
from training.evaluation.panels.style.bundles import Sample
from training.evaluation.panels.style.embedding import Embed
from training.evaluation.panels.style.fidelity import SEPARATION, Fidelity, Ruler, nearest, separation
from training.evaluation.panels.style.judges import Judge, Prepared, Reading, prepare
from training.evaluation.panels.style.profile import Property, Yardstick, traits
from training.evaluation.panels.style.subject import Subject
from training.evaluation.panels.style.two_sample import apart
from training.evaluation.voice import Bubbles, Voice, Voices
from training.statistics import Floats, Value, value

_PERMUTED = 12  # seeds


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody with a row. answers: to the occasions of the test days, as written, where they are answers."""

    kind: Kind
    name: str
    sample: Sample
    answers: tuple[Bubbles, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """drawn: by metric, the measure and then its resamples. separation: by judge. ratios: of the profile."""

    author: Author
    drawn: Mapping[str, Floats]
    separation: Mapping[str, float]
    ratios: Mapping[Property, float]

    @property
    def values(self) -> dict[str, Value]:
        return {key: value(drawn) for key, drawn in self.drawn.items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """judges: those of the rows. separation: by judge, from the nearest other and from all others together.

    shuffled: by judge, the same from the nearest other, of judges that learnt permuted labels.
    """

    size: int
    judges: tuple[Judge, ...]
    floor: Sample
    people: int  # who could have been the nearest other
    separation: Mapping[str, tuple[float, float]]
    shuffled: Mapping[str, Floats]
    yardstick: Yardstick
    rows: tuple[Measured, ...]

    def of(self, kind: Kind) -> Measured | None:
        return next((one for one in self.rows if one.author.kind is kind), None)

    @property
    def blind(self) -> tuple[str, ...]:
        """The judges that cannot tell the person from the nearest other: the gate."""
        return tuple(name for name, (near, _) in self.separation.items() if not near >= SEPARATION)


def judge(subject: Subject, voices: Voices, size: int, embed: Embed | None = None) -> Judged:
    """Trains the judges on the validation days, has the voices write on the test days, and measures."""
    prepared = prepare(subject.lesson(voices.base, size), embed)
    judges = tuple(one.judge() for one in prepared)
    people = subject.known_people(size)
    floor = nearest(judges, subject.later, people, subject.others_later)
    authors = _authors(subject, voices, floor)
    fidelities = Ruler(judges, subject.later, floor).measure(
        [one.sample for one in authors],
        frozenset(place for place, one in enumerate(authors) if one.kind is Kind.CEILING),
    )
    gates = [_gate(one, subject, floor) for one in prepared]
    own = apart(subject.later, subject.earlier, size)
    guard = subject.guard
    stick = Yardstick.of((subject.earlier, subject.later), len(subject.real))
    return Judged(
        size,
        judges,
        floor,
        len(people),
        {one.name: (found[0], found[1]) for one, (found, _) in zip(judges, gates, strict=True)},
        {one.name: found for one, (_, found) in zip(judges, gates, strict=True)},
        stick,
        tuple(
            _measured(subject, author, fidelity, own, stick, guard, size)
            for author, fidelity in zip(authors, fidelities, strict=True)
        ),
    )


def _authors(subject: Subject, voices: Voices, floor: Sample) -> list[Author]:
    def voice(kind: Kind, asked: Voice) -> Author:
        answers = subject.written_by(asked)
        return Author(kind, asked.name, subject.sample(asked.name, answers), tuple(answers))

    written = [
        voice(kind, asked)
        for kind, asked in ((Kind.AVATAR, voices.avatar), (Kind.AGAINST, voices.against), (Kind.BASE, voices.base))
        if asked
    ]
    return [
        *(one for one in written if one.kind is not Kind.BASE),
        Author(Kind.CEILING, subject.held.persona.name, subject.real, tuple(one.real for one in subject.answered)),
        Author(Kind.FLOOR, floor.name, floor),
        *(one for one in written if one.kind is Kind.BASE),
        *(Author(Kind.DEGENERATE, key, sample) for key, sample in subject.degenerate().items()),
    ]


def _gate(prepared: Prepared, subject: Subject, floor: Sample) -> tuple[tuple[float, float], Floats]:
    """The AUC from the nearest other and from all others; and the first of these by judges with permuted labels."""
    every = [prepared.reader.bursts(one.bursts) for one in (subject.later, floor, subject.others_later)]

    def separations(judge: Judge) -> list[float]:
        real, *others = (Reading(judge, features).of_bundles() for features in every)
        return [separation(real, one) for one in others]

    near, far = separations(prepared.judge())
    return (near, far), np.array([separations(prepared.judge(seed))[0] for seed in range(_PERMUTED)])


def _measured(
    subject: Subject, author: Author, fidelity: Fidelity, own: Floats, stick: Yardstick, guard: gaming.Guard, size: int
) -> Measured:
    real = subject.real
    ceiling = author.kind is Kind.CEILING
    sample = subject.earlier if ceiling else author.sample  # against their own words of other days
    return Measured(
        author,
        {
            "fidelity": fidelity.least,
            **fidelity.by_judge,
            "excess": (np.zeros(1) if ceiling else apart(real, sample, size) - own),
            "profile": stick.medians(real, sample),
            "copied": guard.copy_ratio(sample),
            "distinct": gaming.distinct_ratio(real, sample),
            "entropy": gaming.entropy_ratio(real, sample),
        },
        fidelity.separation,
        stick.ratios(traits(real), traits(sample)),
    )


def differences(better: Measured, other: Measured) -> dict[str, Value]:
    """One less the other, by metric, both resampled by the same days."""
    return {key: value(drawn - other.drawn[key]) for key, drawn in better.drawn.items()}
