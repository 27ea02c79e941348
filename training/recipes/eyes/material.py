"""What the tower is shown: drawings and photos by the number of their name, views of them by the number of the step."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.recipes.eyes.augment import Shown, views
from training.recipes.eyes.concepts import all_names, grocery_name
from training.recipes.eyes.config import Recipe
from training.recipes.eyes.groceries import Groceries, pixels
from training.recipes.eyes.pictures import SIDE, Pictures

_LINED = 0.5  # how often a drawing is shown with lines around its shapes, beside without
_PHOTOS = 0.15  # of the views
_GROUNDS = 64  # pictures that stand behind those of one batch
_COLOURS = re.compile(r"\b(red|orange|yellow|green|blue|purple|pink|brown|black|white|grey|gold|silver|bronze)\b")


@dataclass(frozen=True)
class Material:
    """drawings: numbers of the pictures that are learnt, by concept; photos: pixels and name of those learnt."""

    names: tuple[str, ...]
    pictures: Pictures
    drawings: tuple[tuple[NDArray[np.int64], NDArray[np.float64]], ...]
    photos: NDArray[np.uint8]
    photo_name: NDArray[np.int64]
    name_of_concept: NDArray[np.int64]

    def batch(self, count: int, size: tuple[int, int], strength: float, seed: int, step: int) -> tuple[Tensor, Tensor]:
        """Views (count × 3 × height × width, 0…1) and the numbers of their names; the same for the same step."""
        draw = np.random.default_rng((seed, step))
        of_photos = round(_PHOTOS * count) if len(self.photos) else 0
        concepts = draw.choice(len(self.drawings), size=count - of_photos, p=self._even)
        chosen = [draw.choice(numbers, p=weights) for numbers, weights in (self.drawings[place] for place in concepts)]
        raw = np.empty((count, SIDE, SIDE, 4), np.uint8)
        raw[: len(chosen)] = self.pictures.pixels[np.array(chosen)]
        names = self.name_of_concept[concepts]
        if of_photos:
            kinds = draw.choice(np.unique(self.photo_name), size=of_photos)
            which = [draw.choice(np.flatnonzero(self.photo_name == kind)) for kind in kinds]
            raw[len(chosen) :, ..., :3], raw[len(chosen) :, ..., 3] = self.photos[which], 255
            names = np.concatenate([names, kinds])
        mirrored = np.ones(count, dtype=bool)
        mirrored[: len(chosen)] = [self.pictures.concepts[place].mirrored for place in concepts]
        coloured = np.array([bool(_COLOURS.search(self.names[name])) for name in names])
        coloured[len(chosen) :] = True  # what is a lime and what a lemon
        shown = Shown(
            torch.from_numpy(raw).permute(0, 3, 1, 2).float() / 255,
            torch.arange(count) >= len(chosen),
            torch.from_numpy(mirrored),
            torch.from_numpy(coloured),
        )
        generator = torch.Generator().manual_seed(int(draw.integers(2**62)))
        return views(shown, self._grounds(draw), size, strength, generator), torch.from_numpy(names)

    @cached_property
    def _even(self) -> NDArray[np.float64]:
        """Concepts called alike are together shown as often as any other."""
        share = 1 / np.bincount(self.name_of_concept, minlength=len(self.names))[self.name_of_concept]
        found: NDArray[np.float64] = share / share.sum()
        return found

    def _grounds(self, draw: np.random.Generator) -> Tensor:
        drawn = self.pictures.pixels[np.sort(draw.integers(len(self.pictures.pixels), size=_GROUNDS // 2))]
        some = [drawn[..., :3]]
        if len(self.photos):
            some.append(self.photos[draw.integers(len(self.photos), size=_GROUNDS // 2)])
        return torch.from_numpy(np.concatenate(some)).permute(0, 3, 1, 2).float() / 255


def build_material(recipe: Recipe, pictures: Pictures, groceries: Groceries) -> Material:
    """Builds what is learnt from; nothing of a test style or of a photo kept out is in it."""
    names = all_names(pictures.concepts, groceries.kinds)
    number = {name: place for place, name in enumerate(names)}
    weights = {style.name: style.weight for style in recipe.styles if not style.test}
    weight = np.array([weights.get(style, 0.0) for style in pictures.style]) * np.where(pictures.lined, _LINED, 1.0)
    return Material(
        tuple(names),
        pictures,
        tuple(
            _weighted(np.flatnonzero((pictures.concept == place) & (weight > 0)), weight) for place in _all(pictures)
        ),
        pixels(groceries.learnt, SIDE) if groceries.learnt else np.empty((0, SIDE, SIDE, 3), np.uint8),
        np.array([number[grocery_name(photo.kind)] for photo in groceries.learnt], dtype=np.int64),
        np.array([number[concept.name] for concept in pictures.concepts], dtype=np.int64),
    )


def _all(pictures: Pictures) -> Sequence[int]:
    return range(len(pictures.concepts))


def _weighted(numbers: NDArray[np.int64], weight: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return numbers, weight[numbers] / weight[numbers].sum()
