"""What the owner wrote down to be remembered, and what is never to be: memory.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from bot.files import read_utf8
from bot.validation import Section, Text, if_empty, read
from bot.workspace import write_private

ANYBODY = "anybody"

_HEAD = """\
# What the avatar may remember beside the chats; `echoes memory` changes it, too.
# anybody: what it may tell everybody, in groups too. contacts: what it may tell that contact alone.
# never: messages of the chats that are not to be remembered, as `echoes memory` lists them.
"""


@dataclass(frozen=True, slots=True)
class Notes:
    """anybody: facts for everybody. contacts: facts for one contact, by slug. never: keys of messages."""

    anybody: tuple[str, ...] = ()
    contacts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    never: frozenset[str] = frozenset()

    def known_to(self, slug: str | None) -> tuple[str, ...]:
        """The facts that a contact may be told; of a stranger, or in a group (None), those for everybody."""
        return (*self.anybody, *(self.contacts.get(slug, ()) if slug else ()))

    def of(self, who: str) -> tuple[str, ...]:
        """The facts for a contact alone, or for ANYBODY."""
        return self.anybody if who == ANYBODY else self.contacts.get(who, ())

    def having(self, who: str, facts: tuple[str, ...]) -> "Notes":
        """The same with these facts for a contact, or for ANYBODY."""
        if who == ANYBODY:
            return replace(self, anybody=facts)
        return replace(self, contacts={key: one for key, one in {**self.contacts, who: facts}.items() if one})


class _File(Section):
    anybody: Annotated[tuple[Text, ...], if_empty(())] = Field(default=(), description="a list of facts, each a text")
    contacts: Annotated[dict[str, tuple[Text, ...]], if_empty({})] = Field(
        default={}, description="lists of facts by the contact's short name"
    )
    never: Annotated[tuple[Text, ...], if_empty(())] = Field(default=(), description="a list such as ['corpus/3/120']")


def load_notes(path: Path) -> Notes:
    """Loads them; a missing file has none. Raises ConfigError with every mistake, PassingError while it is not read."""
    try:
        file = read(_File, read_utf8(path), str(path))
    except FileNotFoundError:
        return Notes()
    return Notes(file.anybody, file.contacts, frozenset(file.never))


def save_notes(path: Path, notes: Notes) -> None:
    """Writes the readable file."""
    document = {
        ANYBODY: list(notes.anybody),
        "contacts": {slug: list(facts) for slug, facts in notes.contacts.items()},
        "never": sorted(notes.never),
    }
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    write_private(path, (_HEAD + text).encode())
