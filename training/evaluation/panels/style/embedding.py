"""An optional third judge: an embedding model of style or authorship, from a folder on this machine.

Such as LUAR (Rivera-Soto et al., EMNLP 2021) or any other that transformers' AutoModel can open without foreign code.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.errors import ConfigError
from training.evaluation.respondent import Bubbles
from training.statistics import Floats

Embed = Callable[[Sequence[str]], Floats]
"""Texts to rows of numbers."""

_ROWS, _TOKENS = 32, 256


def embedder(folder: Path) -> Embed:
    """Opens a model that embeds a text as the mean of its last hidden states, of length 1. Raises ConfigError."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = AutoModel.from_pretrained(folder, local_files_only=True, trust_remote_code=False).eval()
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ConfigError(f"{folder} holds no embedding model that can be opened without code of its own.") from error

    def embed(texts: Sequence[str]) -> Floats:
        found = []
        for first in range(0, len(texts), _ROWS):
            some = list(texts[first : first + _ROWS])
            batch = tokenizer(some, return_tensors="pt", padding=True, truncation=True, max_length=_TOKENS)
            with torch.inference_mode():
                hidden = model(**batch).last_hidden_state.float()
            seen = batch["attention_mask"][..., None].float()
            mean = (hidden * seen).sum(1) / seen.sum(1).clamp(min=1)
            found.append(torch.nn.functional.normalize(mean, dim=1).numpy())
        return np.concatenate(found).astype(np.float64)

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
