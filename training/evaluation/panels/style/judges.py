"""The judges of style: each learnt to tell the subject from others, from the base model and from tidy prose.

Authorship by character n-grams: Stamatatos, A survey of modern authorship attribution methods, JASIST 2009.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """features: of bursts, whose means over a bundle `decide` sees. Logits above 0: more like the subject.

    table, labels, weights: the bundles that it learnt from, kept so that learning again with other labels is cheap.
    """

    name: str
    features: Any
    decide: Pipeline
    size: int
    table: Any
    labels: Bools
    weights: Floats

    def read(self, sample: Sample) -> "Reading":
        return Reading(self, self.features.transform(sample.bursts))

    def permuted(self, seed: int) -> "Judge":
        """Returns a judge that learnt the same with permuted labels, as a control."""
        labels = np.random.default_rng(seed).permutation(self.labels)
        return replace(self, decide=_taught(clone(self.decide), self.table, labels, self.weights))


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


def train(lesson: Lesson, embed: Embed | None = None) -> tuple[Judge, ...]:
    """Trains a judge by letters and one by shape, and a third if there is an embedding model."""
    runs = CountVectorizer(
        analyzer="char", preprocessor=_joined, ngram_range=(2, 4), min_df=2, max_features=_VOCABULARY
    )
    found = [
        _judge(LETTERS, runs, [FunctionTransformer(_roots), TfidfTransformer()], 10.0, lesson),
        _judge(SHAPE, FunctionTransformer(shapes), [StandardScaler()], 1.0, lesson),
    ]
    if embed:  # many more numbers, hence a stronger penalty
        read = FunctionTransformer(embeddings(embed))
        found.append(_judge(MEANING, read, [StandardScaler()], 0.1, lesson))
    return tuple(found)


def _joined(bubbles: Bubbles) -> str:
    return f"{_BREAK}{_BREAK.join(bubbles)}{_BREAK}"


def _roots(counts: csr_matrix) -> csr_matrix:
    """So that what one long message repeats does not drown the rest."""
    return counts.sqrt()


def _judge(name: str, features: Any, scaling: Sequence[Any], strength: float, lesson: Lesson) -> Judge:
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
            chosen = bundles(len(one), lesson.size, number, place)
            tables.append(mixer(chosen, len(one)) @ features.transform(one.bursts))
            labels += [own] * number
            weights += [1 / (number * len(authors) * (1 if own else against))] * number
    table = vstack(tables, format="csr") if issparse(tables[0]) else np.concatenate(tables)
    weight, label = np.array(weights) * len(weights) / 2, np.array(labels)
    decide = make_pipeline(*scaling, LogisticRegression(C=strength, max_iter=3000))
    return Judge(name, features, _taught(decide, table, label, weight), lesson.size, table, label, weight)


def _taught(decide: Pipeline, table: Any, labels: Bools, weights: Floats) -> Pipeline:
    return decide.fit(table, labels, logisticregression__sample_weight=weights)
