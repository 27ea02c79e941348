"""Whether a classifier made for just that purpose can tell the avatar's answers from the person's."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from training.evaluation.metrics import Bools, Floats, auroc
from training.evaluation.panel import NAN, Value
from training.evaluation.style.bundles import Index, Sample, bundles, draws, rows_of
from training.evaluation.style.fidelity import value
from training.evaluation.style.shape import shapes

_FOLDS = 5
_NUMBER = 100  # bundles of each


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two samples can be told apart. drawn: the AUC, then that of each resample of days."""

    drawn: Floats

    @property
    def value(self) -> Value:
        return value(self.drawn)


def apart(first: Sample, second: Sample, size: int, seed: int = 0) -> Apart:
    """The AUC of a classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017) on bundles.

    It learns from single bursts, letters and shape together, and judges only days that it did not learn from.
    """
    logits, own = _unseen(first, second)
    of_first, of_second = logits[own], logits[~own]
    whole = (np.arange(len(first), dtype=np.intp), np.arange(len(second), dtype=np.intp))
    days = draws((*first.days, *second.days), seed=seed)
    rows = [whole, *((rows_of(first.days, drawn), rows_of(second.days, drawn)) for drawn in days)]
    found = [_auc(of_first, of_second, here, there, size, seed) for here, there in rows]
    return Apart(np.array(found))


def excess(generated: Apart, own: Apart) -> Value:
    """AUC(real against generated) − AUC(the person's later days against earlier ones).

    Chance is the wrong mark to aim at: a person is not quite who they were before.
    """
    return value(generated.drawn - own.drawn)


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


def _auc(first: Floats, second: Floats, here: Index, there: Index, size: int, seed: int) -> float:
    if min(len(here), len(there)) < size:
        return NAN
    means = [
        logits[rows[bundles(len(rows), size, _NUMBER, seed)]].mean(axis=1)
        for logits, rows in ((first, here), (second, there))
    ]
    return auroc(np.repeat([True, False], _NUMBER), np.concatenate(means))
