"""Whether a classifier made for just that purpose can tell the avatar's answers from the person's."""

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

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
    texts = ["\n".join(bubbles) for bubbles in (*first.bursts, *second.bursts)]
    table = np.concatenate([shapes(first.bursts), shapes(second.bursts)])
    own = np.array([True] * len(first) + [False] * len(second))
    days = [str(day) for day in (*first.days, *second.days)]
    logits = np.zeros(len(texts))
    for learnt, tested in GroupKFold(min(_FOLDS, len(set(days)))).split(table, own, days):
        if len(set(own[learnt])) < 2:
            continue  # nothing to tell apart: its logits stay 0
        letters = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), lowercase=False, sublinear_tf=True, min_df=2)
        scale = StandardScaler()
        seen = _joined(letters.fit_transform([texts[row] for row in learnt]), scale.fit_transform(table[learnt]))
        unseen = _joined(letters.transform([texts[row] for row in tested]), scale.transform(table[tested]))
        decide = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced").fit(seen, own[learnt])
        logits[tested] = decide.decision_function(unseen)
    return logits, own


def _joined(letters: csr_matrix, shape: Floats) -> csr_matrix:
    return csr_matrix(hstack([letters, csr_matrix(shape / np.sqrt(shape.shape[1]))]))  # of about the same length
