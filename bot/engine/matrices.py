"""The matrices of a language model that a LoRA can lie on, and their sizes, told from config.json. No torch here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.engine.describe import BaseModel
from bot.errors import ConfigError
from bot.files import read_text

_PLACE = re.compile(r"\.language_model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])\.weight$")


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder of equal layers. `sizes`: numbers in and numbers out of each matrix of a layer, by its name.

    others: weights of the model outside of these: embedding, output, vision tower.
    """

    layers: int
    sizes: Mapping[str, tuple[int, int]]
    vocabulary: int
    others: int

    @property
    def width(self) -> int:
        """How many numbers a hidden state has."""
        return self.sizes["q_proj"][0]


def decoder_of(base: BaseModel) -> Decoder:
    """Returns the decoder that config.json describes. Raises ConfigError where it does not tell."""
    path = base.folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(read_text(path))
        text = config.get("text_config") or config
        hidden, inner, heads = (int(text[key]) for key in ("hidden_size", "intermediate_size", "num_attention_heads"))
        head = int(text.get("head_dim") or hidden // heads)
        asked, kept = heads * head, int(text["num_key_value_heads"]) * head
        sizes = {
            "q_proj": (hidden, asked),
            "k_proj": (hidden, kept),
            "v_proj": (hidden, kept),
            "o_proj": (asked, hidden),
            "gate_proj": (hidden, inner),
            "up_proj": (hidden, inner),
            "down_proj": (inner, hidden),
        }
        vocabulary = int(text["vocab_size"])
        tied = bool(config.get("tie_word_embeddings", text.get("tie_word_embeddings", False)))
        others = vocabulary * hidden * (1 if tied else 2) + _tower(config.get("vision_config") or {})
        return Decoder(int(text["num_hidden_layers"]), sizes, vocabulary, others)
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"model.base: {path} does not tell the model's sizes ({type(error).__name__}).") from error


def _tower(config: Mapping[str, Any]) -> int:
    """About how many weights a vision tower has: four square matrices and three to or from the inner size a layer."""
    width, inner = int(config.get("hidden_size", 0)), int(config.get("intermediate_size", 0))
    return int(config.get("depth", 0)) * width * (4 * width + 3 * inner)


def misfit(shapes: Mapping[str, tuple[int, ...]], decoder: Decoder) -> str:
    """Why a LoRA's tensors, by name, cannot lie on that decoder; empty where they can."""
    ranks = set()
    for name, shape in shapes.items():
        found = _PLACE.search(name)
        known = found is not None and found[2] in decoder.sizes and int(found[1]) < decoder.layers
        if found is None or not known or len(shape) != 2:
            return f"{name} is none of the model's matrices"
        into, out = decoder.sizes[found[2]]
        rank, size, wanted = (*shape, into) if found[3] == "A" else (*reversed(shape), out)
        if size != wanted:
            return f"{name} is made for {size:,} numbers, and the model's has {wanted:,}"
        ranks.add(rank)
    if len(ranks) != 1:
        return f"its matrices are of {len(ranks)} ranks"
    return ""


def state_bytes(base: BaseModel, *, short_keys: bool = False) -> int:
    """Returns how many bytes one position takes in a key-value cache of 16 bits. Raises as `decoder_of` does.

    short_keys: the keys have 8 bits, as llama.cpp's `q8_0`: 34 bytes for 32 numbers.
    """
    decoder = decoder_of(base)
    keys, values = decoder.sizes["k_proj"][1], decoder.sizes["v_proj"][1]
    return decoder.layers * ((keys * 34 // 32 if short_keys else 2 * keys) + 2 * values)
