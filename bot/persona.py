"""Who the avatar is, read from persona.yaml: name, aliases, language, a few facts."""

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from bot.errors import ConfigError
from bot.files import read_utf8
from bot.validation import Section, if_empty, read, wrong

Language = Literal["en", "zh"]
LANGUAGES: tuple[str, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Persona:
    """timezone: an IANA name, for the times shown in a prompt. era: the year or month that the avatar speaks from, as
    `2019` or `2019-06`; empty: today.
    """

    name: str
    aliases: tuple[str, ...] = ()
    language: str = "en"
    about: str = ""
    timezone: str = "UTC"
    era: str = ""

    @property
    def zone(self) -> tzinfo:
        """The time zone that the subject lives by."""
        return ZoneInfo(self.timezone)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything others call the subject, longest first."""
        return tuple(sorted({self.name, *self.aliases}, key=len, reverse=True))


def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone by that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _known_zone(name: str) -> str:
    if not is_zone(name):
        raise wrong(f"{name!r} is no time zone; give one such as Europe/London.")
    return name


class _File(Section):
    name: str = Field(min_length=1, description="what the avatar is called")
    aliases: Annotated[tuple[str, ...], if_empty(())] = Field(default=(), description="a list of other names")
    language: Language = Field(default="en", description="the language of the prompt")
    about: Annotated[str, if_empty("")] = Field(default="", description="a few facts, in words")
    timezone: Annotated[str, if_empty("UTC"), AfterValidator(_known_zone)] = Field(
        default="UTC", description="a time zone such as Europe/London"
    )
    era: Annotated[str, if_empty("")] = Field(
        default="", pattern=r"^(?:\d{4}(?:-(?:0[1-9]|1[0-2]))?)?$", description="a year or a month, as 2019 or 2019-06"
    )


def load_persona(path: Path) -> Persona:
    """Raises ConfigError with every mistake in the file, PassingError while it cannot be read."""
    try:
        file = read(_File, read_utf8(path), str(path))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: run `echoes subject WHO` to make it.") from None
    return Persona(file.name, file.aliases, file.language, file.about, file.timezone, file.era)
