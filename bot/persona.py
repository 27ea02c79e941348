"""Who the avatar is, read from persona.yaml: name, aliases, language, a few facts."""

import re
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import ConfigError
from bot.files import read_yaml

LANGUAGES = ("en", "zh")
_KEYS = ("name", "aliases", "language", "about", "timezone", "era")


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
        """That of the clock the subject lives by."""
        return ZoneInfo(self.timezone)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything others call the subject, longest first."""
        return tuple(sorted({self.name, *self.aliases}, key=len, reverse=True))


def load_persona(path: Path) -> Persona:
    """Raises ConfigError with every mistake in the file, PassingError while it cannot be read."""
    try:
        raw: Any = read_yaml(path)
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: run `echoes subject WHO` to make it.") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: must have at least a name.")
    problems = [f"{path}: {key}: unknown key (known: {', '.join(_KEYS)})." for key in raw if key not in _KEYS]
    name, aliases, language = raw.get("name"), raw.get("aliases") or [], raw.get("language", "en")
    if not isinstance(name, str) or not name.strip():
        problems.append(f"{path}: name: missing.")
    if not isinstance(aliases, list):
        problems.append(f"{path}: aliases: must be a list of names.")
        aliases = []
    if language not in LANGUAGES:
        problems.append(f"{path}: language: {language!r} is not one of {', '.join(LANGUAGES)}.")
    timezone, era = str(raw.get("timezone") or "UTC"), str(raw.get("era") or "")
    if not is_zone(timezone):
        problems.append(f"{path}: timezone: {timezone!r} is no time zone; give one such as Europe/London.")
    if not re.fullmatch(r"(?:\d{4}(?:-(?:0[1-9]|1[0-2]))?)?", era):
        problems.append(f"{path}: era: {era!r} must be a year or a month, such as 2019 or 2019-06.")
    if problems:
        raise ConfigError(*problems)
    return Persona(
        str(name).strip(),
        tuple(str(alias) for alias in aliases),
        language,
        str(raw.get("about") or "").strip(),
        timezone,
        era,
    )


def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone by that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
