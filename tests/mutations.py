"""Damages JSON as no careful server would send it, and some careless one does. The same seed does the same damage."""

import copy
import random
from collections.abc import Iterator
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 1.5, -1e300, "", " ", "0", "-1", "\ud83d", "\udc00x",
    "\x00", "￿", "a" * 5000, "نص", "2026-13-45T99:99:99+99:99", "null", [], [None], [[]], [{}], {}, {"id": None},
    {"": ""},
)  # fmt: skip
_DEEP = 60  # times four is still what a server can write


def mutated(told: dict[str, Any], chance: random.Random, keep: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A copy with one to four places damaged, anywhere but in the top-level fields to keep."""
    damaged = copy.deepcopy(told)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        places = list(_places(damaged, keep))
        if places:
            container, key = chance.choice(places)
            _damage(container, key, chance)
    return damaged


def _places(value: Any, keep: frozenset[str] = frozenset()) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys or indices."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in keep:
                yield value, key
                yield from _places(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from _places(inner)


def _damage(container: Any, key: Any, chance: random.Random) -> None:
    kind = chance.randrange(6)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[f"{key}_from_the_future"] = container.pop(key)
    elif kind == 2:
        container[key] = _deep(container[key])
    elif kind == 3 and isinstance(container[key], str):
        text = container[key]
        place = chance.randrange(len(text) + 1)
        container[key] = text[:place] + chance.choice(("\ud83d", "\x00", "\u202e", "9" * 40)) + text[place:]
    elif kind == 4 and isinstance(container[key], int):
        container[key] = chance.choice((-container[key], container[key] * 10**12, str(container[key])))
    else:
        container[key] = copy.deepcopy(chance.choice(STRANGE))


def _deep(value: Any) -> Any:
    for _ in range(_DEEP):
        value = [value]
    return value
