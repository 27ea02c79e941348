"""Who the avatar is, read from persona.yaml: name, aliases, language, a few facts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.files import read_yaml

LANGUAGES = ("en", "zh")


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


def load_persona(path: Path) -> Persona:
    """Raises ConfigError with every mistake in the file, PassingError while it cannot be read."""
    try:
        raw: Any = read_yaml(path)
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: run `echoes subject WHO` to make it.") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: must have at least a name.")
    problems = [
        f"{path}: {key}: unknown key (known: name, aliases, language, about)."
        for key in raw
        if key not in ("name", "aliases", "language", "about")
    ]
    name, aliases, language = raw.get("name"), raw.get("aliases") or [], raw.get("language", "en")
    if not isinstance(name, str) or not name.strip():
        problems.append(f"{path}: name: missing.")
    if not isinstance(aliases, list):
        problems.append(f"{path}: aliases: must be a list of names.")
        aliases = []
    if language not in LANGUAGES:
        problems.append(f"{path}: language: {language!r} is not one of {', '.join(LANGUAGES)}.")
    if problems:
        raise ConfigError(*problems)
    return Persona(
        str(name).strip(),
        tuple(str(alias) for alias in aliases),
        language,
        str(raw.get("about") or "").strip(),
    )
