"""Who the avatar is, read from persona.yaml: name, aliases, language, a few facts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from bot.errors import ConfigError
from bot.files import read_utf8
from bot.validation import Section, if_empty, read

Language = Literal["en", "zh"]
LANGUAGES: tuple[str, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Persona:
    name: str
    aliases: tuple[str, ...] = ()
    language: str = "en"
    about: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything others call the subject, longest first."""
        return tuple(sorted({self.name, *self.aliases}, key=len, reverse=True))


class _File(Section):
    name: str = Field(min_length=1, description="what the avatar is called")
    aliases: Annotated[tuple[str, ...], if_empty(())] = Field(default=(), description="a list of other names")
    language: Language = Field(default="en", description="the language of the prompt")
    about: Annotated[str, if_empty("")] = Field(default="", description="a few facts, in words")


def load_persona(path: Path) -> Persona:
    """Raises ConfigError with every mistake in the file, PassingError while it cannot be read."""
    try:
        file = read(_File, read_utf8(path), str(path))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: run `echoes subject WHO` to make it.") from None
    return Persona(file.name, file.aliases, file.language, file.about)
