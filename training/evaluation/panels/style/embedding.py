"""An optional third judge: an embedding model of style or authorship, such as LUAR (Rivera-Soto et al., EMNLP 2021)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.engine.encoder import LocalEncoder
from training.evaluation.respondent import Bubbles
from training.statistics import Floats

Embed = Callable[[Sequence[str]], Floats]
"""Texts to rows of numbers."""


def embedder(folder: Path) -> Embed:
    """Opens the model in a folder. Raises ConfigError where there is none that can be opened."""
    encoder = LocalEncoder(folder)
    encoder.load()

    def embed(texts: Sequence[str]) -> Floats:
        return encoder.vectors(texts).astype(np.float64)

    return embed


def embeddings(embed: Embed) -> Callable[[Sequence[Bubbles]], Floats]:
    """Embeds bursts; their means are those of bundles. Each text is read once."""
    known: dict[str, Floats] = {}

    def read(bursts: Sequence[Bubbles]) -> Floats:
        texts = ["\n".join(bubbles) for bubbles in bursts]
        new = sorted({text for text in texts if text not in known})
        if new:
            known.update(zip(new, embed(new), strict=True))
        return np.array([known[text] for text in texts])

    return read
