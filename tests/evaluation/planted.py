"""Avatars of which it is known what must be said: they speak with the person's own words, or with anything but."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.respondent import Bubbles, Likelihood, Question, occasions
from training.scoring import Scores

Score = Callable[[Dialogue], Scores]
Weigh = Callable[[Question, Bubbles], Likelihood]

PROSE = {
    "en": (
        "That sounds like a delightful plan.",
        "I completely understand how you feel about this.",
        "It is always a good idea to take a short break and come back with fresh energy.",
        "There are several things to consider here, and each of them has its own advantages.",
        "I would recommend preparing everything in advance so that you can enjoy the moment.",
        "Thank you so much for your kind message.",
        "Please let me know how I can support you.",
        "In my opinion, both options are excellent choices.",
        "Wishing you a productive and pleasant week ahead.",
    ),
    "zh": (
        "听起来是一个非常好的计划。",
        "我完全理解你现在的感受。",
        "建议你先休息一下，再以更好的状态继续。",
        "这里有几个方面需要考虑，每个方面都有各自的优点。",
        "非常感谢你的来信。",
        "如有需要，请随时与我联系。",
        "我认为这两个选择都很不错。",
        "祝你度过充实而愉快的一周。",
    ),
}


def no_scores(_: Dialogue) -> Scores:
    return Scores({}, (), 1)


def by_length(_: Question, answer: Bubbles) -> Likelihood:
    """Three nats for every character: knows nothing."""
    size = len("\n".join(answer))
    return Likelihood(3.0 * (size + 1), size + 1, size)


@dataclass(frozen=True)
class Planted:
    """answer: to the question at a place in what was asked. The others may be given where a test needs them."""

    name: str
    answer: Callable[[int, Question], Bubbles]
    scored: Score = no_scores
    weighed: Weigh = by_length

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        return [self.scored(dialogue) for dialogue in dialogues]

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        return [self.answer(place, question) for place, question in enumerate(questions)]

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        return [
            [self.weighed(question, one) for one in some] for question, some in zip(questions, candidates, strict=True)
        ]


def real_words(data: EvaluationData) -> Planted:
    """The person's own answer to each question, of whatever split."""
    said = {one.question: one.real for found in data.dialogues.values() for one in occasions(found)}
    return Planted("real words", lambda _, question: said[question])


def later_words(data: EvaluationData) -> Planted:
    """The person's own words of the test days, but never in answer to what was asked."""
    found = occasions(data.dialogues[Split.TEST])
    place = {one.question: number for number, one in enumerate(found)}
    return Planted("later words", lambda _, question: found[(place.get(question, 0) + 17) % len(found)].real)


def another_person(data: EvaluationData, sender: str) -> Planted:
    """What somebody else wrote on the test days."""
    return _drawing(f"{sender}'s words", [one.bubbles for one in data.others(Split.TEST) if one.sender == sender])


def copies(data: EvaluationData) -> Planted:
    """Messages of the training days, word for word."""
    return _drawing("copies", [one.bubbles for one in data.own(Split.TRAIN)])


def stock(data: EvaluationData) -> Planted:
    """The person's most common reply, to everything."""
    (reply, _), *_ = Counter(one.bubbles for one in data.own(Split.TRAIN)).most_common(1)
    return Planted("stock", lambda *_: reply)


def prose(language: str = "en", name: str = "prose") -> Planted:
    """Two tidy sentences of an assistant in one bubble."""
    sentences = PROSE[language]
    gap = "" if language == "zh" else " "

    def answer(place: int, _: Question) -> Bubbles:
        first, second = np.random.default_rng(place).permutation(len(sentences))[:2]
        return (gap.join((sentences[first], sentences[second])),)

    return Planted(name, answer)


def plain_base(language: str = "en") -> Planted:
    """In place of a base model: it says politely again what it was told."""
    en, zh = "Thanks for telling me about that. {} I see.", "谢谢你告诉我。{}我知道了。"

    def answer(_: int, question: Question) -> Bubbles:
        return ((zh if language == "zh" else en).format(question.turns[-1].bubbles[-1].text),)

    return Planted("base", answer)


def _drawing(name: str, bursts: Sequence[Bubbles]) -> Planted:
    """One of these bursts after the other, shuffled."""
    order = np.random.default_rng(5).permutation(len(bursts))
    return Planted(name, lambda place, _: bursts[order[place % len(order)]])
