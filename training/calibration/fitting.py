"""Fits the decision to the person: the model's log-odds and what is seen of a group, on the validation days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bot.chat.decision import Calibration
from bot.chat.features import WIDER, is_out
from training.data.points import Point
from training.data.splits import Split
from training.statistics import Bools, Floats, auroc

ENOUGH = 10
"""Answers and silences that a fit needs of each, and days to compare candidates on at least two."""

_STRENGTH = 0.1  # inverse of the L2 penalty on standardised columns
_LIMIT = 13.8  # log-odds beyond this are cut, as `Calibration.probability` does
_FOLDS = 10
_MARGIN = 0.003  # of AUROC: less than this is no reason to take what needs more


class Inputs(StrEnum):
    """What the fitted decision reads: features of the group, the model's log-odds, or both."""

    FEATURES = "features"
    WIDER = "more features"
    BOTH = "model and features"
    WIDER_BOTH = "model and more features"
    MODEL = "model"
    NONE = "nothing fitted"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted decision. compared: each candidate's mean ranking (AUROC) within validation days not fitted on."""

    calibration: Calibration
    inputs: Inputs
    compared: Mapping[Inputs, float]
    decisions: int  # on validation days, scored by the model
    answered: int
    days: int


@dataclass(frozen=True, slots=True)
class Linear:
    """Computes bias + Σ weight · column, in log-odds."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, columns: Floats) -> Floats:
        """Returns the log-odds by message. columns: messages × columns."""
        return self.bias + columns @ np.array(self.weights, dtype=np.float64)


def fit_linear(columns: Floats, spoke: Bools, strength: float = _STRENGTH) -> Linear:
    """Fits a logistic regression with an L2 penalty on standardised columns, folded back to the columns as they are.

    columns: messages × columns. With only silences, or only answers, or no columns, it is the base rate.
    """
    rate = (float(spoke.sum()) + 0.5) / (len(spoke) + 1)
    if not columns.shape[1] or spoke.all() or not spoke.any():
        return Linear(float(np.log(rate / (1 - rate))), (0.0,) * columns.shape[1])
    mean, deviation = columns.mean(0), columns.std(0)
    deviation[deviation < 1e-9] = np.inf  # a column that never changes says nothing
    fitted = LogisticRegression(C=strength, max_iter=1000).fit((columns - mean) / deviation, spoke)
    weights = fitted.coef_[0] / deviation
    return Linear(float(fitted.intercept_[0] - weights @ mean), tuple(float(weight) for weight in weights))


def table(points: Sequence[Point], names: Sequence[str]) -> Floats:
    """Returns the features of the points as a table, messages × features."""
    return np.array([[point.seen[name] for name in names] for point in points], dtype=np.float64).reshape(
        len(points), len(names)
    )


def fit(points: Sequence[Point], log_odds: Mapping[int, float]) -> Fitted:
    """Fits the inputs that rank best: features, more of them, the model, or both. Of equals, those needing less win.

    points: all decisions; log_odds: the model's for answering, by message, for validation days that it did not learn.
    The features, which nothing was trained on, are fitted on training and validation days. The thresholds are set so
    that on the validation days the avatar speaks as often as the person did, in the conversation and out of it. With
    too few decisions nothing is fitted.
    """
    learnt = [point for point in points if point.split is Split.TRAIN]
    judged = [point for point in points if point.split is Split.VALIDATION and point.message in log_odds]
    spoke = np.array([point.spoke for point in judged], dtype=np.bool_)
    about = len(judged), int(spoke.sum()), len({point.day for point in judged})
    model = np.clip([log_odds[point.message] for point in judged], -_LIMIT, _LIMIT)
    if not _enough(spoke, judged):
        judged, spoke, model = [], spoke[:0], model[:0]
    if not judged:
        judge = [point for point in points if point.split is Split.VALIDATION]
        known = [*learnt, *judge]
        answers = sum(point.spoke for point in known)
        if min(answers, len(known) - answers) < ENOUGH:
            return Fitted(Calibration(), Inputs.NONE, {}, *about)
        data = _Data.of(known, judge, np.zeros(len(judge)))
        tried = _enough(data.validation_spoke, judge)
        compared = _compare(data, _days(judge), (Inputs.FEATURES, Inputs.WIDER)) if tried else {}
        best = _best(compared)
        return Fitted(_calibration(best, data, data.validation_spoke, np.arange(len(judge))), best, compared, *about)
    data = _Data.of([*learnt, *judged], judged, model)
    compared = _compare(data, _days(judged), tuple(_COMBINE))
    best = _best(compared)
    return Fitted(_calibration(best, data, spoke, np.arange(len(judged))), best, compared, *about)


def _enough(spoke: Bools, points: Sequence[Point]) -> bool:
    """Whether candidates can be compared on these."""
    answers = int(spoke.sum())
    return min(answers, len(spoke) - answers) >= ENOUGH and len({point.day for point in points}) >= 2


def _days(points: Sequence[Point]) -> list[int]:
    return [point.day.toordinal() for point in points]


def _best(compared: Mapping[Inputs, float]) -> Inputs:
    """The inputs that rank best. Where inputs need more, they must beat by _MARGIN the best of those that need less.

    The features alone are the fallback. compared: in the order of what they need, least first.
    """
    best = Inputs.FEATURES
    for other in compared:
        if compared[other] > compared[best] + _MARGIN:
            best = other
    return best


@dataclass(frozen=True, slots=True)
class _Data:
    """known: what the features may be fitted on; its last rows are the validation days."""

    names: tuple[str, ...]
    known: Floats
    known_spoke: Bools
    validation: Floats
    validation_spoke: Bools
    model: Floats

    @classmethod
    def of(cls, known: Sequence[Point], judged: Sequence[Point], model: NDArray[np.float64]) -> "_Data":
        names = tuple(known[0].seen)
        return cls(
            names,
            table(known, names),
            np.array([point.spoke for point in known], dtype=np.bool_),
            table(judged, names),
            np.array([point.spoke for point in judged], dtype=np.bool_),
            model,
        )

    def of_features(self, judged: NDArray[np.intp], wider: bool) -> Linear:
        """The logistic on the features, fitted on the train days and these validation rows. Unused features weigh 0."""
        learnt = len(self.known) - len(self.validation)
        rows = np.concatenate([np.arange(learnt), learnt + judged])
        used = np.array([wider or name not in WIDER for name in self.names], dtype=np.bool_)
        fitted = fit_linear(self.known[rows][:, used], self.known_spoke[rows])
        weights = np.zeros(len(self.names))
        weights[used] = fitted.weights
        return Linear(fitted.bias, tuple(float(weight) for weight in weights))


def _compare(data: _Data, days: Sequence[int], candidates: Sequence[Inputs]) -> dict[Inputs, float]:
    """The ranking of each candidate on days left out in turn; one whose model counts the wrong way is left out.

    NaN where no day has both an answer and a silence.

    It is averaged over the days, by their answers: a threshold is one for all days, but a fit on fewer days would be
    punished here for the days' different rates.
    """
    number = np.unique(days, return_inverse=True)[1] % _FOLDS
    totals: dict[Inputs, float] = {}
    for inputs in candidates:
        combine = _COMBINE[inputs]
        total, answers = 0.0, 0
        for fold in range(number.max() + 1):
            fitted, tried = np.flatnonzero(number != fold), np.flatnonzero(number == fold)
            bias, model, weights = combine(data, fitted)
            ranking = auroc(
                data.validation_spoke[tried], bias + model * data.model[tried] + data.validation[tried] @ weights
            )
            if model < 0:
                break
            if not np.isnan(ranking):
                here = int(data.validation_spoke[tried].sum())
                total, answers = total + here * ranking, answers + here
        else:
            totals[inputs] = total / answers if answers else np.nan
    return totals


_Combined = tuple[float, float, Floats]  # bias, weight of the model's log-odds, weights of the features


def _features(data: _Data, rows: NDArray[np.intp], wider: bool = False) -> _Combined:
    fitted = data.of_features(rows, wider)
    return fitted.bias, 0.0, np.array(fitted.weights)


def _both(data: _Data, rows: NDArray[np.intp], wider: bool = False) -> _Combined:
    """Two numbers only, how much the model and the features count, are fitted on the few validation days."""
    learnt = len(data.known) - len(data.validation)
    apart = data.of_features(rows[:0] if learnt >= len(data.validation) else rows, wider)
    stacked = fit_linear(
        np.stack([data.model[rows], apart(data.validation[rows])], 1), data.validation_spoke[rows], 1.0
    )
    model, share = stacked.weights
    whole = data.of_features(rows, wider)
    return stacked.bias + share * whole.bias, model, share * np.array(whole.weights)


def _model(data: _Data, rows: NDArray[np.intp]) -> _Combined:
    fitted = fit_linear(data.model[rows, None], data.validation_spoke[rows], 1.0)
    return fitted.bias, fitted.weights[0], np.zeros(len(data.names))


_COMBINE: Mapping[Inputs, Callable[[_Data, NDArray[np.intp]], _Combined]] = {
    Inputs.FEATURES: _features,
    Inputs.WIDER: partial(_features, wider=True),
    Inputs.BOTH: _both,
    Inputs.WIDER_BOTH: partial(_both, wider=True),
    Inputs.MODEL: _model,
}

_WIDE = (Inputs.WIDER, Inputs.WIDER_BOTH)


def _calibration(inputs: Inputs, data: _Data, spoke: Bools, rows: NDArray[np.intp]) -> Calibration:
    bias, model, weights = _COMBINE[inputs](data, rows)
    every = dict(zip(data.names, (float(weight) for weight in weights), strict=True))
    kept = (
        () if inputs is Inputs.MODEL else data.names if inputs in _WIDE else [n for n in data.names if n not in WIDER]
    )
    named = {name: every[name] for name in kept}
    scores = bias + model * data.model + data.validation @ weights
    probabilities = 1 / (1 + np.exp(-scores))
    overall = own_rate_threshold(probabilities, int(spoke.sum()))
    out = np.array([is_out(dict(zip(data.names, row, strict=True))) for row in data.validation], dtype=np.bool_)
    threshold, joining = (
        own_rate_threshold(probabilities[state], int(spoke[state].sum()))
        if 0 < spoke[state].sum() < state.sum()
        else overall
        for state in (~out, out)
    )
    return Calibration(float(bias), float(model), named, threshold, joining)


def own_rate_threshold(probabilities: Floats, answers: int) -> float:
    """Returns the threshold at which `answers` of the probabilities mean an answer, or as nearly as ties allow."""
    if not 0 < answers < len(probabilities):
        return 0.5
    ordered = np.unique(probabilities)
    speaking = len(probabilities) - np.searchsorted(np.sort(probabilities), ordered, side="left")
    best = int(np.abs(speaking - answers).argmin())
    if best == 0:
        return float(ordered[0])
    return float(ordered[best - 1 : best + 1].mean())
