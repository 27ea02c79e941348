"""Measures predictions on all days and on each draw of days (`statistics.Draws`), with the same draws for all.

A draw says how often each message counts, so a measure is one formula over an array of draws × messages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.data.points import Point, Stratum
from training.evaluation.panels.decision.predictions import Predictions
from training.statistics import NAN, Bools, Draws, Floats, Value

STRATA = {"addressed": Stratum.ADDRESSED, "other": Stratum.OTHER, "open": Stratum.OPEN}

BINS = 10
_AT_ONCE = 50  # draws, to bound memory


@dataclass(frozen=True)
class Truth:
    """What the person did, message by message. spoke: next (W1); soon: within three turns (W3).

    answered: what counts as an answer to that message, see `Point.answered`.
    """

    spoke: Bools
    soon: Bools
    answered: Bools
    strata: Mapping[str, Bools]
    draws: Draws

    @classmethod
    def of(cls, points: Sequence[Point]) -> "Truth":
        return cls(
            np.array([point.spoke for point in points], dtype=np.bool_),
            np.array([point.spoke_soon for point in points], dtype=np.bool_),
            np.array([point.answered for point in points], dtype=np.bool_),
            {key: np.array([point.stratum is one for point in points], dtype=np.bool_) for key, one in STRATA.items()},
            Draws([point.day for point in points]),
        )


def measures(predicted: Predictions, truth: Truth, rule: Floats | None = None) -> dict[str, Floats]:
    """The measures by metric key. rule: AUROC W1 of the logistic baseline; `gain` is what these have above it.

    AUROC: Fawcett 2006. AP: Manning et al. 2008, 8.4. Brier skill: Murphy 1973. ECE: Naeini 2015. The rate is how often
    an answer is predicted over how often the person gave one, in a stratum over how often they answered it; the
    balanced accuracy is that of speaking exactly as often as the person.
    """
    found = _drawn(truth, lambda weight: _measures(predicted, truth, weight))
    return found if rule is None else {"gain": found["w1"] - rule, **found}


def often(speaks: Bools | None, truth: Truth) -> dict[str, Floats]:
    """How often it speaks left to itself, in all and by to whom it was said, over how often the person did.

    Nothing where that is not known.
    """
    if speaks is None:
        return {}
    return _drawn(truth, lambda weight: _rates("left_alone", speaks, truth, weight))


def _drawn(truth: Truth, measure: Callable[[Floats], dict[str, Floats]]) -> dict[str, Floats]:
    times = truth.draws.times
    pieces = [measure(times[start : start + _AT_ONCE, truth.draws.day]) for start in range(0, len(times), _AT_ONCE)]
    return {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}


def sure(gain: Floats) -> dict[str, Value]:
    """Returns the share of the draws with a gain. Only models are asked: whether a control gains matters little."""
    drawn = gain[1:][~np.isnan(gain[1:])]
    return {"sure": Value(float((drawn > 1e-9).mean()) if len(drawn) else NAN)}


def _measures(predicted: Predictions, truth: Truth, weight: Floats) -> dict[str, Floats]:
    p, spoke = predicted.probability, truth.spoke
    soon, following = curve(truth.soon, p, weight), curve(spoke, p, weight)
    found = {
        "w1": auroc(*following),
        "ece": calibration_error(spoke, p, weight),
        "ap": average_precision(*following),
        "w3": auroc(*soon),
        "ap_w3": average_precision(*soon),
        "brier": brier_skill(spoke, p, weight),
        "balanced": balanced_accuracy(*following),
    }
    for key, there in truth.strata.items():
        if spoke[there].any() and not spoke[there].all():
            found[f"w1_{key}"] = auroc(*curve(spoke[there], p[there], weight[:, there]))
    return found | _rates("rate", predicted.speaks, truth, weight)


def _rates(name: str, speaks: Bools, truth: Truth, weight: Floats) -> dict[str, Floats]:
    found = {name: _over(weight @ speaks, weight @ truth.spoke)}
    for key, there in truth.strata.items():
        drawn, answered = weight[:, there], truth.answered[there]
        if answered.any():
            found[f"{name}_{key}"] = _over(drawn @ speaks[there], drawn @ answered)
    return found


def curve(positive: Bools, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Counts positives and all, from the highest score down. Both: draws × (1 + distinct scores)."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf))
    weight = weight[:, order]
    hits, taken = np.cumsum(weight * positive[order], axis=1)[:, ends], np.cumsum(weight, axis=1)[:, ends]
    return np.pad(hits, ((0, 0), (1, 0))), np.pad(taken, ((0, 0), (1, 0)))


def auroc(hits: Floats, taken: Floats) -> Floats:
    """Returns the share of pairs of a positive and a negative message where the positive scores higher; ties: half."""
    misses = taken - hits
    below = misses[:, -1:] - (misses[:, 1:] + misses[:, :-1]) / 2
    return _over((np.diff(hits, axis=1) * below).sum(1), hits[:, -1] * misses[:, -1])


def average_precision(hits: Floats, taken: Floats) -> Floats:
    """Returns what scikit-learn's average_precision_score does, for each draw."""
    return _over((_over(hits, taken, 0.0)[:, 1:] * np.diff(hits, axis=1)).sum(1), hits[:, -1])


def balanced_accuracy(hits: Floats, taken: Floats) -> Floats:
    """Mean of the shares of answers and of silences found, when it speaks exactly as often as the person.

    Ties at the border are counted in part, as if broken by chance.
    """
    spoke, every = hits[:, -1], taken[:, -1]
    draw, border = np.arange(len(hits)), (taken < spoke[:, None]).sum(1)  # the score at which it falls silent
    before = np.maximum(border - 1, 0)
    part = _over(spoke - taken[draw, before], taken[draw, border] - taken[draw, before], 0.0)
    found = hits[draw, before] + part * (hits[draw, border] - hits[draw, before])
    return (_over(found, spoke) + _over(every - spoke - (spoke - found), every - spoke)) / 2


def calibration_error(positive: Bools, probability: Floats, weight: Floats) -> Floats:
    """The mean distance of probability and share answered, over about BINS bins of equally many messages of all days.

    Messages of the same probability are never parted.
    """
    edges = np.quantile(probability, np.arange(1, BINS) / BINS)
    number = np.searchsorted(edges, probability, side="right")
    gaps = np.stack([(probability - positive) * (number == one) for one in np.unique(number)], 1)
    return _over(np.abs(weight @ gaps).sum(1), weight.sum(1))


def brier_skill(positive: Bools, probability: Floats, weight: Floats) -> Floats:
    spoke, every = weight @ positive, weight.sum(1)
    return 1 - _over(weight @ (probability - positive) ** 2, spoke * (1 - spoke / every))


def _over(above: Floats, below: Floats, nothing: float = NAN) -> Floats:
    """`nothing` where there is nothing below."""
    found: Floats = np.divide(above, below, out=np.full(above.shape, nothing), where=below > 0)
    return found
