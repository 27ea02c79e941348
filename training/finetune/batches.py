"""Packs samples into rows that are nearly full, and makes tensors of them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from training.finetune.samples import Sample

_SEQUENCE, _ROW = 16, 64
"""A sample, and a row of samples, are filled up to multiples of these: matrix kernels are made anew for each shape."""

ROWS = 1
"""Which plan of rows this is: an unfinished run stands at a place in it, and cannot go on in another."""

PhotoTensors = Callable[[Sequence[Image.Image]], tuple[Tensor, Tensor]]
"""Photos to pixel values (patches × values) and grids (photos × 3)."""

Places = Callable[[Sample], Tensor]
"""A sample's rotary positions, 3 × its ids."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One row of ids, 1 × row: samples one behind another, each filled up on the right, which no token before can see.

    places: rotary positions, 3 × 1 × row, that begin anew with each sample. lengths: of the samples, with their
    filling. at: indices into the row of what counts. The four after it go with it, by place: see `samples.Place`.
    """

    ids: Tensor
    places: Tensor
    lengths: tuple[int, ...]
    pixels: Tensor | None
    grids: Tensor | None
    at: Tensor
    targets: Tensor
    open: Tensor
    answered: Tensor
    weights: Tensor
    tokens: int  # without filling

    def to(self, device: torch.device) -> "Batch":
        held = [getattr(self, field.name) for field in fields(self)]
        moved: list[Any] = [one.to(device) if isinstance(one, Tensor) else one for one in held]
        return Batch(*moved)


def filled(length: int) -> int:
    """Returns the length that a sample is filled up to."""
    return -(-length // _SEQUENCE) * _SEQUENCE


def plan(samples: Sequence[Sample], budget: int, rng: random.Random) -> list[list[int]]:
    """Plans rows of at most `budget` tokens (or one sample), whose samples and order are chance.

    Each sample in its turn goes into the row that it fills most. Taking long ones first would fill the rows a little
    more, and put the same ones together in every epoch.
    """
    order = list(range(len(samples)))
    rng.shuffle(order)
    rows: list[list[int]] = []
    open_rows: dict[int, list[int]] = {}  # rows' numbers, by how many tokens there is room for
    for index in order:
        length = filled(len(samples[index].ids))
        room = min((room for room, found in open_rows.items() if found and room >= length), default=None)
        if room is None:
            rows.append([index])
            number, room = len(rows) - 1, max(budget, length)
        else:
            number = open_rows[room].pop()
            rows[number].append(index)
        open_rows.setdefault(room - length, []).append(number)
    rng.shuffle(rows)
    return rows


def waste(samples: Sequence[Sample], batches: Sequence[Sequence[int]]) -> float:
    """Returns the share of positions that are filling."""
    used = sum(len(samples[index].ids) for batch in batches for index in batch)
    paid = sum(sum(_lengths([samples[index] for index in batch])) for batch in batches)
    return 1 - used / paid if paid else 0.0


def _lengths(samples: Sequence[Sample]) -> list[int]:
    """The samples' lengths in a row, filled up; the last one fills the row."""
    lengths = [filled(len(sample.ids)) for sample in samples]
    lengths[-1] += -sum(lengths) % _ROW
    return lengths


def collate(
    samples: Sequence[Sample],
    filler: int,
    places: Places,
    open_photo: Callable[[str], Image.Image],
    photo_tensors: PhotoTensors,
) -> Batch:
    """Makes one row of these samples, in their order."""
    lengths = _lengths(samples)
    ids = torch.full((1, sum(lengths)), filler, dtype=torch.long)
    positions = torch.zeros(3, 1, sum(lengths), dtype=torch.long)
    counted = []
    start = 0
    for sample, length in zip(samples, lengths, strict=True):
        end = start + len(sample.ids)
        ids[0, start:end] = torch.tensor(sample.ids)
        positions[:, 0, start:end] = places(sample)
        counted += [(start + place.at, place, sample.weight) for place in sample.places]
        start += length
    digests = [photo.digest for sample in samples for photo in sample.photos]
    pixels, grids = photo_tensors([open_photo(digest) for digest in digests]) if digests else (None, None)
    return Batch(
        ids,
        positions,
        tuple(lengths),
        pixels,
        grids,
        torch.tensor([at for at, _, _ in counted]),
        torch.tensor([place.target for _, place, _ in counted]),
        torch.tensor([place.open for _, place, _ in counted]),
        torch.tensor([place.answered for _, place, _ in counted]),
        torch.tensor([weight for _, _, weight in counted]),
        sum(len(sample.ids) for sample in samples),
    )
