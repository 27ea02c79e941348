"""How a respondent answers statements about themselves, and how well two sets of answers agree."""

import numpy as np
from scipy.special import softmax
from scipy.stats import pearsonr

from bot.questionnaire import how_like_you
from training.data.questionnaire import ask, asked_by_a_stranger
from training.evaluation.data import EvaluationData
from training.evaluation.panels.personality.statements import Statements
from training.evaluation.respondent import Question, Respondent
from training.statistics import NAN, Draws, Floats, Value, value

_NOTHING = "…"  # stands for a statement that says nothing


def rate(respondent: Respondent, statements: Statements, data: EvaluationData) -> Floats:
    """Returns the respondent's answer to each statement, from 1 to the highest.

    The phrases are weighed by how much likelier the statement makes each than one that says nothing: phrases differ in
    length and in how common they are, and only the difference tells of the statement. (Contextual calibration: Zhao,
    Wallace, Feng, Klein and Singh, "Calibrate Before Use", ICML 2021.) The answer is the expected value.
    """
    scene = asked_by_a_stranger(data.persona)
    asked = [how_like_you(text, data.language) for text in (_NOTHING, *statements.texts)]
    phrases = [(phrase,) for phrase in statements.phrases]
    found = respondent.likelihood([Question(scene, (ask(text),)) for text in asked], [phrases] * len(asked))
    nats = np.array([[one.nats for one in row] for row in found])
    weights = softmax(nats[:1] - nats[1:], axis=1)
    return np.asarray(weights @ np.arange(1, len(phrases) + 1), dtype=np.float64)


def agreement(answers: Floats, own: Floats, population: Floats) -> dict[str, Value]:
    """r: Pearson's, NaN where one side is constant; with Fisher's interval. mae: the mean distance.

    above: how much r is higher than the population mean's. For mae and above, items are drawn with replacement.
    """
    draws = Draws(range(len(own)))
    r = correlation(answers, own)
    low, high = NAN, NAN
    if not np.isnan(r) and abs(r) < 1:
        found = pearsonr(answers, own).confidence_interval()
        low, high = float(found.low), float(found.high)
    above = draws.each(lambda at: correlation(answers[at], own[at]) - correlation(population[at], own[at]))
    return {"r": Value(r, low, high), "mae": value(draws.mean(np.abs(answers - own))), "above": value(above)}


def correlation(one: Floats, other: Floats) -> float:
    """Computes Pearson's r; NaN where one side is constant, or nearly."""
    if min(np.ptp(one), np.ptp(other)) < 1e-9:
        return NAN
    one, other = one - one.mean(), other - other.mean()  # by hand, for it is computed thousands of times
    return float(np.clip(one @ other / np.sqrt((one @ one) * (other @ other)), -1.0, 1.0))
