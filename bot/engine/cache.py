"""Kept key-value caches: what a model has already read of each chat, within a bound of bytes."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.cache_utils import DynamicCache, DynamicLayer

from bot.chat.prompt import Prompt

Reading = NDArray[np.int64]
"""What was read, one number a position: the token id, or below zero a photo's content."""


def reading_of(prompt: Prompt) -> Reading:
    """Returns the ids of a prompt with numbers for its photos, so that two photos of one size differ."""
    reading = np.array(prompt.ids, np.int64)
    for photo in prompt.photos:
        content = hashlib.blake2b(f"{photo.digest} {photo.grid}".encode(), digest_size=8).digest()
        reading[photo.start : photo.end] = -1 - (int.from_bytes(content, "big") >> 1)
    return reading


@dataclass(eq=False)
class KeptCache:
    """The states of one chat and what they were computed from. `logits` follow its last position, if known."""

    states: DynamicCache = field(default_factory=DynamicCache)
    read: Reading = field(default_factory=lambda: np.empty(0, np.int64))
    logits: torch.Tensor | None = None
    in_use: bool = False

    @property
    def nbytes(self) -> int:
        """How many bytes of memory it holds, what a crop has hidden included."""
        both = (states for layer in _layers(self.states) for states in (layer.keys, layer.values))
        return sum(states.untyped_storage().nbytes() for states in both if states is not None)

    def common(self, reading: Reading, prompt: Prompt) -> int:
        """Counts the positions of a prompt that are here already; it never ends inside a photo."""
        length = min(len(self.read), len(reading))
        differing = np.flatnonzero(self.read[:length] != reading[:length])
        shared = int(differing[0]) if len(differing) else length
        inside = (photo.start for photo in prompt.photos if photo.start < shared < photo.end)
        return next(inside, shared)

    def crop(self, length: int) -> None:
        """Forgets what follows the first `length` positions."""
        if length < len(self.read):
            self.states.crop(length - len(self.read))
            self.read = self.read[:length]
            self.logits = None

    def fork(self) -> "KeptCache":
        """Returns a cache of its own that begins where this one is. States never change in place: nothing is copied."""
        other = KeptCache(DynamicCache(), self.read, self.logits)
        for layer in _layers(self.states):
            if layer.keys is not None and layer.values is not None:
                twin = DynamicLayer()  # type: ignore[no-untyped-call]
                twin.lazy_initialization(layer.keys, layer.values)
                twin.keys, twin.values = layer.keys, layer.values
                other.states.layers.append(twin)
        return other


def _layers(states: DynamicCache) -> list[DynamicLayer]:
    return [layer for layer in states.layers if isinstance(layer, DynamicLayer)]


class CacheStore:
    """The kept caches by chat: at most `limit` bytes while no request uses them; the longest unused goes first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: OrderedDict[str, KeptCache] = OrderedDict()

    @property
    def nbytes(self) -> int:
        return sum(cache.nbytes for cache in list(self._kept.values()))  # other threads ask too

    def chats(self) -> list[str]:
        """The chats with a kept cache, the longest unused first."""
        return list(self._kept)

    def take(self, chat: str, prompt: Prompt) -> KeptCache:
        """Hands out the chat's cache for one request, cropped to what it shares with the prompt; give it back.

        While another request of the chat uses it, a fork is handed out, which becomes the chat's cache.
        """
        kept = self._kept.get(chat) or KeptCache()
        if kept.in_use:
            kept = kept.fork()
        kept.crop(kept.common(reading_of(prompt), prompt))
        kept.in_use = True
        self._kept[chat] = kept
        self._kept.move_to_end(chat)
        return kept

    def give_back(self, cache: KeptCache) -> None:
        """Ends a request's use of a cache, and makes room."""
        cache.in_use = False
        excess = self.nbytes - self.limit
        for chat, kept in list(self._kept.items()):
            if excess <= 0:
                return
            if not kept.in_use:
                excess -= kept.nbytes
                del self._kept[chat]

    def drop(self, cache: KeptCache) -> None:
        """Forgets a cache that a failed step may have left uneven."""
        for chat, kept in list(self._kept.items()):
            if kept is cache:
                del self._kept[chat]

    def clear(self) -> None:
        """Forgets all that is not in use; what is in use must not be given back here again."""
        self._kept.clear()
