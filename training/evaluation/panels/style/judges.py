"""The judges of style: each learnt to tell the subject from others, from the base model and from tidy prose.

Authorship by character n-grams: Stamatatos, A survey of modern authorship attribution methods, JASIST 2009.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from training.evaluation.panels.style.bundles import Sample, bundles, mixer
from training.evaluation.panels.style.embedding import Embed, embeddings
from training.evaluation.panels.style.shape import shapes
from training.evaluation.respondent import Bubbles
from training.statistics import NAN, Bools, Floats, Index

LETTERS, SHAPE, MEANING = "letters", "shape", "embedding"

_BREAK = "\ue00a"  # between bubbles: nobody writes it
_VOCABULARY = 20_000
_BUNDLES = 160  # of each source
_FEWEST = 8  # of each author
_AT_ONCE = 512  # bundles whose features are held


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
        every = ((self.own,), (self.others,), self.people, (self.base,), (self.prose,))
        kept = [tuple(one for one in authors if len(one) >= self.size) for authors in every]
        return tuple((place == 0, authors) for place, authors in enumerate(kept) if authors)


@dataclass(frozen=True, slots=True)
class Judge:
    """features: of bursts, whose means over a bundle `decide` sees. Logits above 0: more like the subject."""

    name: str
    features: Any
    decide: Pipeline
    size: int

    def read(self, sample: Sample) -> "Reading":
        return Reading(self, self.features.transform(sample.bursts))


@dataclass(frozen=True, slots=True)
class Reading:
    """A sample as one judge reads it, so that many bundles of it can be scored."""

    judge: Judge
    features: Any

    def logits(self, chosen: Index) -> Floats:
        """Returns the logits of bundles, given as rows of places."""
        found: Floats = self.judge.decide.decision_function(mixer(chosen, self.features.shape[0]) @ self.features)
        return found

    def of_bundles(self, seed: int = 1) -> Floats:
        """Returns the logits of many random bundles."""
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
    features: Any
    untaught: Pipeline
    size: int
    table: Any
    labels: Bools
    weights: Floats

    def judge(self, permuted: int | None = None) -> Judge:
        """Trains the judge. permuted: a seed to permute the labels with, as a control."""
        labels = self.labels if permuted is None else np.random.default_rng(permuted).permutation(self.labels)
        decide = clone(self.untaught).fit(self.table, labels, logisticregression__sample_weight=self.weights)
        return Judge(self.name, self.features, decide, self.size)


def prepare(lesson: Lesson, embed: Embed | None = None, seed: int = 0) -> tuple[Prepared, ...]:
    """Prepares a lesson for a judge by letters and one by shape, and for a third if there is an embedding model."""
    runs = CountVectorizer(
        analyzer="char", preprocessor=_joined, ngram_range=(2, 4), min_df=2, max_features=_VOCABULARY
    )
    found = [
        _prepared(LETTERS, runs, [FunctionTransformer(_roots), TfidfTransformer()], 10.0, lesson, seed),
        _prepared(SHAPE, FunctionTransformer(shapes), [StandardScaler()], 1.0, lesson, seed),
    ]
    if embed:  # many more numbers, hence a stronger penalty
        read = FunctionTransformer(embeddings(embed))
        found.append(_prepared(MEANING, read, [StandardScaler()], 0.1, lesson, seed))
    return tuple(found)


def _joined(bubbles: Bubbles) -> str:
    return f"{_BREAK}{_BREAK.join(bubbles)}{_BREAK}"


def _roots(counts: csr_matrix) -> csr_matrix:
    """So that what one long message repeats does not drown the rest."""
    return counts.sqrt()


def _prepared(name: str, features: Any, scaling: Sequence[Any], strength: float, lesson: Lesson, seed: int) -> Prepared:
    """Bundles of one author each: a judge of mixed ones would not know how much one person differs from another.

    strength: C of scikit-learn, the inverse of the penalty.
    """
    sources = lesson.sources
    features.fit([burst for _, authors in sources for one in authors for burst in one.bursts])
    tables, labels, weights = [], list[bool](), list[float]()
    against = sum(not own for own, _ in sources)
    for own, authors in sources:
        number = max(_BUNDLES // len(authors), _FEWEST)
        for place, one in enumerate(authors):
            chosen = bundles(len(one), lesson.size, number, seed + place)
            tables.append(mixer(chosen, len(one)) @ features.transform(one.bursts))
            labels += [own] * number
            weights += [1 / (number * len(authors) * (1 if own else against))] * number
    table = vstack(tables, format="csr") if issparse(tables[0]) else np.concatenate(tables)
    untaught = make_pipeline(*scaling, LogisticRegression(C=strength, max_iter=3000))
    return Prepared(
        name, features, untaught, lesson.size, table, np.array(labels), np.array(weights) * len(weights) / 2
    )
