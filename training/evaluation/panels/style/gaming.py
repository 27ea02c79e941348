"""What a judge of style would not notice: words copied from the training days, and the same few replies for all."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from scipy.stats import entropy

from training.evaluation.panels.style.bundles import Sample, resampled
from training.evaluation.panels.style.masking import LINK, NAME, NUMBER
from training.evaluation.respondent import Bubbles
from training.statistics import NAN, Draws, Floats, Index, centred
from training.words import Tokens, grams, tokens

_GRAM = 6
_DRAWN = 60
_ORDERS = 5


def _runs(bubbles: Bubbles) -> list[Tokens]:
    """Runs of six words. What stands for a number, link or name is none: each would be a copy of every other."""
    return grams([word for word in tokens(bubbles) if word not in (NUMBER, LINK, NAME)], _GRAM)


@dataclass(frozen=True, slots=True)
class Guard:
    """learnt: what the subject wrote on the training days, in runs of six words, with names masked as everywhere.

    own: the share of such runs in what they wrote later. One run is added, so that whoever never repeats six words
    does not make every copy infinitely many.
    """

    learnt: frozenset[Tokens]
    own: float

    @classmethod
    def of(cls, learnt: Sample, held_out: Sequence[Sample]) -> "Guard":
        found = frozenset(run for bubbles in learnt.bursts for run in _runs(bubbles))
        later = [run for one in held_out for bubbles in one.bursts for run in _runs(bubbles)]
        return cls(found, (sum(run in found for run in later) + 1) / (len(later) + 1))

    def copy_ratio(self, generated: Sample) -> Floats:
        """The copy rate over the person's own (people repeat themselves, too); then that of each resample.

        The novelty of n-grams, as McCoy et al., TACL 2023. NaN where nothing written has six words, which says nothing.
        """
        runs = [_runs(bubbles) for bubbles in generated.bursts]
        copied = [sum(run in self.learnt for run in found) for found in runs]
        return centred(Draws(generated.days, _DRAWN).ratio(copied, list(map(len, runs))) / self.own)


def distinct_ratio(real: Sample, generated: Sample) -> Floats:
    """Distinct pairs of words over all pairs (Li et al., NAACL 2016), over the person's own, at the same number."""
    return _variety(real, generated, lambda words: grams(words, 2), lambda pairs: len(set(pairs)))


def entropy_ratio(real: Sample, generated: Sample) -> Floats:
    """Shannon's entropy (1948) of whole replies over that of the person's own, at the same number of them.

    Of the replies without their case and punctuation.
    """
    return _variety(
        real, generated, lambda words: [words], lambda replies: float(entropy(list(Counter(replies).values()), base=2))
    )


def _variety(
    real: Sample,
    generated: Sample,
    parts: Callable[[Tokens], list[Tokens]],
    measure: Callable[[Sequence[Tokens]], float],
) -> Floats:
    """A measure of the parts of all bursts over that of the person's own; then that of each resample.

    Both of the same number of parts, in several orders by chance, for variety falls with numbers.
    """
    own, theirs = ([parts(tokens(bubbles)) for bubbles in one.bursts] for one in (real, generated))

    def ratio(here: Index, there: Index) -> float:
        both = [[own[row] for row in here], [theirs[row] for row in there]]
        number = min(sum(map(len, bursts)) for bursts in both)
        found, over = (fmean(measure(_shuffled(one, seed)[:number]) for seed in range(_ORDERS)) for one in both)
        return over / found if found else NAN

    return centred(resampled(real, generated, ratio, _DRAWN))


def _shuffled(bursts: Sequence[Sequence[Tokens]], seed: int) -> list[Tokens]:
    order = np.random.default_rng(seed).permutation(len(bursts))
    return [one for place in order for one in bursts[place]]
