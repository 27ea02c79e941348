"""Sampling fitted to the person: how freely words are chosen, so that a talk comes out as varied as theirs.

Each candidate has the same talks of the validation days, its own replies being the past. What it says is compared with
what the person said at the same places.

A model that knows less than the person is fully as varied only where chance chooses its words, and then it no longer
answers what it was asked (docs/results.md, Without the unlikely words). So the coolest temperature is taken at which it
is nearly as varied as the person. A higher presence penalty, which has the same price, is taken only where it repeats
itself without it, and less with it.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import fmean

from scipy.stats import entropy

from bot.chat.prompt import Codec, render
from bot.chat.prompt.reactions import without_reactions
from bot.chat.prompt.render import whole_bubbles
from bot.engine.base import BatchEngine
from bot.engine.blocking import Blocking
from bot.sampling import Sampling
from training.data.dialogues import Dialogue
from training.statistics import spread
from training.talks import Past, Write, private_talks, talk_through
from training.words import Bubbles, repeatable, tokens

SECONDS = 300.0
"""After so long a run without minutes begins with no further candidate."""

SAMPLING_SHARE = 0.08
"""After this share of its minutes a run with minutes begins with no further candidate."""

TEMPERATURES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8)
FIRST = 0.9
"""Where the search begins: it goes on to the next one, cooler or hotter, for as long as there is time."""

PENALTY, STRICTER = 0.2, 0.6
"""The presence penalty at each temperature; and with the one that is taken, where it repeats itself."""

VARIED = 0.9
"""How varied it is beside the person at least, so that the report's 0.85 is met with some room."""

REPEATS = 0.1
"""Such a share of its replies more than of the person's was said before: it repeats itself."""

_LESS = 0.05  # by so much fewer of its replies, or it is chance

_WHOLE, _SHORT = (24, 4), (10, 3)  # talks, and of each the first answers; short where the minutes are counted
_ENOUGH = 20  # answers, or nothing is fitted
_LONGER = 2
_SEED = 4711


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody talks. length: mean log of a reply's words. variety: entropy of the words, in nats.

    again: share of replies that were said before, or hold five words on end of one said before.
    """

    length: float
    variety: float
    again: float


@dataclass(frozen=True, slots=True)
class Tried:
    """How a candidate talked. variety: over the person's. again: what was said before, less the person's."""

    manner: Manner
    variety: float
    again: float

    @property
    def varied(self) -> bool:
        return self.variety >= VARIED


@dataclass(frozen=True, slots=True)
class FittedSampling:
    """tried: how each candidate talked. answers: how many each wrote."""

    sampling: Sampling
    person: Manner | None
    tried: Mapping[Sampling, Tried]
    answers: int


def fit_sampling(
    served: Blocking[BatchEngine], validation: Sequence[Dialogue], given: Sampling, seconds: float | None
) -> FittedSampling:
    """Fits temperature, then presence penalty, on talks of the validation days, by the engine with its LoRA on.

    given: what is used where too little was said to fit anything, and whatever else is not fitted. seconds: after
    these no further candidate is tried; None for SECONDS.
    """
    most, longest = _WHOLE if seconds is None else _SHORT
    talks = spread(private_talks(validation, longest), most)
    answers = sum(len(talk.places) for talk in talks)
    if answers < _ENOUGH:
        return FittedSampling(given, None, {}, answers)
    real = [talk.real for talk in talks]
    given = replace(given, max_tokens=min(given.max_tokens, _longest(real, served.engine.codec)))
    tried: dict[Sampling, Tried] = {}
    end = time.monotonic() + (SECONDS if seconds is None else seconds)

    def attempt(sampling: Sampling) -> Tried | None:
        """None where it is too late; the first is never."""
        if tried and time.monotonic() > end:
            return None
        said = [talk.own for talk in talk_through(talks, _writing(served, sampling))]
        alike = min(_words(real), _words(said))
        found, person = manner(said, alike), manner(real, alike)
        variety = found.variety / person.variety if person.variety else 1.0
        tried[sampling] = Tried(found, variety, found.again - person.again)
        return tried[sampling]

    _walk(lambda temperature: attempt(replace(given, temperature=temperature, presence_penalty=PENALTY)))
    best = coolest(tried)
    if tried[best].again > REPEATS:
        stricter = replace(best, presence_penalty=STRICTER)
        found = attempt(stricter)
        if found is not None and tried[best].again - found.again >= _LESS:
            best = stricter
    return FittedSampling(best, manner(real, _words(real)), tried, answers)


def _walk(attempt: Callable[[float], Tried | None]) -> None:
    """Tries cooler temperatures for as long as it is varied, else hotter ones until it is."""
    place = TEMPERATURES.index(FIRST)
    found = attempt(FIRST)
    cooler = found is not None and found.varied
    while found is not None and found.varied == cooler:
        place += -1 if cooler else 1
        found = attempt(TEMPERATURES[place]) if 0 <= place < len(TEMPERATURES) else None


def coolest(tried: Mapping[Sampling, Tried]) -> Sampling:
    """The coolest that is as varied as asked; where none is, the most varied one."""
    varied = [one for one in tried if tried[one].varied]
    return min(varied, key=lambda one: one.temperature) if varied else max(tried, key=lambda one: tried[one].variety)


def manner(talks: Sequence[Sequence[Bubbles]], most: int) -> Manner:
    """Measures talks, each a person's replies in order. most: of how many words variety is taken, as it grows by them.

    Said again is what stands in an earlier reply of the same talk or of another one.
    """
    replies = [tokens(reply) for talk in talks for reply in talk]
    words = [word for reply in replies for word in reply][:most]
    before: set[tuple[str, ...]] = set()
    again = 0
    for reply in replies:
        said = repeatable(reply)
        again += not said.isdisjoint(before)
        before |= said
    return Manner(
        fmean(math.log(len(reply) or 1) for reply in replies),
        float(entropy(list(Counter(words).values()))) if words else 0.0,
        again / len(replies),
    )


def told_sampling(fitted: FittedSampling) -> dict[str, str]:
    """Returns the outcome in words and numbers, for the card."""
    if fitted.person is None:
        return {"sampling": f"not fitted: {fitted.answers} answers in private talks, and {_ENOUGH} are needed"}
    rows = {"the person": _told(fitted.person)}
    for sampling, one in fitted.tried.items():
        rows[_name(sampling)] = f"{_told(one.manner)}; {one.variety:.0%} as varied"
    return rows | {"sampling": f"{_name(fitted.sampling)}, by {fitted.answers} answers each"}


def _name(sampling: Sampling) -> str:
    return (
        f"temperature {sampling.temperature:g}, min_p {sampling.min_p:g}, "
        f"presence penalty {sampling.presence_penalty:g}"
    )


def _told(found: Manner) -> str:
    return f"{math.exp(found.length):.1f} words a reply, variety {found.variety:.2f}, said again {found.again:.0%}"


def _writing(served: Blocking[BatchEngine], sampling: Sampling) -> Write:
    """A talk has one seed, whoever is tried: so they differ by what is tried alone, and an engine knows the talk."""
    engine = served.engine

    def write(asked: Mapping[int, Past]) -> dict[int, Bubbles]:
        prompts = [render(scene, turns, engine.codec, open_turn=True) for scene, turns in asked.values()]
        numbers, found = list(asked), dict[int, str]()
        seeds = [_SEED + number for number in numbers]
        with closing(served.each(engine.write_replies(prompts, seeds, sampling))) as batches:
            for batch in batches:
                found |= {numbers[place]: text for place, text in batch.items()}
        whole = {number: whole_bubbles(text, engine.codec, sampling.max_tokens) for number, text in found.items()}
        return {number: tuple(without_reactions(bubbles)) for number, bubbles in whole.items()}

    return write


def _longest(real: Sequence[Sequence[Bubbles]], codec: Codec) -> int:
    """Tokens that a reply may have here: twice the person's longest, for what runs on is far from them by then."""
    return _LONGER * max(len(codec.encode("\n".join(reply))) for talk in real for reply in talk)


def _words(talks: Sequence[Sequence[Bubbles]]) -> int:
    return sum(len(tokens(reply)) for talk in talks for reply in talk)
