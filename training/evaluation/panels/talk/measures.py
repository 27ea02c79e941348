"""What is measured of talks: whether a reply answers, what is said again, and what changes as the talk goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from statistics import fmean

import numpy as np

from training.evaluation.driver import Drawn
from training.evaluation.panels.style.shape import EMOJI, PUNCTUATION
from training.evaluation.respondent import Bubbles, Likelihood, Question, Respondent, texts
from training.statistics import NAN, Draws, Floats
from training.talks import Talk
from training.words import repeatable, tokens

EARLY = 3
"""A talk begins with so many replies; what comes after them is its depth."""

_SHARES = ("echoed", "again", "elsewhere", "emoji")


@dataclass(frozen=True, slots=True)
class Said:
    """One reply of a talk. depth: from 0. before: what it answers."""

    talk: int
    depth: int
    day: date
    question: Question
    bubbles: Bubbles

    @property
    def before(self) -> Bubbles:
        return texts(self.question.turns[-1].bubbles)


@dataclass(frozen=True)
class Replies:
    """Everybody's replies at the same places, in order."""

    said: tuple[Said, ...]

    @classmethod
    def of(cls, talks: Sequence[Talk], bubbles: Sequence[Sequence[Bubbles]]) -> "Replies":
        """bubbles: by talk, what stands at its places."""
        found = []
        for number, (talk, replies) in enumerate(zip(talks, bubbles, strict=True)):
            dialogue = talk.dialogue
            for depth, (place, reply) in enumerate(zip(talk.places, replies, strict=True)):
                asked = Question(dialogue.scene, (dialogue.turns[place - 1],))
                found.append(Said(number, depth, dialogue.day, asked, reply))
        return cls(tuple(found))

    def told(self, bubbles: Sequence[Bubbles]) -> "Replies":
        """Puts other words in the same places."""
        return Replies(
            tuple(
                Said(one.talk, one.depth, one.day, one.question, words)
                for one, words in zip(self.said, bubbles, strict=True)
            )
        )

    @cached_property
    def draws(self) -> Draws:
        return Draws([one.day for one in self.said])

    @cached_property
    def elsewhere(self) -> tuple[Question, ...]:
        """For each reply, what was asked at about the same depth of the next talk."""
        talks: dict[int, list[Said]] = {}
        for one in self.said:
            talks.setdefault(one.talk, []).append(one)
        return tuple(
            (other := talks[(one.talk + 1) % len(talks)])[min(one.depth, len(other) - 1)].question for one in self.said
        )

    def measured(self) -> Drawn:
        """Shares and rates of the replies, drawn by days."""
        words = [tokens(one.bubbles) for one in self.said]
        inside, outside = self._again(words)
        marks = [float(len(PUNCTUATION.findall("".join(one.bubbles)))) for one in self.said]
        letters = [max(len("".join(one.bubbles)), 1) for one in self.said]
        return {
            "echoed": self.draws.mean(
                [_shared(reply, tokens(one.before)) for one, reply in zip(self.said, words, strict=True)]
            ),
            "again": self.draws.mean(inside),
            "elsewhere": self.draws.mean(outside),
            "emoji": self.draws.mean([bool(EMOJI.search("".join(one.bubbles))) for one in self.said]),
            "marks": self.draws.ratio(marks, letters),
            "deep": self._late(list(map(len, words))),
        }

    def _again(self, words: Sequence[tuple[str, ...]]) -> tuple[list[bool], list[bool]]:
        """Whether each was said before: in the same talk, and in another one, earlier or later in the list."""
        parts = list(map(repeatable, words))
        inside, outside = [], []
        for number, one in enumerate(self.said):
            earlier = (other for other in range(number) if self.said[other].talk == one.talk)
            others = (other for other in range(number) if self.said[other].talk != one.talk)
            inside.append(any(not parts[number].isdisjoint(parts[other]) for other in earlier))
            outside.append(any(not parts[number].isdisjoint(parts[other]) for other in others))
        return inside, outside

    def _late(self, lengths: Sequence[int]) -> Floats:
        """The words of a reply at depth over those at the beginning."""
        early = [one.depth < EARLY for one in self.said]
        late = [not one for one in early]
        first, then = (
            self.draws.ratio([number * here for number, here in zip(lengths, part, strict=True)], part)
            for part in (early, late)
        )
        found: Floats = np.divide(then, first, out=np.full(len(first), NAN), where=first > 0)
        return found


def wins(base: Respondent, replies: Sequence[Replies]) -> list[Floats]:
    """How often each list's replies are likelier behind what they answer than behind what was asked in another talk.

    By the model before training, which knows nobody's style: 50 % by chance. All lists are of the same places.
    """
    places = replies[0]
    candidates = [[one.said[number].bubbles for one in replies] for number in range(len(places.said))]
    here = base.likelihood([one.question for one in places.said], candidates)
    there = base.likelihood(places.elsewhere, candidates)
    return [
        places.draws.mean([_won(a[which], b[which]) for a, b in zip(here, there, strict=True)])
        for which in range(len(replies))
    ]


def over(found: Drawn, real: Drawn, number: int) -> Drawn:
    """Each measure over the person's own. To shares of `number` replies one case is added, lest any be over nothing."""
    ratios = {}
    for key, ours in found.items():
        more = 1.0 if key in _SHARES else 0.0
        below = real[key] * number + more
        ratios[key] = np.divide(ours * number + more, below, out=np.full(len(below), NAN), where=below > 0)
    return ratios


def _won(here: Likelihood, there: Likelihood) -> float:
    return 0.5 if here.nats == there.nats else float(here.nats < there.nats)


def _shared(reply: tuple[str, ...], before: tuple[str, ...]) -> float:
    """The share of a reply's words that stand in what it answers."""
    return fmean(word in before for word in reply) if reply else 0.0
