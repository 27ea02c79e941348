"""Exchanges that the owner released: what the person wrote to people of a relationship, to be shown to any other such.

Nobody's private chat is ever shown to somebody else. What stands here was looked at by the owner, one by one, or
written for this; whose chat one is from is noted, so that it goes when they are left out, or ask to be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, field_validator

from bot.files import read_utf8
from bot.people import RELATIONSHIPS
from bot.validation import Section, Text, if_empty, read, wrong
from bot.workspace import write_private

_HEAD = """\
# How the person writes to people of a relationship: shown to such people as an example where there is no earlier talk.
# they: what was asked, i: what the person answered, each line a message. of: whose chat it is from, if any.
# Only what anybody may see belongs here. `echoes release` changes it, too.
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """they, i: what somebody wrote and what the person answered, each line a message. of: a contact's short name."""

    they: str
    i: str
    of: str = ""


Released = Mapping[str, tuple[Exchange, ...]]
"""By relationship."""


class _Exchange(Section):
    they: Text = Field(description="what was asked, each line a message")
    i: Text = Field(description="what the person answered, each line a message")
    of: Annotated[str, if_empty("")] = Field(default="", description="the short name of the contact it is from, if any")


class _File(Section):
    released: Annotated[dict[str, Annotated[tuple[_Exchange, ...], if_empty(())]], if_empty({})] = Field(
        default={}, description="lists of exchanges by relationship"
    )

    @field_validator("released")
    @classmethod
    def _in_the_list(cls, given: dict[str, tuple[_Exchange, ...]]) -> dict[str, tuple[_Exchange, ...]]:
        for word in given:
            if word not in RELATIONSHIPS:
                raise wrong(f"{word!r} is not one of {', '.join(RELATIONSHIPS)}.", word)
        return given


class _Lines(yaml.SafeDumper):
    """Writes several lines as they are, not as a quoted text."""


_Lines.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def load_released(path: Path) -> Released:
    """Loads them; a missing file has none. Raises ConfigError with every mistake, PassingError while it is not read."""
    try:
        file = read(_File, read_utf8(path), str(path))
    except FileNotFoundError:
        return {}
    return {word: tuple(Exchange(one.they, one.i, one.of) for one in some) for word, some in file.released.items()}


def save_released(path: Path, released: Released) -> None:
    """Writes the readable file, relationships in the order of their list."""
    document = {
        word: [{"they": one.they, "i": one.i, **({"of": one.of} if one.of else {})} for one in released[word]]
        for word in RELATIONSHIPS
        if released.get(word)
    }
    text = yaml.dump({"released": document}, Dumper=_Lines, allow_unicode=True, sort_keys=False, width=1000)
    write_private(path, (_HEAD + text).encode())
