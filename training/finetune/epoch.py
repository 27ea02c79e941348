"""One pass over the dialogues: what is left out of sight this time, and which batches come in which order."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.prompt import Codec
from training.dialogues import Dialogue, with_dropout
from training.finetune.batches import plan
from training.finetune.presets import Preset
from training.finetune.samples import Sample, samples_of


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
    """The same for the same seed and number, however often the run was interrupted."""
    rng = random.Random(f"{seed}/{number}")
    seen = [with_dropout(one, rng, preset.name_dropout, preset.relationship_dropout) for one in dialogues]
    samples = thinned(samples_of(seen, codec), preset.quiet_share, rng)
    batches = plan(samples, preset.batch_tokens, rng)
    steps = max(math.ceil(len(batches) / preset.accumulate), 1)
    return Epoch(
        tuple(samples),
        tuple(tuple(batch) for batch in batches),
        max(sum(sample.texts for sample in samples), 1) / steps,
        max(sum(sample.weight * sample.decisions for sample in samples), 1) / steps,
    )


def thinned(samples: Sequence[Sample], share: float, rng: random.Random) -> list[Sample]:
    """Without some of the samples that hold no text; those that stay weigh as much as all did.

    So the natural prior of the decision stays as it is, and the time goes where more is learnt.
    """
    kept: list[Sample] = []
    for sample in samples:
        if sample.texts:
            kept.append(sample)
        elif rng.random() < share:
            kept.append(replace(sample, weight=1 / share))
    return kept
