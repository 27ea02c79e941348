"""What the shipped weights see, on styles and products they never saw: by the model's own words and by likelihood."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from bot.engine.models import LoadedModel, photo_tensors
from training.recipes.eyes.asking import Answers, Names
from training.recipes.eyes.concepts import grocery_name
from training.recipes.eyes.config import Recipe
from training.recipes.eyes.groceries import Grocery
from training.recipes.eyes.language import ASKINGS, CHOICES, ORDER, UNHEARD, AnswerScorer, Asking
from training.recipes.eyes.pictures import Pictures

_BLANK = Image.new("RGB", (112, 112), "white")
_BETWEEN = 97  # picture i is swapped for picture i + so many


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with Wilson's 95 % interval."""

    right: int
    of: int

    def __str__(self) -> str:
        low, high = interval(self.right, self.of)
        return f"{100 * self.right / self.of:.1f} % ({100 * low:.1f}–{100 * high:.1f}; {self.right} of {self.of})"


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture as the language model is told of it, and what it shows."""

    places: Tensor
    grid: tuple[int, int]
    name: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the model made of one picture: the likeliest name and its own words."""

    name: str
    likeliest: str
    words: str


def interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's, of 95 %."""
    z = 1.96
    middle = (right + z * z / 2) / (of + z * z)
    reach = z * math.sqrt(right * (of - right) / of + z * z / 4) / (of + z * z)
    return middle - reach, middle + reach


def look(loaded: LoadedModel, images: Sequence[tuple[Image.Image, str]]) -> list[Seen]:
    """The way a photo in a chat goes: resized to its grid, through the processor and the model's own tower."""
    found = []
    for image, name in images:
        pixels, grid = photo_tensors(loaded, [image])
        with torch.no_grad():
            features = loaded.model.model.get_image_features(pixels, grid).pooler_output
        found.append(Seen(torch.cat(list(features)), (int(grid[0, 1]), int(grid[0, 2])), name))
    return found


def style_images(pictures: Pictures, style: str, count: int) -> list[tuple[Image.Image, str]]:
    """Some drawings of a style on white, with the names of what they show; always the same ones."""
    numbers = np.random.default_rng(20180).permutation(pictures.of([style], lined=False))[:count]
    found = []
    for number in numbers:
        pixels = pictures.pixels[number].astype(np.int16)
        on_white = pixels[..., :3] + 255 - pixels[..., 3:]
        image = Image.fromarray(np.clip(on_white, 0, 255).astype(np.uint8))
        found.append((image, pictures.concepts[pictures.concept[number]].name))
    return found


def grocery_images(photos: Sequence[Grocery], count: int) -> list[tuple[Image.Image, str]]:
    numbers = np.random.default_rng(20180).permutation(len(photos))[:count]
    return [(Image.open(photos[number].file).convert("RGB"), grocery_name(photos[number].kind)) for number in numbers]


def answers(scorer: AnswerScorer, seen: Sequence[Seen], names: Sequence[str], *, told: str) -> list[Answered]:
    """Asks of each picture what it is."""
    tree = Names(scorer, names)
    found = []
    for picture in tqdm(seen, told, mininterval=5.0):
        answer = Answers(scorer, ASKINGS[0], picture.grid, picture.places)
        found.append(Answered(picture.name, names[answer.likeliest(tree)[0]], answer.words()))
    return found


def by_likelihood(found: Sequence[Answered]) -> Share:
    return Share(sum(answer.likeliest == answer.name for answer in found), len(found))


def by_words(found: Sequence[Answered], synonyms: Mapping[str, Collection[str]]) -> Share:
    return Share(sum(says(answer.words, answer.name, synonyms) for answer in found), len(found))


def swapped(found: Sequence[Answered]) -> list[Answered]:
    """Every picture's answer, judged by what another picture shows."""
    others = [*found[_BETWEEN % len(found) :], *found[: _BETWEEN % len(found)]]
    return [Answered(other.name, answer.likeliest, answer.words) for answer, other in zip(found, others, strict=True)]


def blank(scorer: AnswerScorer, names: Sequence[str], found: Sequence[Answered]) -> list[Answered]:
    """What a white picture is said to be, judged by what each picture shows."""
    [answer] = answers(scorer, look(scorer.loaded, [(_BLANK, "")]), names, told="blank")
    return [Answered(other.name, answer.likeliest, answer.words) for other in found]


def says(words: str, name: str, synonyms: Mapping[str, Collection[str]]) -> bool:
    """Whether words hold a name, or another word for it, whole."""
    return any(re.search(rf"\b{re.escape(word)}s?\b", words.lower()) for word in (name, *synonyms.get(name, ())))


def first_or_second(scorer: AnswerScorer, seen: Sequence[Seen], asking: Asking) -> Share:
    """Of two pictures, which shows the …? Each pair is asked for both, so that a habit of one answer is right half
    of the time."""
    right = of = 0
    for first, second in tqdm(list(zip(seen[::2], seen[1::2], strict=False)), "two pictures", mininterval=5.0):
        if first.grid != second.grid or first.name == second.name:
            continue
        both = torch.cat([first.places, second.places])
        for which, asked in enumerate((first.name, second.name)):
            answer = Answers(scorer, asking, first.grid, both, 2, asked)
            nats = [answer.nats(text) for text in ORDER]
            right += nats[which] < nats[1 - which]
            of += 1
    return Share(right, of)


def report(
    recipe: Recipe,
    scorer: AnswerScorer,
    pictures: Pictures,
    names: Sequence[str],
    groceries: Mapping[str, Sequence[Grocery]],
    count: int,
    synonyms: Mapping[str, Collection[str]],
) -> list[str]:
    """Lines of a table, and examples."""
    lines = [f"{len(names)} names; chance {100 / len(names):.2f} %"]
    for style in (style.name for style in recipe.styles if style.test):
        seen = look(scorer.loaded, style_images(pictures, style, count))
        found = answers(scorer, seen, names, told=style)
        lines += _lines(style, found, blank(scorer, names, found), synonyms)
        lines += [
            f"{style}, two pictures, “{asking.after}”: {first_or_second(scorer, seen, asking)}"
            for asking in (CHOICES[0], UNHEARD)
        ]
        lines += [f"  {item.name} | {item.likeliest} | {' '.join(item.words.split())}" for item in found[:20]]
    kinds = sorted({grocery_name(photo.kind) for photos in groceries.values() for photo in photos})
    for told, photos in groceries.items():
        found = answers(scorer, look(scorer.loaded, grocery_images(photos, count)), kinds, told=told)
        lines += _lines(f"groceries, {told}, of {len(kinds)} kinds", found, blank(scorer, kinds, found), synonyms)
    return lines


def _lines(
    told: str, found: Sequence[Answered], of_blank: Sequence[Answered], synonyms: Mapping[str, Collection[str]]
) -> list[str]:
    return [
        f"{told}, by likelihood: {by_likelihood(found)}; swapped {by_likelihood(swapped(found))}; "
        f"blank {by_likelihood(of_blank)}, “{of_blank[0].likeliest}”",
        f"{told}, by words: {by_words(found, synonyms)}; swapped {by_words(swapped(found), synonyms)}; "
        f"blank {by_words(of_blank, synonyms)}, “{of_blank[0].words}”",
    ]
