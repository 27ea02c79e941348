"""Many answers after one prompt: its key-value states are kept once, and every answer goes on from a part of them.

All rows of all prompts go through the model as one sequence, so that its matrices are read once a step. Only attention
tells them apart: a row sees its prompt's beginning and what was appended to the row itself (as the tree attention of
SpecInfer, arXiv 2305.09781, 4.2). The states of a prompt are neither copied for a row nor for a step.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import AttentionInterface
from transformers.cache_utils import DynamicCache, DynamicLayer

from bot.chat.prompt import Prompt
from bot.engine.cache import Reading, reading_of
from bot.engine.models import LoadedModel, photo_tensors
from bot.engine.reader import rotary_places

_ATTENTION = "echoes_branches"
_SPARE = 64  # slots for what is appended, taken at once


class Stem:
    """The states of one prompt's beginning, and after them those of what its branches appended.

    keys and values: a layer's are heads × slots × width. owner: the branch that each slot belongs to, −1 the prompt.
    reading: what the beginning was made of.
    """

    def __init__(self, reading: Reading, layers: Sequence[tuple[Tensor, Tensor]]) -> None:
        self.reading = reading
        self.keys = [keys for keys, _ in layers]
        self.values = [values for _, values in layers]
        self.length = self.used = self.keys[0].shape[1]
        self.owner = torch.full((self.length,), -1)
        self.branches = 0

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


class Branch:
    """What follows a stem's first `cut` positions. place: of the next token, in rotary terms."""

    def __init__(self, stem: Stem, cut: int, place: int) -> None:
        self.stem, self.cut, self.place = stem, cut, place
        self.number = stem.branches
        stem.branches += 1


@dataclass(frozen=True, slots=True)
class _Part:
    """tokens[start:end] of a step belong to one stem, whose slots from `slot` on they take.

    mask: what is added to their attention, queries × slots, repeated for the query heads that share one key head.
    """

    stem: Stem
    start: int
    end: int
    slot: int
    mask: Tensor


class _Step:
    """One step's tokens, and how they look at each other."""

    def __init__(self, pieces: Sequence[tuple[Branch, Sequence[int]]], shared_by: int) -> None:
        """shared_by: how many query heads share one key head."""
        by_stem: dict[int, list[int]] = {}
        for index, (branch, _) in enumerate(pieces):
            by_stem.setdefault(id(branch.stem), []).append(index)
        self.ids: list[int] = []
        self.places: list[int] = []
        self.order: list[int] = []  # of the pieces
        self.parts: list[_Part] = []
        for indices in by_stem.values():
            self.parts.append(self._part([pieces[index] for index in indices], shared_by))
            self.order += indices

    def _part(self, pieces: Sequence[tuple[Branch, Sequence[int]]], shared_by: int) -> _Part:
        stem, start = pieces[0][0].stem, len(self.ids)
        count = sum(len(tokens) for _, tokens in pieces)
        stem.reserve(count)
        slot, cuts, numbers = stem.used, list[int](), list[int]()
        for branch, tokens in pieces:
            cuts += [branch.cut] * len(tokens)
            numbers += [branch.number] * len(tokens)
            self.ids += tokens
            self.places += range(branch.place, branch.place + len(tokens))
            branch.place += len(tokens)
        owners = torch.tensor(numbers)
        stem.owner[slot : slot + count] = owners
        stem.used += count
        slots = torch.arange(stem.used)
        shared = slots < torch.tensor(cuts)[:, None]
        own = (stem.owner[: stem.used] == owners[:, None]) & (slots <= slots[slot:, None])
        mask = torch.zeros(own.shape).masked_fill(~(shared | own), -torch.inf).repeat(shared_by, 1)
        return _Part(stem, start, start + count, slot, mask.to(stem.keys[0]))

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scaling: float | None) -> Tensor:
        """query, key, value: 1 × heads × tokens × width; the answer: 1 × tokens × heads × width."""
        answer = query.new_empty(1, query.shape[2], query.shape[1], query.shape[3])
        for part in self.parts:
            stem, span = part.stem, slice(part.start, part.end)
            slots = slice(part.slot, part.slot + part.end - part.start)
            stem.keys[layer][:, slots] = key[0, :, span]
            stem.values[layer][:, slots] = value[0, :, span]
            asked = query[:, :, span].reshape(1, key.shape[1], -1, query.shape[3])
            told = torch.nn.functional.scaled_dot_product_attention(
                asked,
                stem.keys[layer][None, :, : slots.stop],
                stem.values[layer][None, :, : slots.stop],
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
class Grower:
    """Grows stems and branches on a loaded model. Photos are opened by digest."""

    loaded: LoadedModel
    open_photo: Callable[[str], Image.Image]

    @torch.inference_mode()
    def stem(self, prompt: Prompt, length: int, like: Stem | None = None) -> Stem:
        """Reads the first `length` ids of a prompt; what it has in common with another stem is not read again."""
        device = self.loaded.device
        reading = reading_of(prompt)[:length]
        start = _common(reading, like.reading, prompt) if like else 0
        states = DynamicCache()
        if like and start:
            for layer in range(len(like.keys)):
                states.update(like.keys[layer][None, :, :start], like.values[layer][None, :, :start], layer)
        pixels: Tensor | None = None
        grids: Tensor | None = None
        if photos := [photo for photo in prompt.photos if start <= photo.start and photo.end <= length]:
            pixels, grids = photo_tensors(self.loaded, [self.open_photo(photo.digest) for photo in photos])
            pixels, grids = pixels.to(device, self.loaded.model.dtype), grids.to(device)
        self.loaded.model.model(
            input_ids=torch.tensor([prompt.ids[start:length]], device=device),
            position_ids=rotary_places(self.loaded, prompt)[:, :, start:length].to(device),
            past_key_values=states,
            pixel_values=pixels,
            image_grid_thw=grids,
            use_cache=True,
        )
        layers = []
        for kept in states.layers:
            assert isinstance(kept, DynamicLayer) and kept.keys is not None and kept.values is not None
            layers.append((kept.keys[0], kept.values[0]))
        return Stem(reading, layers)

    def places(self, prompt: Prompt) -> list[int]:
        """The rotary place of every id of a prompt."""
        return rotary_places(self.loaded, prompt)[0, 0].tolist()

    @torch.inference_mode()
    def append(self, pieces: Sequence[tuple[Branch, Sequence[int]]]) -> list[Tensor]:
        """Reads some tokens more on each branch; their last hidden states, tokens × width, piece by piece."""
        device = self.loaded.device
        language_model = self.loaded.model.model.language_model
        config = language_model.config
        step = _Step(pieces, config.num_attention_heads // config.num_key_value_heads)
        with _branching(language_model):
            hidden = language_model(
                input_ids=torch.tensor([step.ids], device=device),
                position_ids=torch.tensor(step.places, device=device).expand(3, 1, -1),
                use_cache=False,
                step=step,
            ).last_hidden_state[0]
        sizes = [len(pieces[index][1]) for index in step.order]
        by_index = dict(zip(step.order, hidden.split(sizes), strict=True))
        return [by_index[index] for index in range(len(pieces))]

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """places × vocabulary, in float32."""
        logits: Tensor = self.loaded.model.lm_head(hidden).float()
        return logits


def _common(reading: Reading, other: Reading, prompt: Prompt) -> int:
    """How many positions two beginnings share, less one that is to be read; never ends inside a photo."""
    length = min(len(reading) - 1, len(other))
    differing = np.flatnonzero(reading[:length] != other[:length])
    common = int(differing[0]) if len(differing) else length
    return next((photo.start for photo in prompt.photos if photo.start < common < photo.end), common)


@contextmanager
def _branching(language_model: Any) -> Iterator[None]:
    """The model's attention is that of branches meanwhile."""
    AttentionInterface.register(_ATTENTION, _attention)
    usual = language_model.config._attn_implementation
    language_model.set_attn_implementation(_ATTENTION)
    try:
        yield
    finally:
        language_model.set_attn_implementation(usual)
