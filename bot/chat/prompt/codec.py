"""Text and photos to token ids and back. User text can never become a control token."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from bot.errors import ConfigError

CONTROL = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
_LONGEST = 199  # times as long as wide; processors refuse 200


@dataclass(frozen=True, slots=True)
class PhotoGeometry:
    """How a base model cuts photos: patch side in pixels, patches merged a side, and bounds on the pixels read.

    sees: whether its eyes have learnt to; one whose eyes have not is told of photos in words alone, see `Codec.names`.
    """

    patch: int
    merge: int
    min_pixels: int
    max_pixels: int
    sees: bool = True

    def grid(self, width: int, height: int) -> tuple[int, int, int]:
        """Frames, rows and columns of patches, within the bounds whatever the shape.

        The rule is Qwen2-VL's `smart_resize` (arXiv 2409.12191, 2.1). That one refuses very thin photos or lets them
        exceed the upper bound; here they lose length, and a photo resized to its grid is cut so by every processor.
        """
        factor = self.patch * self.merge
        rows, columns = (
            max(factor, round(height / factor) * factor),
            max(factor, round(width / factor) * factor),
        )
        if rows * columns > self.max_pixels:
            scale = math.sqrt(height * width / self.max_pixels)
            rows = max(factor, math.floor(height / scale / factor) * factor)
            columns = max(factor, math.floor(width / scale / factor) * factor)
        elif rows * columns < self.min_pixels:
            scale = math.sqrt(self.min_pixels / (height * width))
            rows, columns = (math.ceil(side * scale / factor) * factor for side in (height, width))
        longest = factor * max(1, min(self.max_pixels // factor**2, _LONGEST))
        rows, columns = min(rows, longest), min(columns, longest)
        return 1, rows // self.patch, columns // self.patch

    def size(self, grid: tuple[int, int, int]) -> tuple[int, int]:
        """Width and height of a photo that fills that grid."""
        return grid[2] * self.patch, grid[1] * self.patch

    def tokens(self, grid: tuple[int, int, int]) -> int:
        """How many positions a photo takes in the prompt."""
        return math.prod(grid) // self.merge**2


class PhotoNames(Protocol):
    """What photos are called where the model does not see them itself."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever a photo might be called otherwise."""

    def words(self, digest: str, language: str) -> str:
        """Returns what a photo shows, in a word or two; empty where nothing can be said."""


@dataclass(frozen=True)
class Codec:
    """A base model's tokenizer and photo geometry, and where photos are found.

    names: for a model that does not see photos; None where nobody tells what they show.
    """

    tokenizer: Tokenizer
    geometry: PhotoGeometry
    photo_size: Callable[[str], tuple[int, int]]  # digest → width, height
    names: PhotoNames | None = None
    control: dict[str, int] = field(init=False)
    banned: frozenset[int] = field(init=False)  # every added token but the end of turn: never generated, never in text
    added: re.Pattern[str] = field(init=False, repr=False)  # the names of all added tokens

    def __post_init__(self) -> None:
        added = {token.content: number for number, token in self.tokenizer.get_added_tokens_decoder().items()}
        missing = [name for name in CONTROL if name not in added]
        if missing:
            raise ConfigError(f"The base model's tokenizer lacks {', '.join(missing)}: Echoes needs a Qwen-VL model.")
        longest_first = sorted(added, key=len, reverse=True)
        object.__setattr__(self, "control", {name: added[name] for name in CONTROL})
        object.__setattr__(self, "banned", frozenset(added.values()) - {added["<|im_end|>"]})
        object.__setattr__(self, "added", re.compile("|".join(map(re.escape, longest_first))))

    @property
    def end_of_turn(self) -> int:
        return self.control["<|im_end|>"]

    def encode(self, text: str) -> list[int]:
        """Text as data: a control token's name is cut after its first character, so that it stays text."""
        pieces, start = [], 0
        while match := self.added.search(text, start):
            pieces.append(text[start : match.start() + 1])
            start = match.start() + 1
        pieces.append(text[start:])
        return [number for piece in pieces for number in self.tokenizer.encode(piece, add_special_tokens=False).ids]

    def decode(self, ids: list[int]) -> str:
        """The text of generated ids; control tokens vanish."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))


def load_tokenizer(folder: Path) -> Tokenizer:
    """The fast tokenizer in a model's folder."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ConfigError(f"{folder} has no tokenizer.json: give the folder of a Qwen-VL model.")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no narrower kind
        raise ConfigError(f"{path} is damaged ({error}): copy the model again.") from error
