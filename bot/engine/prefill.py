"""Fills a key-value cache from a prompt's ids and photos, as far as the cache lacks them, and token by token after."""

from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

import numpy as np
import torch

from bot.chat.prompt import PhotoSpan, Prompt
from bot.engine.cache import CacheStore, KeptCache, Reading, reading_of
from bot.engine.models import LoadedModel, out_of_memory
from bot.engine.photos import photo_inputs
from bot.errors import PassingError
from bot.media import MediaStore

_PIECE = 256  # positions read in one step, so that a long prompt does not hold up the others


class IncrementalPrefill:
    """Reads one prompt into one cache, in pieces, and then each token that is written after it."""

    def __init__(self, loaded: LoadedModel, media: MediaStore, store: CacheStore, cache: KeptCache) -> None:
        self._loaded = loaded
        self._media = media
        self._store = store
        self._cache = cache
        self._next_place = 0  # in rotary terms: photos take fewer places than positions

    @property
    def logits(self) -> torch.Tensor:
        """The logits of what follows the last position read: (vocabulary,), on the model's device."""
        assert self._cache.logits is not None
        return self._cache.logits

    def read(self, prompt: Prompt) -> Iterator[None]:
        """Reads what the cache lacks of a prompt, a piece a step."""
        reading = reading_of(prompt)
        if len(self._cache.read) == len(reading) and self._cache.logits is None:
            self._cache.crop(len(reading) - 1)
        places = rotary_places(self._loaded, prompt)
        self._next_place = int(places.max()) + 1
        for start, end in _pieces(len(self._cache.read), prompt):
            photos = [photo for photo in prompt.photos if start <= photo.start < end]
            self._forward(list(prompt.ids[start:end]), places[:, :, start:end], photos, reading[start:end])
            yield

    def append(self, token: int) -> None:
        """Reads one more token."""
        places = torch.full((3, 1, 1), self._next_place)
        self._next_place += 1
        self._forward([token], places, [], np.array([token], np.int64))

    @torch.inference_mode()
    def _forward(self, ids: list[int], places: torch.Tensor, photos: list[PhotoSpan], reading: Reading) -> None:
        device = self._loaded.device
        inputs = photo_inputs(self._loaded, self._media, photos)
        try:
            output = self._loaded.model(
                input_ids=torch.tensor([ids], device=device),
                position_ids=places.to(device),
                past_key_values=self._cache.states,
                use_cache=True,
                logits_to_keep=1,
                **inputs,
            )
        except BaseException as error:
            self._store.drop(self._cache)
            if out_of_memory(error):
                self._store.clear()
                raise PassingError("The model ran out of memory: the kept caches were dropped.") from error
            raise
        self._cache.read = np.concatenate([self._cache.read, reading])
        self._cache.logits = output.logits[0, -1]


class IdsWithPhotos(Protocol):
    """A prompt, or anything else of ids in some of whose places photos stand."""

    @property
    def ids(self) -> Sequence[int]: ...
    @property
    def photos(self) -> Sequence[PhotoSpan]: ...


def rotary_places(loaded: LoadedModel, prompt: IdsWithPhotos) -> torch.Tensor:
    """Returns rotary positions, (time, row, column) × 1 × ids, by the model's own rule for photos."""
    if not prompt.photos:
        return torch.arange(len(prompt.ids)).expand(3, 1, -1)
    kinds = torch.zeros(1, len(prompt.ids), dtype=torch.int)
    for photo in prompt.photos:
        kinds[0, photo.start : photo.end] = 1
    grids = torch.tensor([photo.grid for photo in prompt.photos])
    places: torch.Tensor = loaded.model.model.get_rope_index(
        torch.tensor([prompt.ids]), mm_token_type_ids=kinds, image_grid_thw=grids
    )[0]
    return places


def _pieces(start: int, prompt: Prompt) -> Generator[tuple[int, int], None, None]:
    """Cuts the ids from `start` into pieces, never inside a photo."""
    while start < len(prompt.ids):
        end = min(start + _PIECE, len(prompt.ids))
        end = next((photo.end for photo in prompt.photos if photo.start < end < photo.end), end)
        yield start, end
        start = end
