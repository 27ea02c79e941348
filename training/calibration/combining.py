"""Combines what a decision can read, the model's log-odds and what is seen of a group, and takes what ranks best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bot.chat.decision import Logistic, logit
from bot.chat.features import WIDER
from bot.outcome import MODEL
from training.data.points import Point
from training.data.splits import Split
from training.statistics import Bools, Floats, auroc

ENOUGH = 10
"""Answers and silences that a fit needs of each, and days to compare candidates on at least two."""

_STRENGTH = 0.1  # inverse of the L2 penalty on standardised columns
_LIMIT = logit(1.0)  # log-odds beyond this are cut, as `Calibration.probability` does
_FOLDS = 10
MARGIN = 0.003  # of AUROC: less than this is no reason to take what needs more


class Inputs(StrEnum):
    """What the fitted decision reads: features of the group, the model's log-odds, or both."""

    FEATURES = "features"
    WIDER = "more features"
    BOTH = "model and features"
    WIDER_BOTH = "model and more features"
    MODEL = "model"
    NONE = "nothing fitted"


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


@dataclass(frozen=True, slots=True)
class Chosen:
    """The logistic on the inputs that rank best. judged: decisions of the validation days; model: its log-odds there.

    compared: each candidate's mean ranking (AUROC) within validation days not fitted on.
    """

    inputs: Inputs
    compared: Mapping[Inputs, float]
    logistic: Logistic
    judged: Sequence[Point]
    model: Floats

    def probabilities(self) -> Floats:
        """Returns the probability at each of the judged."""
        weights = self.logistic.weights
        columns = table(self.judged, tuple(weights)) @ np.array(list(weights.values()), dtype=np.float64)
        found: Floats = 1 / (1 + np.exp(-(self.logistic.bias + self.logistic.model * self.model + columns)))
        return found


def choose(
    points: Sequence[Point], log_odds: Mapping[int, float], names: Sequence[str], margin: float = MARGIN
) -> Chosen:
    """Fits the inputs that rank best: features, more of them, the model, or both. Of equals, those needing less win.

    points: of training and validation days; log_odds: the model's, by message, for validation days that it did not
    learn; names: of the features that may be read. The features, which nothing was trained on, are fitted on all of the
    points. Where the model was asked too little to be compared, the features do. margin: of AUROC, for what needs more.
    """
    learnt = [point for point in points if point.split is Split.TRAIN]
    judged = [point for point in points if point.split is Split.VALIDATION]
    asked = [point for point in judged if point.message in log_odds]
    candidates: tuple[Inputs, ...] = (Inputs.FEATURES, Inputs.WIDER)
    model = np.zeros(len(judged))
    if enough(asked):
        candidates, judged = tuple(_COMBINE), asked
        model = np.clip([log_odds[point.message] for point in asked], -_LIMIT, _LIMIT)
    data = _Data.of([*learnt, *judged], judged, model, names)
    compared = _compare(data, _days(judged), candidates) if enough(judged) else {}
    inputs = _best(compared, margin)
    return Chosen(inputs, compared, data.logistic(inputs), judged, model)


def enough(points: Sequence[Point]) -> bool:
    """Whether candidates can be compared on these."""
    answers = sum(point.spoke for point in points)
    return min(answers, len(points) - answers) >= ENOUGH and len({point.day for point in points}) >= 2


def _days(points: Sequence[Point]) -> list[int]:
    return [point.day.toordinal() for point in points]


def _best(compared: Mapping[Inputs, float], margin: float) -> Inputs:
    """The inputs that rank best. Where inputs need more, they must beat by the margin the best of those that need less.

    The features alone are the fallback. compared: in the order of what they need, least first.
    """
    best = Inputs.FEATURES
    for other in compared:
        if compared[other] > compared[best] + margin:
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
    def of(
        cls, known: Sequence[Point], judged: Sequence[Point], model: NDArray[np.float64], names: Sequence[str]
    ) -> "_Data":
        return cls(
            tuple(names),
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

    def logistic(self, inputs: Inputs) -> Logistic:
        """The fit on all days, of these inputs."""
        bias, model, weights = _COMBINE[inputs](self, np.arange(len(self.validation)))
        kept = [
            place
            for place, name in enumerate(self.names)
            if inputs is not Inputs.MODEL and (inputs in _WIDE or name not in WIDER)
        ]
        usual = {self.names[place]: float(self.known[:, place].mean()) for place in kept}
        if model:
            usual[MODEL] = float(self.model.mean())
        named = {self.names[place]: float(weights[place]) for place in kept}
        return Logistic(float(bias), float(model), named, usual=usual)


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
