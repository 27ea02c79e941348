"""One pass over the dialogues: what is left out of sight this time, and which batches come in which order."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat.prompt import Codec
from training.data.dialogues import Dialogue, with_dropout
from training.finetune.batches import plan
from training.finetune.presets import Preset
from training.finetune.samples import Place, Sample, apart, samples_of


@dataclass(frozen=True, slots=True)
class Epoch:
    """texts and decisions: how many an optimizer step learns on average, by which its sums are divided.

    Not by the step's own counts, so that every token weighs the same, in a batch that has few of them or many.
    """

    samples: tuple[Sample, ...]
    batches: tuple[tuple[int, ...], ...]
    texts: float
    decisions: float

    @property
    def tokens(self) -> int:
        return sum(len(sample.ids) for sample in self.samples)


def epoch_of(dialogues: Sequence[Dialogue], codec: Codec, preset: Preset, seed: int, number: int) -> Epoch:
    """Makes an epoch: the same for the same seed and number, however often the run was interrupted."""
    rng = random.Random(f"{seed}/{number}")
    seen = [with_dropout(one, rng, preset.name_dropout, preset.relationship_dropout) for one in dialogues]
    samples = thinned(samples_of(seen, codec, bubbles=preset.bubbles), preset.quiet_share, rng)
    if preset.negatives == "balanced":
        samples = balanced(samples, rng)
    if not preset.packed:
        samples = [part for sample in samples for part in apart(sample)]
    batches = plan(samples, preset.batch_tokens, rng)
    steps = max(math.ceil(len(batches) / preset.accumulate), 1)
    return Epoch(
        tuple(samples),
        tuple(tuple(batch) for batch in batches),
        max(sum(sample.texts for sample in samples), 1) / steps,
        max(sum(sample.weight * sample.decisions for sample in samples), 1) / steps,
    )


def thinned(samples: Sequence[Sample], share: float, rng: random.Random) -> list[Sample]:
    """Leaves out some of the samples that hold no text; those that stay weigh as much as all did.

    So the natural prior of the decision stays as it is, and the time goes where more is learnt.
    """
    kept: list[Sample] = []
    for sample in samples:
        if sample.texts:
            kept.append(sample)
        elif rng.random() < share:
            kept.append(replace(sample, weight=1 / share))
    return kept


def balanced(samples: Sequence[Sample], rng: random.Random) -> list[Sample]:
    """Draws as many silences as answers, by weight; a sample with nothing left to learn is left out.

    Weighted drawing without replacement: Efraimidis and Spirakis, 2006.
    """
    silences = [
        (number, place) for number, sample in enumerate(samples) for place in sample.places if place.answered == 0
    ]
    silences.sort(key=lambda one: -(rng.random() ** (1 / samples[one[0]].weight)))
    drawn = {(number, place.at) for number, place in silences[: answers(samples)]}

    def stays(number: int, place: Place) -> bool:
        return place.answered != 0 or (number, place.at) in drawn

    kept = [
        replace(sample, places=tuple(place for place in sample.places if stays(number, place)), weight=1.0)
        for number, sample in enumerate(samples)
    ]
    return [sample for sample in kept if sample.places]


def correction(samples: Sequence[Sample], preset: Preset) -> float:
    """Returns what to add to the log-odds of answering of a model that met fewer silences than there were.

    logit(prior) − logit(rate in training): King and Zeng, Logistic Regression in Rare Events Data, 2001.
    samples: all there are, by which the prior goes.
    """
    spoken = answers(samples)
    silent = sum(sample.decisions for sample in samples) - spoken
    if preset.negatives == "natural" or not 0 < spoken < silent:
        return 0.0
    return math.log(spoken / silent)  # the rate in training is a half, whose logit is 0


def answers(samples: Sequence[Sample]) -> int:
    return sum(place.answered == 1 for sample in samples for place in sample.places)
