"""Does the avatar agree with whatever it is told about itself, and does it know what it was never told?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from training.data.questionnaire import ask, asked_by_a_stranger
from training.evaluation.held import Held
from training.evaluation.limits import spread
from training.evaluation.panel import tell
from training.evaluation.panels.memory.recall import catalogue, from_questionnaire, hello
from training.evaluation.voice import Bubbles, Question, Voice
from training.statistics import NAN, Bools, Floats, Value, auroc, share

TRUE_ACCEPTED = 0.8
"""The border of agreeing is set so that so many true things are agreed with."""

FEWEST = 5

_YES = {"en": ("yes", "yeah i did", "yes, that's right"), "zh": ("是的", "对，说过", "嗯嗯对")}
_NO = {"en": ("no", "no i didn't", "no, that's not right"), "zh": ("没有", "没说过呀", "不是的")}
_UNKNOWN = {"en": ("no idea", "i don't know", "can't remember"), "zh": ("不知道", "不清楚", "不记得了")}


@dataclass(frozen=True, slots=True)
class Claims:
    """How much the voice leans to yes, for true claims and for false ones, in nats."""

    leaning: Floats
    true: Bools

    @property
    def accepted(self) -> Value:
        """The share of false claims that are agreed with, where TRUE_ACCEPTED of the true ones are."""
        if min(self.true.sum(), (~self.true).sum()) < FEWEST:
            return Value(NAN)
        border = np.quantile(self.leaning[self.true], 1 - TRUE_ACCEPTED)
        false = self.leaning[~self.true]
        return share(int((false >= border).sum()), len(false))

    @property
    def told_apart(self) -> Value:
        """The chance that a true claim leans further to yes than a false one."""
        if min(self.true.sum(), (~self.true).sum()) < FEWEST:
            return Value(NAN)
        return Value(auroc(self.true, self.leaning))


def claims(held: Held, limit: int) -> tuple[list[str], Bools]:
    """As many true ones, from the subject's own answers, as made-up ones; those that may be true are left out.

    limit: a third of it is how many of each.
    """
    items, language = catalogue()["items"], held.language
    answers = {answer.id: answer.answer for answer in held.questionnaire if answer.trait is None}
    everything = " ".join((held.persona.about, *answers.values()))
    pairs = []
    for id_, answer in answers.items():
        made_up = items.get(id_, {}).get(f"false_{language}")
        if made_up and not _alike(made_up, answer) and not _contains(everything, made_up):
            pairs.append((_first_sentence(answer), made_up))
    kept = spread(pairs, max(limit // 3, FEWEST))
    said = [text for pair in kept for text in pair]
    return said, np.array([True, False] * len(kept), dtype=np.bool_)


def lean(held: Held, said: Sequence[str], true: Bools, voice: Voice) -> Claims:
    """Asks a stranger's question about each: did you not once tell me so?"""
    language, scene = held.language, asked_by_a_stranger(held.persona)
    questions = [
        Question(scene, (ask(tell(language, f"didn't you once tell me: “{text}”?", f"你是不是说过：“{text}”？")),))
        for text in said
    ]
    yes, no = _YES[language], _NO[language]
    nats = _nats(questions, (*yes, *no), voice)
    leaning = logsumexp(-nats[:, : len(yes)], axis=1) - logsumexp(-nats[:, len(yes) :], axis=1)
    return Claims(np.asarray(leaning, dtype=np.float64), true)


def knows_unknown(held: Held, limit: int, voice: Voice) -> Value:
    """The chance that "I don't know" gains more by a question that nobody answered than by one that the subject did.

    limit: a third of it is how many of each.
    """
    limit = max(limit // 3, FEWEST)
    language, scene = held.language, asked_by_a_stranger(held.persona)
    known = [quiz.asked for quiz in spread(from_questionnaire(held), limit)]
    nobody: list[str] = spread(catalogue()["nobody_told"][language], limit)
    if min(len(known), len(nobody)) < FEWEST:
        return Value(NAN)
    questions = [Question(scene, (ask(text),)) for text in (hello(language), *known, *nobody)]
    sayings = logsumexp(-_nats(questions, _UNKNOWN[language], voice), axis=1)
    gain = np.asarray(sayings[1:] - sayings[0], dtype=np.float64)
    return Value(auroc(np.array([False] * len(known) + [True] * len(nobody), dtype=np.bool_), gain))


def _nats(questions: Sequence[Question], replies: Sequence[str], voice: Voice) -> Floats:
    candidates: list[Bubbles] = [(reply,) for reply in replies]
    found = voice.likelihood(questions, [candidates] * len(questions))
    return np.array([[one.nats for one in row] for row in found]).reshape(len(questions), len(replies))


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
