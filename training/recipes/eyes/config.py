"""The recipe's one file of settings."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.errors import ConfigError
from bot.files import read_utf8
from bot.validation import Section, if_empty, read

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Size = tuple[Count, Count]
"""Height and width, in pixels."""
Folder = Annotated[Path, AfterValidator(Path.expanduser)]


class Style(Section):
    """One way of drawing: an npm package of SVG pictures. weight: how often it is shown beside the others."""

    name: str
    package: str
    licence: str
    author: str
    test: bool = False
    weight: float = Field(default=1.0, ge=0)


class Look(Section):
    """One stretch of the tower's own training."""

    size: Size = Field(description="height and width in pixels, in square brackets")
    steps: Count
    batch: Count
    rate: float
    other_sizes: tuple[Size, ...] = ()
    other_share: Share = 0.0


class LookSettings(Section):
    """The tower's training. Views are as hard as `easy` at first and as `hard` at last."""

    looks: tuple[Look, ...] = Field(min_length=1, description="a list of stretches with size, steps, batch and rate")
    easy: Share
    hard: Share


class SaidSettings(Section):
    """How the language model is told of pictures while it is learnt with.

    exact: the share of the steps in which names are said alone; in the others it is what the tower detects in views.
    noise: at most, as a share of the codes' own spread. views: in how many the tower detects before.
    """

    exact: Share
    noise: float = Field(ge=0)
    views: Count


class CodeSettings(Section):
    """How the codes are learnt."""

    steps: Count
    batch: Count
    rate: float


class LessonSettings(Section):
    """How the LoRA is learnt that tells the first picture from the second.

    choosing: the share of the steps with two pictures; in the others one is named. rank: of the LoRA. talks: chats
    without pictures in which the model shall say what it said before; staying: how much that weighs.
    """

    steps: Count
    batch: Count
    rate: float
    rank: Count
    choosing: Share
    talks: int = Field(ge=0)
    staying: float = Field(ge=0)


class Recipe(Section):
    """All settings. Paths in it are relative to the folder that the command runs in."""

    work: Folder
    styles: tuple[Style, ...] = Field(min_length=1, description="a list of ways of drawing")
    held_out_products: Annotated[frozenset[str], if_empty(())] = Field(description="a list of products")
    look: LookSettings
    said: SaidSettings
    codes: CodeSettings
    lessons: LessonSettings
    groceries: Annotated[Folder | None, if_empty(None)] = None
    seed: int = 20180
    threads: Count = 1

    @property
    def views(self) -> int:
        """How many views the tower learns from."""
        return sum(look.steps * look.batch for look in self.look.looks)


def load_recipe(path: Path) -> Recipe:
    """Reads the settings. Raises ConfigError with every mistake in the file."""
    try:
        text = read_utf8(path)
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: give the recipe's file with --config.") from None
    return read(Recipe, text, str(path))
