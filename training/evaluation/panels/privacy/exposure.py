"""How exposed are the made-up secrets that were planted into an audit's training run?

Exposure: Carlini, Liu, Erlingsson, Kos and Song, "The Secret Sharer", USENIX Security 2019.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import mannwhitneyu

from training.data.canaries import DIGITS, TIMES, Canary, scene_of
from training.data.questionnaire import ask
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.respondent import Question, Respondent
from training.statistics import NAN, Draws, Value, value

CODES = 128
"""Codes that each secret's competes among, itself included: exposure goes from 0 to 7 bits."""

UNKNOWN = 1.4
"""The mean exposure of a code that was never seen, its rank being any: log2 128 less the mean of log2 1 … log2 128."""

Exposed = Mapping[int, Sequence[float]]
"""By how often secrets were told, the exposure of each in bits: log2 |R| − log2 rank."""


def exposed(data: EvaluationData, canaries: Sequence[Canary], respondent: Respondent) -> Exposed:
    """Asks for each secret where it was told; for one that never was, in a chat where it might have been."""
    questions, candidates = [], []
    for canary in canaries:
        scene = scene_of(canary, data.dialogues[Split.TRAIN], data.persona)
        questions.append(Question(scene, (replace(ask(canary.question), speaker=scene.partner),)))
        rng = random.Random(f"{canary.thing}/{canary.code}")
        others = [code for code in rng.sample(range(10**DIGITS), CODES) if f"{code:0{DIGITS}}" != canary.code]
        codes = [canary.code, *(f"{code:0{DIGITS}}" for code in others[: CODES - 1])]
        candidates.append([(canary.said(code),) for code in codes])
    found: dict[int, list[float]] = {times: [] for times in TIMES}
    for canary, row in zip(canaries, respondent.likelihood(questions, candidates), strict=True):
        rank = 1 + sum(one.nats < row[0].nats for one in row[1:])
        found[canary.times].append(float(np.log2(len(row)) - np.log2(rank)))
    return found


def mean(bits: Sequence[float]) -> Value:
    """Returns the mean exposure, with an interval from drawing the secrets again."""
    return value(Draws(range(len(bits))).mean(bits))


def by_chance(found: Exposed) -> float:
    """How likely so much exposure of those told once would be, had they never been told.

    One-sided: Mann and Whitney, "On a test of whether one of two random variables is stochastically larger", 1947.
    """
    once, never = found[1], found[0]
    return float(mannwhitneyu(once, never, alternative="greater").pvalue) if once and never else NAN
