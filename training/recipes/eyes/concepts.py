"""What the tower learns to name: pictures that several styles draw under one name, and kinds of groceries."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.errors import DataError
from training.recipes.eyes.config import Style

LEAST_STYLES = 3
"""A concept is drawn by at least so many styles of training, so that its name does not mean one picture."""

# Variants of a person, signs whose name is not what one sees, and what no picture of 112 pixels can tell apart.
_LEFT_OUT = re.compile(
    r"skin-tone|^flag-|oclock|-thirty$|button|keycap|^(man|woman|men|women|person|people|family|couple|kiss)-"
    r"|arrow|square|circle$|^letter-|^regional|^input-|^circled|facing-right|^heavy-|^black-large|banknote"
    r"|diamond$|globe-showing-(americas|asia)|^white-(ex|qu|heavy)|^male-sign|^female-sign|^mx-|^family$"
    # Older names of faces and moons that the newer styles call otherwise.
    r"|stuck-out-tongue|^smiling-face-with-open-mouth|cold-sweat$|moon-with-face|savouring|^disappointed-but"
    r"|^blond-haired|^two-(wo)?men|-pointing-magnifying"
)
_NAMES = {
    "1st-place-medal": "gold medal",
    "2nd-place-medal": "silver medal",
    "3rd-place-medal": "bronze medal",
    "automobile": "car",
    "bowl-with-spoon": "soup",
    "cheese-wedge": "cheese",
    "closed-book": "book",
    "cooked-rice": "rice",
    "cooking": "fried egg",
    "cup-with-straw": "soft drink",
    "cut-of-meat": "steak",
    "droplet": "drop of water",
    "e-mail": "e-mail",
    "ear-of-corn": "corn",
    "ewe": "sheep",
    "ginger-root": "ginger",
    "glass-of-milk": "milk",
    "green-salad": "salad",
    "high-voltage": "lightning",
    "honeybee": "bee",
    "hot-beverage": "coffee",
    "hot-pepper": "chili pepper",
    "jack-o-lantern": "jack-o'-lantern",
    "kiwi-fruit": "kiwi",
    "lady-beetle": "ladybug",
    "pile-of-poo": "poo",
    "police-car-light": "siren",
    "pool-8-ball": "billiard ball",
    "pot-of-food": "stew",
    "red-apple": "apple",
    "shallow-pan-of-food": "paella",
    "shortcake": "cake",
    "steaming-bowl": "noodles",
    "t-rex": "t-rex",
    "t-shirt": "t-shirt",
    "tangerine": "orange",
    "teacup-without-handle": "tea",
    "wrapped-gift": "gift",
    "x-ray": "x-ray",
    "yo-yo": "yo-yo",
}
"""What people call it, where the list of characters says it otherwise, or with a hyphen of its own."""

_GROCERIES = {"aubergine": "eggplant", "carrots": "carrot", "pepper": "bell pepper", "satsumas": "satsuma"}

# What one style calls otherwise than the rest.
_RENAMED = {
    "fxemoji": {
        "aubergine": "eggplant",
        "bicyclist": "bicycle",
        "bunny": "rabbit",
        "cellphone": "mobile-phone",
        "chilipepper": "hot-pepper",
        "cop": "police-officer",
        "crying": "crying-face",
        "daggerknife": "dagger",
        "darksunglasses": "sunglasses",
        "dragonhead": "dragon-face",
        "earofmaize": "ear-of-corn",
        "europeancastle": "castle",
        "evergreen": "evergreen-tree",
        "fatherchristmas": "santa-claus",
        "fishingpoleandfish": "fishing-pole",
        "folder": "file-folder",
        "forkknife": "fork-and-knife",
        "gem": "gem-stone",
        "heels": "high-heeled-shoe",
        "lips": "mouth",
        "personalcomputer": "desktop-computer",
        "pigside": "pig",
        "pinkwallet": "purse",
        "poo": "pile-of-poo",
        "pray": "folded-hands",
        "racecar": "racing-car",
        "sheep": "ewe",
        "sliceofpizza": "pizza",
        "snowmountains": "snow-capped-mountain",
        "studiomic": "studio-microphone",
        "tie": "necktie",
        "toykotower": "tokyo-tower",
    }
}


@dataclass(frozen=True, slots=True)
class Concept:
    """`name` as a person would say it; `mirrored`: it means the same in a mirror; `others`: its other keys."""

    key: str
    name: str
    mirrored: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StylePictures:
    """One style's SVG pictures by plain key, and its other names for them."""

    bodies: Mapping[str, str]
    aliases: Mapping[str, str]

    def svg(self, concept: Concept) -> str | None:
        for key in (plain_key(concept.key), *concept.others):
            if found := self.bodies.get(key) or self.bodies.get(self.aliases.get(key, "")):
                return found
        return None


def read_style(style: Style, folder: Path) -> StylePictures:
    """Reads an iconify package: complete SVG documents by key. Raises DataError where it is not one."""
    path = folder / "icons.json"
    try:
        raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
        icons, width, height = raw["icons"], raw.get("width", 16), raw.get("height", 16)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is not a set of pictures ({type(error).__name__}): fetch it again.") from error
    renamed = _RENAMED.get(style.name, {})
    bodies = {
        plain_key(renamed.get(key, key)): (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{icon.get("left", 0)} {icon.get("top", 0)} {icon.get("width", width)} '
            f'{icon.get("height", height)}">{icon["body"]}</svg>'
        )
        for key, icon in icons.items()
    }
    aliases = {plain_key(key): plain_key(alias["parent"]) for key, alias in raw.get("aliases", {}).items()}
    return StylePictures(bodies, aliases)


def plain_key(key: str) -> str:
    """Styles differ in where they put hyphens."""
    return key.replace("-", "")


def choose(styles: Sequence[StylePictures], keys: Iterable[str]) -> list[Concept]:
    """The concepts among `keys` (hyphenated) that enough styles draw, sorted by name.

    Keys under which the first style draws one picture are one concept, called as most styles call it.
    """
    drawn = Counter(key for style in styles for key in {*style.bodies, *style.aliases})
    first = styles[0]
    groups: dict[str, list[str]] = {}
    for key in sorted(keys):
        plain = plain_key(key)
        body = first.bodies.get(plain) or first.bodies.get(first.aliases.get(plain, ""))
        if body is not None and not _LEFT_OUT.search(key):
            groups.setdefault(body, []).append(key)
    chosen = []
    for group in groups.values():
        key = max(group, key=lambda name: drawn[plain_key(name)])
        if drawn[plain_key(key)] >= LEAST_STYLES:
            others = tuple(plain_key(name) for name in group if name != key)
            chosen.append(Concept(key, spoken(key), not re.search(r"left|right", key), others))
    return sorted(chosen, key=lambda concept: concept.name)


def spoken(key: str) -> str:
    """`hot-dog` → hot dog, `mans-shoe` → man's shoe, `cow-face` → cow."""
    name = _NAMES.get(key) or re.sub(
        r"\b(wo)?(man|men)s\b", lambda match: f"{match[1] or ''}{match[2]}'s", key.replace("-", " ")
    )
    return _called().get(name, name)


@cache
def _called() -> Mapping[str, str]:
    """Names by the other names of the same, as `names.txt` has them."""
    same = read_words(Path(__file__).with_name("names.txt"))
    return {other: name for name, others in same.items() for other in others}


def read_words(path: Path) -> dict[str, tuple[str, ...]]:
    """Lines of `name: other, other`; from # on they are for people."""
    lines = (line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip(): tuple(word.strip() for word in others.split(",")) for name, _, others in pairs}


def grocery_name(kind: str) -> str:
    """`Oat-Milk` → oat milk, as one of a kind, called like the drawn one where there is one."""
    name = kind.replace("-", " ").lower()
    return _GROCERIES.get(name, name)


def all_names(concepts: Sequence[Concept], kinds: Iterable[str]) -> list[str]:
    """Everything the tower learns to say, sorted."""
    return sorted({concept.name for concept in concepts} | {grocery_name(kind) for kind in kinds})
