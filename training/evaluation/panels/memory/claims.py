"""Does the avatar agree with whatever it is told about itself, and does it know what it was never told?"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from training.data.questionnaire import asked_by_a_stranger
from training.evaluation.data import EvaluationData
from training.evaluation.panels.memory.recall import catalogue, from_questionnaire, question
from training.evaluation.respondent import Respondent
from training.evaluation.words import Words
from training.statistics import NAN, Bools, Floats, Value, auroc, share, spread

TRUE_ACCEPTED = 0.8
"""The border of agreeing is set so that so many true things are agreed with."""

FEWEST = 5

_YES = {"en": ("yes", "yeah i did", "yes, that's right"), "zh": ("是的", "对，说过", "嗯嗯对")}
_NO = {"en": ("no", "no i didn't", "no, that's not right"), "zh": ("没有", "没说过呀", "不是的")}
_UNKNOWN = {"en": ("no idea", "i don't know", "can't remember"), "zh": ("不知道", "不清楚", "不记得了")}


def claims(data: EvaluationData, limit: int) -> tuple[list[str], Bools]:
    """Makes claims, as many true ones (the subject's own answers) as made-up ones; doubtful ones are left out.

    limit: a third of it is how many of each.
    """
    items, language = catalogue()["items"], data.language
    answers = {answer.id: answer.answer for answer in data.questionnaire if answer.trait is None}
    everything = " ".join((data.persona.about, *answers.values()))
    pairs = []
    for id_, answer in answers.items():
        made_up = items.get(id_, {}).get(f"false_{language}")
        if made_up and not _alike(made_up, answer) and not _contains(everything, made_up):
            pairs.append((_first_sentence(answer), made_up))
    kept = spread(pairs, max(limit // 3, FEWEST))
    said = [text for pair in kept for text in pair]
    return said, np.array([True, False] * len(kept), dtype=np.bool_)


def agreeing(data: EvaluationData, said: Sequence[str], true: Bools, respondent: Respondent) -> dict[str, Value]:
    """Measures, by metric, how a stranger's question about each claim is answered: did you not once tell me so?

    false_accepted: the share of false ones that are agreed with, where TRUE_ACCEPTED of the true ones are. told_apart:
    the chance that a true one leans further to yes than a false one.
    """
    if min(true.sum(), (~true).sum()) < FEWEST:
        return {"false_accepted": Value(NAN), "told_apart": Value(NAN)}
    words, yes, no = Words(data.language), _YES[data.language], _NO[data.language]
    nats = _nats(data, [words("memory.asked.claim", text=text) for text in said], (*yes, *no), respondent)
    leaning = logsumexp(-nats[:, : len(yes)], axis=1) - logsumexp(-nats[:, len(yes) :], axis=1)
    border, false = np.quantile(leaning[true], 1 - TRUE_ACCEPTED), leaning[~true]
    accepted = share(int((false >= border).sum()), len(false))
    return {"false_accepted": accepted, "told_apart": Value(auroc(true, leaning))}


def knows_unknown(data: EvaluationData, limit: int, respondent: Respondent) -> Value:
    """Returns how often "I don't know" gains more by a question that nobody answered than by one the subject did.

    limit: a third of it is how many of each.
    """
    limit, language = max(limit // 3, FEWEST), data.language
    known = [quiz.asked for quiz in spread(from_questionnaire(data), limit)]
    nobody: list[str] = spread(catalogue()["nobody_told"][language], limit)
    if min(len(known), len(nobody)) < FEWEST:
        return Value(NAN)
    hello = Words(language)("memory.asked.hello")
    sayings = logsumexp(-_nats(data, (hello, *known, *nobody), _UNKNOWN[language], respondent), axis=1)
    return Value(auroc(np.array([False] * len(known) + [True] * len(nobody)), sayings[1:] - sayings[0]))


def _nats(data: EvaluationData, asked: Sequence[str], replies: Sequence[str], respondent: Respondent) -> Floats:
    """−log p of each reply to each question of a stranger: questions × replies."""
    questions = [question(asked_by_a_stranger(data.persona), text) for text in asked]
    found = respondent.likelihood(questions, [[(reply,) for reply in replies]] * len(questions))
    return np.array([[one.nats for one in row] for row in found], dtype=np.float64)


def _first_sentence(answer: str) -> str:
    line = answer.strip().splitlines()[0]
    for mark in (". ", "。", "; ", "；"):
        line = line.split(mark)[0]
    return line[:100]


def _parts(text: str) -> set[str]:
    """Words of some length, or pairs of Chinese characters."""
    words = {word.strip(".,!?;:“”'\"").casefold() for word in text.split()}
    chinese = [char for char in text if "一" <= char <= "鿿"]
    return {word for word in words if len(word) > 3 and word.isascii()} | {
        one + other for one, other in pairwise(chinese)
    }


def _alike(one: str, other: str) -> bool:
    parts = _parts(one)
    return bool(parts) and len(parts & _parts(other)) / len(parts) > 0.4


def _contains(everything: str, made_up: str) -> bool:
    """Whether most of what was made up is told somewhere else after all."""
    parts = _parts(made_up)
    return bool(parts) and len(parts & _parts(everything)) / len(parts) > 0.7
