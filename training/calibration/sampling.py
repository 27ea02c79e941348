"""Sampling fitted to the person: how freely words are chosen, so that a talk comes out as varied as theirs.

Each candidate has the same talks of the validation days, its own replies being the past. What it says is compared with
what the person said at the same places, by length, by variety, and by how often it says the same again; each
difference is counted in the chance deviations of the person's own.

Without `Sampling.min_p` a small model is as varied as the person only at temperatures where it makes up words; with
it, higher ones choose more freely among the likely words alone (Nguyen et al., Turning Up the Heat, 2024).
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from scipy.stats import entropy

from bot.chat.prompt import Codec, render
from bot.chat.prompt.reactions import without_reactions
from bot.chat.prompt.render import whole_bubbles
from bot.engine.base import BatchEngine
from bot.engine.blocking import Blocking
from bot.sampling import Sampling
from training.data.dialogues import Dialogue
from training.statistics import Floats, spread
from training.talks import Past, Write, private_talks, talk_through
from training.words import Bubbles, repeatable, tokens

SECONDS = 300.0
"""After so long a run without minutes begins with no further candidate."""

SAMPLING_SHARE = 0.08
"""After this share of its minutes a run with minutes begins with no further candidate."""

TEMPERATURES = (1.4, 1.6, 1.2, 1.0, 1.8, 0.8)
PENALTIES = (0.2, 0.6, 0.0)
"""In this order, for as long as there is time; of equals the first is taken."""

_WHOLE, _SHORT = (24, 4), (10, 3)  # talks, and of each the first answers; short where the minutes are counted
_ENOUGH = 20  # answers, or nothing is fitted
_RESAMPLES = 200
_LEAST = 0.01  # a deviation below this would be chance of its own
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
class FittedSampling:
    """tried: how each candidate talked, and how far that is from the person. answers: how many each wrote."""

    sampling: Sampling
    person: Manner | None
    tried: Mapping[Sampling, tuple[Manner, float]]
    answers: int


def fit_sampling(
    served: Blocking[BatchEngine], validation: Sequence[Dialogue], given: Sampling, seconds: float | None
) -> FittedSampling:
    """Fits temperature and presence penalty on talks of the validation days, by the engine with its LoRA on.

    given: what is used where too little was said to fit anything, and whatever else is not fitted. seconds: after
    these no further candidate is tried; None for SECONDS.
    """
    most, longest = _WHOLE if seconds is None else _SHORT
    talks = spread(private_talks(validation, longest), most)
    answers = sum(len(talk.places) for talk in talks)
    if answers < _ENOUGH:
        return FittedSampling(given, None, {}, answers)
    limit = SECONDS if seconds is None else seconds
    real = [talk.real for talk in talks]
    deviations = _deviations(real)
    given = replace(given, max_tokens=min(given.max_tokens, _longest(real, served.engine.codec)))
    tried: dict[Sampling, tuple[Manner, float]] = {}
    start = time.monotonic()
    for sampling in _candidates(given, lambda: _best(tried)):
        if tried and time.monotonic() - start > limit:
            break
        said = [talk.own for talk in talk_through(talks, _writing(served, sampling))]
        alike = min(_words(real), _words(said))
        found = manner(said, alike)
        tried[sampling] = found, _distance(found, manner(real, alike), deviations)
    return FittedSampling(_best(tried), manner(real, _words(real)), tried, answers)


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
    for sampling, (found, distance) in fitted.tried.items():
        rows[_name(sampling)] = f"{_told(found)}; distance {distance:.1f}"
    return rows | {"sampling": f"{_name(fitted.sampling)}, by {fitted.answers} answers each"}


def _name(sampling: Sampling) -> str:
    return (
        f"temperature {sampling.temperature:g}, min_p {sampling.min_p:g}, "
        f"presence penalty {sampling.presence_penalty:g}"
    )


def _told(found: Manner) -> str:
    return f"{math.exp(found.length):.1f} words a reply, variety {found.variety:.2f}, said again {found.again:.0%}"


def _candidates(given: Sampling, best: Callable[[], Sampling]) -> Iterator[Sampling]:
    """Every temperature, then with the best of them the other penalties."""
    for temperature in TEMPERATURES:
        yield replace(given, temperature=temperature, presence_penalty=PENALTIES[0])
    found = best()
    for penalty in PENALTIES[1:]:
        yield replace(found, presence_penalty=penalty)


def _best(tried: Mapping[Sampling, tuple[Manner, float]]) -> Sampling:
    return min(tried, key=lambda one: tried[one][1])


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


def _deviations(real: Sequence[Sequence[Bubbles]]) -> Floats:
    """How far each measure of the person's own talks is off by chance.

    Halves are drawn without replacement, which spread as the whole would from sample to sample (the delete-half
    jackknife, Shao and Wu 1989), and in which nothing is said again for being drawn twice.
    """
    rng, most = np.random.default_rng(0), _words(real) // 2
    drawn = [[real[place] for place in rng.permutation(len(real))[: len(real) // 2]] for _ in range(_RESAMPLES)]
    found = np.array([_numbers(manner(some, most)) for some in drawn])
    one = 1 / sum(map(len, real))  # a reply more or less that repeats is chance, also of whoever never does
    deviations: Floats = np.maximum(found.std(0), (_LEAST, _LEAST, one))
    return deviations


def _numbers(found: Manner) -> tuple[float, float, float]:
    return found.length, found.variety, found.again


def _distance(found: Manner, person: Manner, deviations: Floats) -> float:
    """The mean square of the differences, in deviations. To say the same less often than the person is no fault."""
    apart = np.array(_numbers(found)) - _numbers(person)
    apart[2] = max(apart[2], 0.0)
    return float(np.mean((apart / deviations) ** 2))
