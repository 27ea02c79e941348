"""Who the avatar is, read from persona.yaml: name, aliases, language, a few facts; and how, from personality.yaml."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, tzinfo
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from bot.era import PATTERN
from bot.errors import ConfigError
from bot.files import read_utf8
from bot.personality.answers import load_personality
from bot.personality.words import in_words
from bot.validation import Section, if_empty, read, wrong
from bot.workspace import PERSONALITY

Language = Literal["en", "zh"]
LANGUAGES: tuple[str, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of each year on which the avatar may write to a contact by itself. on: the month and the day."""

    contact: str
    on: tuple[int, int]
    what: str

    def next(self, today: date) -> date:
        """Returns the next one, today included. What was born on a 29 February is celebrated on the 28th else."""
        return min(on for year in (today.year, today.year + 1) if (on := self._in(year)) >= today)

    def _in(self, year: int) -> date:
        month, day = self.on
        return date(year, month, min(day, 28) if month == 2 and not isleap(year) else day)


@dataclass(frozen=True, slots=True)
class Persona:
    """timezone: an IANA name, for the times shown in a prompt. era: the year or month that the avatar speaks from, as
    `2019` or `2019-06`; empty: today. dates: days on which the avatar may begin by itself. character: a sentence of
    what stands out in the personality, if that was asked; else empty.
    """

    name: str
    aliases: tuple[str, ...] = ()
    language: str = "en"
    about: str = ""
    timezone: str = "UTC"
    era: str = ""
    dates: tuple[Day, ...] = ()
    character: str = ""

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


def _month_and_day(given: str) -> str:
    try:
        date.fromisoformat(f"2024-{given}")  # a year that has a 29 February
    except ValueError:
        raise wrong(f"{given!r} is no day of a year; write it as 05-14.") from None
    return given


class _Day(Section):
    contact: str = Field(min_length=1, description="a contact's short name")
    on: Annotated[str, AfterValidator(_month_and_day)] = Field(description="month and day, as 05-14")
    what: str = Field(min_length=1, max_length=80, description="what day it is, as the contact will read it")

    def day(self) -> Day:
        month, day = self.on.split("-")
        return Day(self.contact, (int(month), int(day)), self.what)


class _File(Section):
    name: str = Field(min_length=1, description="what the avatar is called")
    aliases: Annotated[tuple[str, ...], if_empty(())] = Field(default=(), description="a list of other names")
    language: Language = Field(default="en", description="the language of the prompt")
    about: Annotated[str, if_empty("")] = Field(default="", description="a few facts, in words")
    timezone: Annotated[str, if_empty("UTC"), AfterValidator(_known_zone)] = Field(
        default="UTC", description="a time zone such as Europe/London"
    )
    era: Annotated[str, if_empty("")] = Field(
        default="", pattern=rf"^(?:{PATTERN})?$", description="a year or a month, as 2019 or 2019-06"
    )
    dates: Annotated[tuple[_Day, ...], if_empty(())] = Field(
        default=(), description="a list of days, as {contact: mei, on: 05-14, what: birthday}"
    )


def load_persona(path: Path) -> Persona:
    """Loads it, with what personality.yaml in the same folder says of the character.

    Raises ConfigError with every mistake in a file, PassingError while one cannot be read.
    """
    try:
        file = read(_File, read_utf8(path), str(path))
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: run `echoes subject WHO` to make it.") from None
    dates = tuple(one.day() for one in file.dates)
    character = in_words(load_personality(path.with_name(PERSONALITY)), file.language)
    return Persona(file.name, file.aliases, file.language, file.about, file.timezone, file.era, dates, character)
