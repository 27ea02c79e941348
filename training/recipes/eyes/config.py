"""The recipe's one file of settings."""

from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bot.errors import ConfigError

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Style:
    """One way of drawing: an npm package of SVG pictures. `weight`: how often it is shown beside the others."""

    name: str
    package: str
    licence: str
    author: str
    test: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """One stretch of the tower's own training. size: height and width in pixels."""

    size: tuple[int, int]
    steps: int
    batch: int
    rate: float
    other_sizes: tuple[tuple[int, int], ...] = ()
    other_share: float = 0.0


@dataclass(frozen=True, slots=True)
class LookSettings:
    """Views are as hard as `easy` at first and `hard` at last (0…1)."""

    looks: tuple[Look, ...]
    easy: float
    hard: float


@dataclass(frozen=True, slots=True)
class SaidSettings:
    """How the language model is told of pictures while it is learnt with.

    exact: share of the steps in which names are said alone; in the others it is what the tower detects in views.
    noise: at most, of the codes' own spread. views: that are detected in, before.
    """

    exact: float
    noise: float
    views: int


@dataclass(frozen=True, slots=True)
class CodeSettings:
    steps: int
    batch: int
    rate: float


@dataclass(frozen=True, slots=True)
class LessonSettings:
    """choosing: share of the steps with two pictures; in the others one is named. rank: of the LoRA.

    talks: chats without pictures in which the model shall say what it said before; staying: how much that weighs.
    """

    steps: int
    batch: int
    rate: float
    rank: int
    choosing: float
    talks: int
    staying: float


@dataclass(frozen=True, slots=True)
class Recipe:
    work: Path
    styles: tuple[Style, ...]
    held_out_products: frozenset[str]
    look: LookSettings
    said: SaidSettings
    codes: CodeSettings
    lessons: LessonSettings
    groceries: Path | None = None
    seed: int = 20180
    threads: int = 1

    @property
    def views(self) -> int:
        """That the tower learns from."""
        return sum(look.steps * look.batch for look in self.look.looks)


def load_recipe(path: Path) -> Recipe:
    """Reads the settings; paths in them are relative to the folder one is in. Raises ConfigError with what is wrong."""
    try:
        raw: Any = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: give the recipe's file with --config.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    plain = _known(Recipe, raw, str(path))
    return Recipe(
        **plain
        | {
            "work": Path(plain["work"]).expanduser(),
            "groceries": Path(plain["groceries"]).expanduser() if plain.get("groceries") else None,
            "styles": tuple(_section(Style, item, f"{path}: styles") for item in plain["styles"]),
            "held_out_products": frozenset(plain["held_out_products"] or ()),
            "look": _looks(plain["look"], f"{path}: look"),
            "said": _section(SaidSettings, plain["said"], f"{path}: said"),
            "codes": _section(CodeSettings, plain["codes"], f"{path}: codes"),
            "lessons": _section(LessonSettings, plain["lessons"], f"{path}: lessons"),
        }
    )


def _looks(raw: Any, where: str) -> LookSettings:
    plain = _known(LookSettings, raw, where)
    return LookSettings(**plain | {"looks": tuple(_look(item, f"{where}: looks") for item in plain["looks"])})


def _look(raw: Any, where: str) -> Look:
    plain = _known(Look, raw, where)
    others = tuple((int(high), int(wide)) for high, wide in plain.get("other_sizes", ()))
    high, wide = plain["size"]
    return Look(**plain | {"size": (int(high), int(wide)), "other_sizes": others})


def _section(kind: type[Section], raw: Any, where: str) -> Section:
    return kind(**_known(kind, raw, where))


def _known(kind: type[Any], raw: Any, where: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ConfigError(f"{where}: must be a table of settings.")
    names = {item.name for item in fields(kind)}
    for key in raw:
        if key not in names:
            raise ConfigError(f"{where}: {key}: unknown key (known: {', '.join(sorted(names))}).")
    for item in fields(kind):
        if item.default is MISSING and item.name not in raw:
            raise ConfigError(f"{where}: {item.name} is missing.")
    return raw
