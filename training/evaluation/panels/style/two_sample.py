"""Whether a classifier made for just that purpose can tell the avatar's answers from the person's."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from training.evaluation.panels.style.bundles import Sample, bundles, resampled
from training.evaluation.panels.style.shape import shapes
from training.statistics import NAN, Bools, Floats, Index, auroc

_FOLDS = 5
_NUMBER = 50  # bundles of each


def apart(first: Sample, second: Sample, size: int, seed: int = 0) -> Floats:
    """The AUC of a classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017) on bundles; then that of each resample.

    It learns from single bursts, letters and shape together, and judges only days that it did not learn from.
    Less the same for the person's later days against earlier ones it is the excess: chance is the wrong mark to aim
    at, since a person is not quite who they were before.
    """
    logits, own = _unseen(first, second)
    of_first, of_second = logits[own], logits[~own]

    def auc(here: Index, there: Index) -> float:
        if min(len(here), len(there)) < size:
            return NAN
        means = [
            found[rows[bundles(len(rows), size, _NUMBER, seed)]].mean(axis=1)
            for found, rows in ((of_first, here), (of_second, there))
        ]
        return auroc(np.repeat([True, False], _NUMBER), np.concatenate(means))

    return resampled(first, second, auc)


def _unseen(first: Sample, second: Sample) -> tuple[Floats, Bools]:
    """A logit for each burst, by a classifier that saw no burst of its day."""
    bursts = [*first.bursts, *second.bursts]
    own = np.array([True] * len(first) + [False] * len(second))
    days = [str(day) for day in (*first.days, *second.days)]
    logits = np.zeros(len(bursts))
    for learnt, tested in GroupKFold(min(_FOLDS, len(set(days)))).split(bursts, own, days):
        if len(set(own[learnt])) < 2:
            continue  # nothing to tell apart: its logits stay 0
        learned = classifier().fit([bursts[row] for row in learnt], own[learnt])
        logits[tested] = learned.decision_function([bursts[row] for row in tested])
    return logits, own


def classifier() -> Pipeline:
    """Returns what learns from single bursts who wrote them, of two or of more, whom it takes to write as often."""
    letters = TfidfVectorizer(analyzer="char", preprocessor="\n".join, ngram_range=(2, 4), sublinear_tf=True, min_df=2)
    shape = make_pipeline(FunctionTransformer(shapes), StandardScaler(), FunctionTransformer(_shortened))
    decide = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced")
    return make_pipeline(make_union(letters, shape), decide)


def _shortened(shape: Floats) -> Floats:
    """To about the length of the letters."""
    shorter: Floats = shape / np.sqrt(shape.shape[1])
    return shorter
