"""Many sequences after one prompt: its key-value states are kept once, and each sequence goes on from a part of them.

All tokens of all prompts go through the model as one row, so that its matrices are read once a step. Only attention
tells sequences apart: a token sees its prompt's beginning and what its own sequence appended (as the tree attention of
SpecInfer, arXiv 2305.09781, 4.2). The states of a prompt are neither copied for a sequence nor for a step.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AttentionInterface
from transformers.cache_utils import DynamicCache, DynamicLayer

from bot.chat.prompt import Prompt
from bot.engine.cache import Reading, reading_of
from bot.engine.models import LoadedModel
from bot.engine.photos import photo_inputs
from bot.engine.prefill import rotary_places
from bot.media import MediaStore

_ATTENTION = "echoes_shared_prefix"
_SPARE = 64  # slots for what is appended, taken at once


class PrefixCache:
    """The states of one prompt's beginning, and after them those of what its sequences appended.

    keys and values: a layer's are heads × slots × width. owner: the sequence that each slot belongs to, −1 the prompt.
    reading: what the beginning was made of.
    """

    def __init__(self, reading: Reading, layers: Sequence[tuple[Tensor, Tensor]]) -> None:
        self.reading = reading
        self.keys = [keys for keys, _ in layers]
        self.values = [values for _, values in layers]
        self.length = self.used = self.keys[0].shape[1]
        self.owner = torch.full((self.length,), -1)
        self.sequences = 0

    @property
    def nbytes(self) -> int:
        return sum(states.nbytes for states in (*self.keys, *self.values))

    def reserve(self, count: int) -> None:
        """Makes room for so many more slots."""
        lacking = self.used + count - len(self.owner)
        if lacking > 0:
            more = math.ceil(lacking / _SPARE) * _SPARE
            self.owner = torch.cat([self.owner, torch.full((more,), -2)])
            for states in (self.keys, self.values):
                for layer, old in enumerate(states):
                    states[layer] = old.new_empty(old.shape[0], old.shape[1] + more, old.shape[2])
                    states[layer][:, : self.used] = old[:, : self.used]

    def clear(self) -> None:
        """Forgets all that was appended."""
        self.used = self.length


class TokenSequence:
    """What follows the first `cut` positions of a prefix. place: of its next token, in rotary terms."""

    def __init__(self, prefix: PrefixCache, cut: int, place: int) -> None:
        self.prefix, self.cut, self.place = prefix, cut, place
        self.number = prefix.sequences
        prefix.sequences += 1


Piece = tuple[TokenSequence, Sequence[int]]
"""Ids to append to a sequence."""


@dataclass(frozen=True, slots=True)
class _Part:
    """tokens[start:end] of a step belong to one prefix, whose slots from `slot` on they take.

    mask: what is added to their attention, queries × slots, repeated for the query heads that share one key head.
    """

    prefix: PrefixCache
    start: int
    end: int
    slot: int
    mask: Tensor


class _Step:
    """One step's tokens, and how they look at each other."""

    def __init__(self, pieces: Sequence[Piece], shared_by: int) -> None:
        """shared_by: how many query heads share one key head."""
        by_prefix: dict[int, list[int]] = {}
        for index, (sequence, _) in enumerate(pieces):
            by_prefix.setdefault(id(sequence.prefix), []).append(index)
        self.ids: list[int] = []
        self.places: list[int] = []
        self.order: list[int] = []  # of the pieces
        self.parts: list[_Part] = []
        for indices in by_prefix.values():
            self.parts.append(self._part([pieces[index] for index in indices], shared_by))
            self.order += indices

    def _part(self, pieces: Sequence[Piece], shared_by: int) -> _Part:
        prefix, start = pieces[0][0].prefix, len(self.ids)
        count = sum(len(tokens) for _, tokens in pieces)
        prefix.reserve(count)
        slot, cuts, numbers = prefix.used, list[int](), list[int]()
        for sequence, tokens in pieces:
            cuts += [sequence.cut] * len(tokens)
            numbers += [sequence.number] * len(tokens)
            self.ids += tokens
            self.places += range(sequence.place, sequence.place + len(tokens))
            sequence.place += len(tokens)
        owners = torch.tensor(numbers)
        prefix.owner[slot : slot + count] = owners
        prefix.used += count
        slots = torch.arange(prefix.used)
        shared = slots < torch.tensor(cuts)[:, None]
        own = (prefix.owner[: prefix.used] == owners[:, None]) & (slots <= slots[slot:, None])
        mask = torch.zeros(own.shape).masked_fill(~(shared | own), -torch.inf).repeat(shared_by, 1)
        return _Part(prefix, start, start + count, slot, mask.to(prefix.keys[0]))

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scaling: float | None) -> Tensor:
        """query, key, value: 1 × heads × tokens × width; the answer: 1 × tokens × heads × width."""
        answer = query.new_empty(1, query.shape[2], query.shape[1], query.shape[3])
        for part in self.parts:
            prefix, span = part.prefix, slice(part.start, part.end)
            slots = slice(part.slot, part.slot + part.end - part.start)
            prefix.keys[layer][:, slots] = key[0, :, span]
            prefix.values[layer][:, slots] = value[0, :, span]
            asked = query[:, :, span].reshape(1, key.shape[1], -1, query.shape[3])
            told = torch.nn.functional.scaled_dot_product_attention(
                asked,
                prefix.keys[layer][None, :, : slots.stop],
                prefix.values[layer][None, :, : slots.stop],
                part.mask,
                scale=scaling,
            )
            answer[:, span] = told.reshape(1, query.shape[1], -1, query.shape[3]).transpose(1, 2)
        return answer


def _attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, None]:
    step: _Step = options["step"]
    return step.attend(module.layer_idx, query, key, value, options.get("scaling")), None


@dataclass(frozen=True)
class BatchDecoder:
    """Reads prefixes and appends to sequences, on a loaded model."""

    loaded: LoadedModel
    media: MediaStore

    @torch.inference_mode()
    def prefix(self, prompt: Prompt, length: int, like: PrefixCache | None = None) -> PrefixCache:
        """Reads the first `length` ids of a prompt; what it has in common with another prefix is not read again."""
        device = self.loaded.device
        reading = reading_of(prompt)[:length]
        start = _common(reading, like.reading, prompt) if like else 0
        states = DynamicCache()
        if like and start:
            for layer in range(len(like.keys)):
                states.update(like.keys[layer][None, :, :start], like.values[layer][None, :, :start], layer)
        photos = [photo for photo in prompt.photos if start <= photo.start and photo.end <= length]
        self.loaded.model.model(
            input_ids=torch.tensor([prompt.ids[start:length]], device=device),
            position_ids=rotary_places(self.loaded, prompt)[:, :, start:length].to(device),
            past_key_values=states,
            use_cache=True,
            **photo_inputs(self.loaded, self.media, photos),
        )
        layers = []
        for kept in states.layers:
            assert isinstance(kept, DynamicLayer) and kept.keys is not None and kept.values is not None
            layers.append((kept.keys[0], kept.values[0]))
        return PrefixCache(reading, layers)

    def places(self, prompt: Prompt) -> list[int]:
        """Returns the rotary place of every id of a prompt."""
        return rotary_places(self.loaded, prompt)[0, 0].tolist()

    @torch.inference_mode()
    def append(self, pieces: Sequence[Piece]) -> list[Tensor]:
        """Reads more tokens of each sequence and yields their last hidden states, tokens × width, piece by piece."""
        device = self.loaded.device
        language_model = self.loaded.model.model.language_model
        config = language_model.config
        step = _Step(pieces, config.num_attention_heads // config.num_key_value_heads)
        with _shared_prefix_attention(language_model):
            hidden = language_model(
                input_ids=torch.tensor([step.ids], device=device),
                position_ids=torch.tensor(step.places, device=device).expand(3, 1, -1),
                use_cache=False,
                step=step,
            ).last_hidden_state[0]
        sizes = [len(pieces[index][1]) for index in step.order]
        by_index = dict(zip(step.order, hidden.split(sizes), strict=True))
        return [by_index[index] for index in range(len(pieces))]


def _common(reading: Reading, other: Reading, prompt: Prompt) -> int:
    """How many positions two beginnings share, less one that is to be read; never ends inside a photo."""
    length = min(len(reading) - 1, len(other))
    differing = np.flatnonzero(reading[:length] != other[:length])
    common = int(differing[0]) if len(differing) else length
    return next((photo.start for photo in prompt.photos if photo.start < common < photo.end), common)


@contextmanager
def _shared_prefix_attention(language_model: Any) -> Iterator[None]:
    """The model's attention is that of `_Step` meanwhile."""
    AttentionInterface.register(_ATTENTION, _attention)
    usual = language_model.config._attn_implementation
    language_model.set_attn_implementation(_ATTENTION)
    try:
        yield
    finally:
        language_model.set_attn_implementation(usual)
