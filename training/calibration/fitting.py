"""Fits the decision to the person: the model's log-odds and what is seen of a group, on the validation days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.chat.decision import Calibration
from bot.chat.features import is_addressed, is_out
from training.calibration.addressed import FittedAddressed, fit_addressed
from training.calibration.alone import FittedAlone, fit_alone
from training.calibration.combining import ENOUGH, Inputs, choose
from training.calibration.thresholds import own_rate_threshold
from training.data.groups import Group
from training.data.points import Point
from training.data.splits import Split
from training.statistics import Bools, Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted decision. compared: each candidate's mean ranking (AUROC) within validation days not fitted on."""

    calibration: Calibration
    inputs: Inputs
    compared: Mapping[Inputs, float]
    decisions: int  # on validation days, scored by the model
    answered: int
    days: int
    addressed: FittedAddressed | None = None
    alone: FittedAlone | None = None


def fit(points: Sequence[Point], log_odds: Mapping[int, float], groups: Sequence[Group] = ()) -> Fitted:
    """Fits the inputs that rank best: features, more of them, the model, or both. Of equals, those needing less win.

    points: all decisions; log_odds: the model's for answering, by message, for validation days that it did not learn.
    The thresholds are set so that on the validation days the avatar speaks as often as the person did: when it is
    addressed, and else in the conversation and out of it; there with its own answers as the past, and by chance, where
    the groups are given that can be gone through again. With too few decisions nothing is fitted.
    """
    known = [point for point in points if point.split in (Split.TRAIN, Split.VALIDATION)]
    asked = [point for point in known if point.split is Split.VALIDATION and point.message in log_odds]
    about = len(asked), sum(point.spoke for point in asked), len({point.day for point in asked})
    addressed = fit_addressed(known, log_odds)
    answers = sum(point.spoke for point in known)
    if min(answers, len(known) - answers) < ENOUGH:
        return Fitted(Calibration(addressed=addressed.rule), Inputs.NONE, {}, *about, addressed)
    chosen = choose(known, log_odds, tuple(known[0].seen))
    threshold, joining = _thresholds(chosen.judged, chosen.probabilities())
    found = chosen.logistic
    calibration = Calibration(
        found.bias, found.model, found.weights, threshold, joining, addressed.rule, usual=found.usual
    )
    alone = fit_alone(calibration, chosen.judged, log_odds, groups)
    if alone is not None:
        calibration = replace(calibration, threshold=alone.threshold, joining=alone.joining, drawn=True)
    return Fitted(calibration, chosen.inputs, chosen.compared, *about, addressed, alone)


def _thresholds(judged: Sequence[Point], probabilities: Floats) -> tuple[float, float]:
    """In the conversation and out of it: as many are answered as by the person, of what is not addressed to them."""
    answered = np.array([point.answered for point in judged], dtype=np.bool_)
    rest = np.array([not is_addressed(point.seen) for point in judged], dtype=np.bool_)
    out = np.array([is_out(point.seen) for point in judged], dtype=np.bool_)

    def where(state: Bools) -> float | None:
        few = not 0 < answered[state].sum() < state.sum()
        return None if few else own_rate_threshold(probabilities[state], int(answered[state].sum()))

    overall = own_rate_threshold(probabilities[rest], int(answered[rest].sum()))
    found = where(rest & ~out), where(rest & out)
    return found[0] if found[0] is not None else overall, found[1] if found[1] is not None else overall
