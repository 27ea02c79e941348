"""Finding the real reply among ten: the others are the subject's own from other days, and other people's."""

import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import zip_longest

import numpy as np
from scipy.stats import rankdata

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.message import ChatKind
from bot.persona import Persona
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.respondent import Bubbles, Likelihood, Occasion, Question, Respondent, occasions, texts
from training.statistics import Floats

OWN, OTHERS = 5, 4

_NEAREST = 4  # times as many of like length are drawn from
_UNSEEN = (Split.VALIDATION, Split.TEST)


@dataclass(frozen=True, slots=True)
class Choice:
    """An occasion and ten answers: the real one first, OWN of the subject's, OTHERS of other people's."""

    occasion: Occasion
    candidates: tuple[Bubbles, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    said: Bubbles
    chat: str
    day: date

    @property
    def length(self) -> int:
        return length(self.said)


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a respondent made of the choices, one after the other; each is a list of the ten candidates.

    here: in their place. swapped: the same candidates in the place of another choice. nowhere: where nothing is asked.
    """

    here: list[list[Likelihood]]
    swapped: list[list[Likelihood]]
    nowhere: list[list[Likelihood]]


def length(said: Bubbles) -> int:
    return len("\n".join(said))


def choices(data: EvaluationData, asked: Sequence[Occasion]) -> list[Choice]:
    """One for each occasion for which there are enough other answers. The same each time."""
    unseen = [dialogue for split in _UNSEEN for dialogue in data.dialogues.get(split, ())]
    own = _unique(_Line(one.real, one.chat, one.day) for one in occasions(unseen) if one.real)
    others = _unique(
        _Line(said, dialogue.chat, dialogue.day)
        for dialogue in unseen
        for turn in dialogue.turns[dialogue.context :]
        if turn.speaker is not None
        and (said := texts(turn.bubbles))
        and not any(bubble.photos or bubble.text.startswith("[") for bubble in turn.bubbles)
    )
    found = []
    for occasion in asked:
        if occasion.real:
            rng = random.Random(occasion.message)
            share, candidates = rng.random(), [occasion.real]
            candidates += _drawn(own, occasion, OWN, candidates, share, rng)
            candidates += _drawn(others, occasion, OTHERS, candidates, share, rng)
            if len(candidates) == 1 + OWN + OTHERS:
                found.append(Choice(occasion, tuple(candidates)))
    return found


def ask(respondent: Respondent, asked: Sequence[Choice], persona: Persona) -> Ranked:
    """Each place is read once, for its own candidates and for those of the choice half way round."""
    if not asked:
        return Ranked([], [], [])
    places = [choice.occasion.question for choice in asked]
    shift = len(asked) // 2
    guests = [*asked[shift:], *asked[:shift]] if shift else []
    both = respondent.likelihood(
        places,
        [(*one.candidates, *(guest.candidates if guest else ())) for one, guest in zip_longest(asked, guests)],
    )
    size = 1 + OWN + OTHERS
    swapped = [found[size:] for found in (*both[len(asked) - shift :], *both[: len(asked) - shift])]
    nowhere = respondent.likelihood([_nothing(persona)] * len(asked), [choice.candidates for choice in asked])
    return Ranked([found[:size] for found in both], swapped, nowhere)


def by_information(found: Sequence[Likelihood], nowhere: Sequence[Likelihood]) -> Floats:
    """How much likelier each candidate is here than where nothing is asked, in nats; higher is better.

    Pointwise mutual information (Li et al. 2016, arXiv 1510.03055), so that common phrases have no advantage.
    Chosen on the sample subject's validation days (48 choices): R@1 .60, by nats per character .29.
    """
    return np.array([other.nats - one.nats for one, other in zip(found, nowhere, strict=True)], dtype=np.float64)


def by_likelihood(found: Sequence[Likelihood]) -> Floats:
    """−nats per character; higher is better."""
    return np.array([-one.nats / max(one.characters, 1) for one in found], dtype=np.float64)


def by_length(choice: Choice, usual: float) -> Floats:
    """Nothing but how near its length is to the subject's usual one."""
    return np.array([-abs(length(one) - usual) for one in choice.candidates], dtype=np.float64)


def first(scores: Floats) -> float:
    """The chance that the real reply, scores[0], comes first, ties being broken by chance: recall at 1."""
    best = scores == scores.max()
    return float(best[0] / best.sum())


def reciprocal(scores: Floats) -> float:
    """One over the rank of scores[0] (Voorhees 1999); those of equal score share their mean rank."""
    return float(1 / rankdata(-scores)[0])


def _drawn(
    pool: Sequence[_Line], occasion: Occasion, number: int, taken: Sequence[Bubbles], share: float, rng: random.Random
) -> list[Bubbles]:
    """Of like length, from other days or other chats, and none that is taken already.

    share: of the lines to draw from, how many are shorter than the real one, so that its length does not give it away.
    """
    same = {_plain(one) for one in taken}
    elsewhere = [
        line
        for line in pool
        if (line.chat, line.day) != (occasion.chat, occasion.day) and _plain(line.said) not in same
    ]
    near = _NEAREST * number
    place = bisect_left(elsewhere, length(occasion.real), key=lambda line: line.length)
    start = max(0, min(place - round(share * near), len(elsewhere) - near))
    nearest = elsewhere[start : start + near]
    return [line.said for line in rng.sample(nearest, min(number, len(nearest)))]


def _unique(lines: Iterable[_Line]) -> list[_Line]:
    """The shortest first."""
    return sorted({_plain(line.said): line for line in lines}.values(), key=lambda line: line.length)


def _plain(said: Bubbles) -> str:
    return " ".join(" ".join(said).lower().split())


def _nothing(persona: Persona) -> Question:
    """A stranger's words that ask for nothing."""
    scene = Scene(persona, ChatKind.PRIVATE, Speaker(), times=False)
    return Question(scene, (Turn(Speaker(), (Bubble("…"),), datetime(2000, 1, 1, tzinfo=UTC)),))
