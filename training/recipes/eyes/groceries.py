"""Photos of groceries on the shelf: which are learnt, which are only tested on."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.errors import DataError

_EVERY = 8  # of the photos of a product that is learnt, one in so many is kept out


@dataclass(frozen=True, slots=True)
class Grocery:
    file: Path
    product: str
    kind: str


@dataclass(frozen=True, slots=True)
class Groceries:
    """`unseen` shows products that are not learnt, of kinds that are; `known` other photos of learnt products."""

    learnt: tuple[Grocery, ...] = ()
    unseen: tuple[Grocery, ...] = ()
    known: tuple[Grocery, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted({photo.kind for photo in self.learnt}))


def read_groceries(folder: Path | None, held_out: Collection[str]) -> Groceries:
    """Raises DataError where a product held out is not there, or the last of its kind."""
    if folder is None:
        return Groceries()
    try:
        with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
            photos = [Grocery(folder / row["file"], row["product"], row["kind"]) for row in csv.DictReader(file)]
    except (OSError, KeyError) as error:
        raise DataError(f"{folder} has no labels.csv with file, product and kind ({error}).") from error
    unseen = [photo for photo in photos if photo.product in held_out]
    rest = [photo for photo in photos if photo.product not in held_out]
    if missing := set(held_out) - {photo.product for photo in unseen}:
        raise DataError(f"held_out_products: {folder} shows no {', '.join(sorted(missing))}.")
    if lost := {photo.kind for photo in unseen} - {photo.kind for photo in rest}:
        raise DataError(f"held_out_products: nothing of {', '.join(sorted(lost))} would be left to learn.")
    known = [photo for number, photo in enumerate(rest) if number % _EVERY == 0]
    learnt = [photo for number, photo in enumerate(rest) if number % _EVERY]
    return Groceries(tuple(learnt), tuple(unseen), tuple(known))


def pixels(photos: Collection[Grocery], side: int) -> NDArray[np.uint8]:
    """photos × side × side × 3, the middle of each."""
    found = np.empty((len(photos), side, side, 3), np.uint8)
    for place, photo in enumerate(photos):
        image = Image.open(photo.file).convert("RGB")
        short = min(image.size)
        left, top = (image.width - short) // 2, (image.height - short) // 2
        square = image.crop((left, top, left + short, top + short))
        found[place] = np.asarray(square.resize((side, side), Image.Resampling.BICUBIC))
    return found
