"""Puts samples of like length into batches of few different shapes, and makes tensors of them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from training.finetune.samples import Sample

_LADDER = (64, 96, 128, 192, 256, 384, 512, 640, 768, 896, 1024)
_BEYOND = 256
"""Lengths are filled up to one of these: matrix kernels are rebuilt for each new shape, and a batch's shape is its
length times its rows. Beyond the ladder, multiples of the last."""

PhotoTensors = Callable[[Sequence[Image.Image]], tuple[Tensor, Tensor]]
"""Photos to pixel values (patches × values) and grids (photos × 3)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """rows × length ids, filled up on the right, which no token before can see; and the places that count.

    at: indices into the ids laid flat. The other four go with it, by place: see `samples.Place`.
    """

    ids: Tensor
    kinds: Tensor | None  # 1 where a photo's positions are; None without photos
    pixels: Tensor | None
    grids: Tensor | None
    at: Tensor
    targets: Tensor
    open: Tensor
    answered: Tensor
    weights: Tensor
    tokens: int  # without filling

    def to(self, device: torch.device) -> "Batch":
        def moved(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device)

        return Batch(
            self.ids.to(device),
            moved(self.kinds),
            moved(self.pixels),
            moved(self.grids),
            self.at.to(device),
            self.targets.to(device),
            self.open.to(device),
            self.answered.to(device),
            self.weights.to(device),
            self.tokens,
        )


def filled(length: int) -> int:
    """Returns the length that a sequence is padded to."""
    return next((step for step in _LADDER if step >= length), -(-length // _BEYOND) * _BEYOND)


def plan(samples: Sequence[Sample], budget: int, rng: random.Random) -> list[list[int]]:
    """Plans batches of indices of at most `budget` tokens, padded (or one sample), shuffled within and among."""
    order = list(range(len(samples)))
    rng.shuffle(order)
    shelves: dict[int, list[int]] = {}
    for index in order:
        shelves.setdefault(filled(len(samples[index].ids)), []).append(index)
    batches: list[list[int]] = []
    for length, shelf in shelves.items():
        rows = max(budget // length, 1)
        batches += [shelf[start : start + rows] for start in range(0, len(shelf), rows)]
    rng.shuffle(batches)
    return batches


def waste(samples: Sequence[Sample], batches: Sequence[Sequence[int]]) -> float:
    """Returns the share of positions that are padding."""
    used = sum(len(samples[index].ids) for batch in batches for index in batch)
    paid = sum(len(batch) * max(filled(len(samples[index].ids)) for index in batch) for batch in batches)
    return 1 - used / paid if paid else 0.0


def collate(
    samples: Sequence[Sample],
    filler: int,
    image_pad: int,
    open_photo: Callable[[str], Image.Image],
    photo_tensors: PhotoTensors,
) -> Batch:
    """Makes one batch of these samples, row by row."""
    length = filled(max(len(sample.ids) for sample in samples))
    ids = torch.full((len(samples), length), filler, dtype=torch.long)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = torch.tensor(sample.ids)
    digests = [photo.digest for sample in samples for photo in sample.photos]
    pixels, grids = photo_tensors([open_photo(digest) for digest in digests]) if digests else (None, None)
    places = [
        (row * length + place.at, place, sample.weight) for row, sample in enumerate(samples) for place in sample.places
    ]
    return Batch(
        ids,
        (ids == image_pad).long() if digests else None,
        pixels,
        grids,
        torch.tensor([at for at, _, _ in places]),
        torch.tensor([place.target for _, place, _ in places]),
        torch.tensor([place.open for _, place, _ in places]),
        torch.tensor([place.answered for _, place, _ in places]),
        torch.tensor([weight for _, _, weight in places]),
        sum(len(sample.ids) for sample in samples),
    )
