"""How the tower calls pictures by itself, as a model without eyes is told of them, and how sure it should be."""

from collections.abc import Collection, Mapping, Sequence

from PIL import Image
from tqdm import tqdm

from bot.engine.eyes.namer import name_of
from training.recipes.eyes.measure import Share, says

SURES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def called(told: str, images: Sequence[tuple[Image.Image, str]], synonyms: Mapping[str, Collection[str]]) -> list[str]:
    """Returns, for every likelihood that may be asked for, how many are called anything, and how many of those rightly.

    images: with what they show, empty for what no name is right of.
    """
    found = [(name_of(image), name) for image, name in tqdm(images, told, mininterval=5.0)]
    lines = []
    for sure in SURES:
        some = [(seen, name) for seen, name in found if seen.likelihood >= sure]
        right = sum(bool(name) and says(seen.name[0], name, synonyms) for seen, name in some)
        rightly = f"; rightly {Share(right, len(some))}" if some else ""
        lines.append(f"{told}, at least {sure:.1f} likely: called {Share(len(some), len(found))}{rightly}")
    return lines
