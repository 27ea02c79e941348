"""The judges of style: each learnt to tell the subject from others, from the base model and from tidy prose.

Authorship by character n-grams: Stamatatos, A survey of modern authorship attribution methods, JASIST 2009.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from training.evaluation.panels.style.bundles import Sample, bundles, mixer
from training.evaluation.panels.style.embedding import Embed, Meaning
from training.evaluation.panels.style.shape import shapes
from training.evaluation.voice import Bubbles
from training.statistics import NAN, Bools, Floats, Index

LETTERS, SHAPE, MEANING = "letters", "shape", "embedding"

_BREAK = "\ue00a"  # between bubbles: nobody writes it
_VOCABULARY = 20_000
_BUNDLES = 160  # of each source
_FEWEST = 8  # of each author
_AT_ONCE = 512  # bundles whose features are held


class Reader(Protocol):
    """Turns bursts into features, one row each, whose means over a bundle are what a judge sees."""

    def learn(self, bursts: Sequence[Bubbles]) -> None: ...
    def bursts(self, bursts: Sequence[Bubbles]) -> Any: ...
    def scale(self, bundles: Any, learn: bool = False) -> Any: ...


class Letters:
    """How often each run of two to four characters comes, as TF-IDF of the whole bundle."""

    def __init__(self) -> None:
        self._counts = CountVectorizer(
            analyzer="char", ngram_range=(2, 4), lowercase=False, min_df=2, max_features=_VOCABULARY
        )
        self._weights = TfidfTransformer(sublinear_tf=False)

    def learn(self, bursts: Sequence[Bubbles]) -> None:
        self._counts.fit(_joined(bursts))

    def bursts(self, bursts: Sequence[Bubbles]) -> csr_matrix:
        return csr_matrix(self._counts.transform(_joined(bursts)), dtype=np.float64)

    def scale(self, bundles: Any, learn: bool = False) -> Any:
        counts = csr_matrix(bundles, copy=True)
        counts.data = np.sqrt(counts.data)  # so that what one long message repeats does not drown the rest
        return self._weights.fit_transform(counts) if learn else self._weights.transform(counts)


class Shape:
    """The means of the features in shape.py, in units of their spread."""

    def __init__(self) -> None:
        self._scaler = StandardScaler()

    def learn(self, bursts: Sequence[Bubbles]) -> None:
        """There is nothing to learn before the bundles."""

    def bursts(self, bursts: Sequence[Bubbles]) -> Floats:
        return shapes(bursts)

    def scale(self, bundles: Any, learn: bool = False) -> Any:
        return self._scaler.fit_transform(bundles) if learn else self._scaler.transform(bundles)


def _joined(bursts: Sequence[Bubbles]) -> list[str]:
    return [f"{_BREAK}{_BREAK.join(bubbles)}{_BREAK}" for bubbles in bursts]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the judges learn from, all of it of the validation days, in bundles of `size`.

    others: pooled; people: each of those who wrote enough; base, prose: the base model's answers, and rewrites of the
    subject's own words as an assistant would put them.
    """

    size: int
    own: Sample
    others: Sample
    people: tuple[Sample, ...]
    base: Sample
    prose: Sample

    @property
    def sources(self) -> tuple[tuple[bool, tuple[Sample, ...]], ...]:
        """Whether a source is the subject, and its authors. Sources weigh the same on each side, authors within one."""
        every = (
            (True, (self.own,)),
            (False, (self.others,)),
            (False, self.people),
            (False, (self.base,)),
            (False, (self.prose,)),
        )
        kept = ((own, tuple(one for one in authors if len(one) >= self.size)) for own, authors in every)
        return tuple((own, authors) for own, authors in kept if authors)


@dataclass(frozen=True, slots=True)
class Judge:
    """logits above 0: more like the subject than like anything else."""

    name: str
    reader: Reader
    decide: LogisticRegression
    size: int

    def read(self, sample: Sample) -> "Reading":
        return Reading(self, self.reader.bursts(sample.bursts))


@dataclass(frozen=True, slots=True)
class Reading:
    """A sample as one judge reads it, so that many bundles of it can be scored."""

    judge: Judge
    features: Any

    def logits(self, chosen: Index) -> Floats:
        """Of bundles, given as rows of places."""
        mixed = mixer(chosen, self.features.shape[0]) @ self.features
        found: Floats = self.judge.decide.decision_function(self.judge.reader.scale(mixed))
        return found

    def of_bundles(self, seed: int = 1) -> Floats:
        """Of many bundles by chance."""
        return self.logits(bundles(self.features.shape[0], self.judge.size, seed=seed))

    def of_draws(self, drawn: Sequence[Index]) -> Floats:
        """For each draw of rows, which may come more than once, the mean over bundles; NaN where they make none."""
        size = self.judge.size
        chosen = [rows[bundles(len(rows), size, len(rows) // size)] for rows in drawn if len(rows) >= size]
        if not chosen:
            return np.full(len(drawn), NAN)
        every = np.concatenate(chosen)
        logits = np.concatenate(
            [self.logits(every[first : first + _AT_ONCE]) for first in range(0, len(every), _AT_ONCE)]
        )
        ends = np.cumsum([len(one) for one in chosen])
        means = iter(np.split(logits, ends[:-1]))
        return np.array([next(means).mean() if len(rows) >= size else NAN for rows in drawn])


@dataclass(frozen=True, slots=True)
class Prepared:
    """The bundles of a lesson as features, ready to be learnt; so that learning again with other labels is cheap."""

    name: str
    reader: Reader
    strength: float  # C of scikit-learn, the inverse of the penalty
    size: int
    table: Any
    labels: Bools
    weights: Floats

    def judge(self, permuted: int | None = None) -> Judge:
        """Logistic regression. permuted: a seed, and the labels are permuted with it: a control."""
        labels = self.labels if permuted is None else np.random.default_rng(permuted).permutation(self.labels)
        decide = LogisticRegression(C=self.strength, max_iter=3000)
        decide.fit(self.table, labels, sample_weight=self.weights)
        return Judge(self.name, self.reader, decide, self.size)


def prepare(lesson: Lesson, embed: Embed | None = None, seed: int = 0) -> tuple[Prepared, ...]:
    """For a judge by letters and one by shape; and a third where there is an embedding model."""
    readers: list[tuple[str, Reader, float]] = [(LETTERS, Letters(), 10.0), (SHAPE, Shape(), 1.0)]
    if embed:
        readers.append((MEANING, Meaning(embed), 0.1))  # many more numbers, hence a stronger penalty
    return tuple(_prepared(name, reader, strength, lesson, seed) for name, reader, strength in readers)


def _prepared(name: str, reader: Reader, strength: float, lesson: Lesson, seed: int) -> Prepared:
    """Bundles of one author each: a judge of mixed ones would not know how much one person differs from another."""
    sources = lesson.sources
    reader.learn([burst for _, authors in sources for one in authors for burst in one.bursts])
    features, labels, weights = [], list[bool](), list[float]()
    against = sum(not own for own, _ in sources)
    for own, authors in sources:
        number = max(_BUNDLES // len(authors), _FEWEST)
        for place, one in enumerate(authors):
            chosen = bundles(len(one), lesson.size, number, seed + place)
            features.append(mixer(chosen, len(one)) @ reader.bursts(one.bursts))
            labels += [own] * number
            weights += [1 / (number * len(authors) * (1 if own else against))] * number
    table = vstack(features) if isinstance(features[0], csr_matrix) else np.concatenate(features)
    scaled = reader.scale(table, learn=True)
    return Prepared(name, reader, strength, lesson.size, scaled, np.array(labels), np.array(weights) * len(weights) / 2)
