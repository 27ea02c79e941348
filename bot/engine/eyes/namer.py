"""What a picture shows, in a word, where the tower is sure of it."""

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from bot.chat.prompt import PhotoGeometry
from bot.engine.embedded import PIXELS, VISION, tower_path
from bot.engine.eyes.tower import Tower
from bot.errors import DataError
from bot.media import MediaStore

SURE = 0.7
"""How likely a name has to be before a picture is called by it: of drawings nine in ten are then called rightly."""

STEEP = 3.0
"""Of the detectors: their bend (GELU's) is so many times narrower than one nat."""

_GEOMETRY = PhotoGeometry(VISION["patch_size"], VISION["spatial_merge_size"], *PIXELS)
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Named:
    """name: in English and in Chinese. likelihood: that the tower gives it among all names, 0 to 1."""

    name: tuple[str, str]
    likelihood: float


class Namer:
    """Looks at the pictures of a store, and keeps what it saw."""

    def __init__(self, media: MediaStore) -> None:
        self._seen = lru_cache(maxsize=_KEPT)(lambda digest: name_of(media.open(digest)))

    @property
    def fingerprint(self) -> str:
        """Names what pictures are called by: changes with the tower, the names, and how sure it has to be."""
        return _fingerprint()

    def words(self, digest: str, language: str) -> str:
        """Returns the name of what a picture shows; empty where it is not sure, or the picture cannot be opened."""
        try:
            seen = self._seen(digest)
        except DataError:
            return ""
        english, chinese = seen.name
        sure = seen.likelihood >= SURE
        return (chinese if language == "zh" else english) if sure else ""


def name_of(picture: Image.Image) -> Named:
    """Returns the likeliest name of a picture of any size."""
    grid = _GEOMETRY.grid(*picture.size)
    found = _tower().detect(picture.resize(_GEOMETRY.size(grid), Image.Resampling.BICUBIC))
    known = names()
    nats = found[:, : len(known)].mean(0) / STEEP
    shares = np.exp(nats - nats.max())
    best = int(shares.argmax())
    return Named(known[best], float(shares[best] / shares.sum()))


@cache
def names() -> tuple[tuple[str, str], ...]:
    """What the detectors detect, in their order, in English and in Chinese."""
    lines = _names_path().read_text("utf-8").splitlines()
    pairs = (line.split(": ") for line in lines if not line.startswith("#"))
    return tuple((english, chinese) for english, chinese in pairs)


@cache
def _fingerprint() -> str:
    digest = hashlib.sha256(tower_path().read_bytes() + _names_path().read_bytes() + str(SURE).encode())
    return digest.hexdigest()[:8]


@cache
def _tower() -> Tower:
    return Tower.load(tower_path())


def _names_path() -> Path:
    return Path(__file__).with_name("names.txt")
