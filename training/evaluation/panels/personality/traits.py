"""How a respondent answers the questionnaire's items from 1 to 7, and how well two sets of answers agree."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from scipy.special import softmax
from scipy.stats import pearsonr

from bot.questionnaire import SCALE, Answer, how_like_you, load_questionnaire
from training.data.questionnaire import ask, asked_by_a_stranger
from training.evaluation.data import EvaluationData
from training.evaluation.respondent import Question, Respondent
from training.statistics import NAN, Draws, Floats, Value, value

NORMS = {"extraversion": 4.44, "agreeableness": 5.23, "conscientiousness": 5.40, "stability": 4.83, "openness": 5.38}
"""Means of 1,813 people on the Ten-Item Personality Inventory, 1 to 7: Gosling, Rentfrow and Swann, "A very brief
measure of the Big-Five personality domains", Journal of Research in Personality 37, 2003."""

RETEST = 0.72
"""How the same people's answers to it agreed after six weeks (r), from the same paper."""

TRAITS = {
    "trait_lively": ("extraversion", 1),
    "trait_quiet": ("extraversion", -1),
    "trait_warm": ("agreeableness", 1),
    "trait_critical": ("agreeableness", -1),
    "trait_orderly": ("conscientiousness", 1),
    "trait_messy": ("conscientiousness", -1),
    "trait_worry": ("stability", -1),
    "trait_calm": ("stability", 1),
    "trait_curious": ("openness", 1),
    "trait_habit": ("openness", -1),
    "trait_playful": ("extraversion", 1),
    "trait_open": ("extraversion", 1),
}
"""The trait that each item speaks of, and in which direction; the last two only roughly."""

MIDDLE = 4.0
_NOTHING = "…"  # stands for a statement that says nothing


def rate(respondent: Respondent, items: Sequence[Answer], data: EvaluationData) -> Floats:
    """Returns the respondent's answer to each item, 1 to 7, items in their order.

    The seven phrases are weighed by how much likelier the statement makes each than one that says nothing: phrases
    differ in length and in how common they are, and only the difference tells of the statement. (Contextual
    calibration: Zhao, Wallace, Feng, Klein and Singh, "Calibrate Before Use", ICML 2021.) The answer is the expected
    value.
    """
    language = data.language
    scene = asked_by_a_stranger(data.persona)
    asked = [how_like_you(statement, language) for statement in (_NOTHING, *(item.question for item in items))]
    phrases = [(phrase,) for phrase in SCALE[language]]
    found = respondent.likelihood([Question(scene, (ask(text),)) for text in asked], [phrases] * len(asked))
    nats = np.array([[one.nats for one in row] for row in found])
    weights = softmax(nats[:1] - nats[1:], axis=1)
    return np.asarray(weights @ np.arange(1, len(phrases) + 1), dtype=np.float64)


def population_mean(items: Sequence[Answer]) -> Floats:
    """Returns what the average person would answer; the middle for an item that is not ours."""
    found = []
    for item in items:
        trait, direction = TRAITS.get(item.id, (None, 1))
        mean = NORMS[trait] if trait else MIDDLE
        found.append(mean if direction > 0 else 8 - mean)
    return np.array(found)


def agreement(answers: Floats, own: Floats, population: Floats) -> dict[str, Value]:
    """r: Pearson's, NaN where one side is constant; with Fisher's interval. mae: the mean distance, 1 to 7.

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
    return float(np.corrcoef(one, other)[0, 1])


def other_person(language: str) -> dict[str, float]:
    """Returns, by item, the answers of the sample subject of the other language."""
    other = "en" if language == "zh" else "zh"
    path = Path(str(files("training"))) / "sample" / other / "questionnaire.yaml"
    return {answer.id: float(answer.trait) for answer in load_questionnaire(path) if answer.trait is not None}
