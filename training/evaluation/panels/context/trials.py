"""One test for every condition of a prompt: are the real words likelier under the right one than under another?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from training.evaluation.respondent import Occasion, Question, Respondent
from training.statistics import Draws, Floats, Value, share, value

FEWEST_DAYS = 8
"""With fewer, resampling whole days says little, and the replies are counted as if independent."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A real reply, and what it is read after under each condition.

    relationship, wrong: in a private chat where the relationship is exchanged, the right one and the first wrong one.
    """

    occasion: Occasion
    questions: Mapping[str, Question]
    relationship: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """−log p of one real reply, in nats, under the right condition and under another. place: what it belongs to."""

    right: float
    other: float
    day: date
    place: str = ""

    @property
    def gain(self) -> float:
        return self.other - self.right


def read(respondent: Respondent, trials: Sequence[Trial], skip: Collection[str] = ()) -> dict[str, dict[int, float]]:
    """Returns −log p in nats, by condition, of the replies that have it, by place. skip: conditions to leave out."""
    found = {}
    for condition in dict.fromkeys(key for trial in trials for key in trial.questions if key not in skip):
        there = {number: trial for number, trial in enumerate(trials) if condition in trial.questions}
        questions = [trial.questions[condition] for trial in there.values()]
        nats = respondent.likelihood(questions, [(trial.occasion.real,) for trial in there.values()])
        found[condition] = {number: one.nats for number, (one,) in zip(there, nats, strict=True)}
    return found


def pairs(
    trials: Sequence[Trial], nats: Mapping[str, Mapping[int, float]], compared: Mapping[str, tuple[str, str]]
) -> dict[str, list[Pair]]:
    """Pairs the replies by metric. nats: from `read`; compared: the right condition and the other one, by metric."""
    found = {}
    for key, conditions in compared.items():
        right, other = (nats.get(condition, {}) for condition in conditions)
        both = [(number, trial) for number, trial in enumerate(trials) if number in right and number in other]
        if both:
            found[key] = [Pair(right[at], other[at], trial.occasion.day, trial.relationship) for at, trial in both]
    return found


def wins(some: Sequence[Pair]) -> Floats:
    """Returns the share of replies that are likelier under the right condition, as drawn; equal ones count half.

    Days are drawn whole (Cameron, Gelbach & Miller 2008).
    """
    gains = np.array([pair.gain for pair in some])
    return Draws([pair.day for pair in some]).mean((gains > 0) + 0.5 * (gains == 0))


def win_rate(some: Sequence[Pair]) -> Value:
    """Returns the win rate; its interval is that of the draws from FEWEST_DAYS on, else of the exact sign test.

    Clopper & Pearson 1934; it leaves equal ones out: Dixon & Mood 1946.
    """
    found = value(wins(some))
    if len({pair.day for pair in some}) >= FEWEST_DAYS:
        return found
    gains = [pair.gain for pair in some if pair.gain]
    exact = share(sum(gain > 0 for gain in gains), len(gains))
    return Value(found.number, exact.low, exact.high)


def mean_gain(some: Sequence[Pair]) -> Value:
    """Returns by how many nats a reply is likelier under the right condition, on average; days are drawn whole."""
    return value(Draws([pair.day for pair in some]).mean([pair.gain for pair in some]))
