"""Tokens: from systemd credentials or the environment, never from a file in the workspace; never shown."""

import os
import re
import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ConfigError
from bot.files import read_text
from bot.workspace import Workspace, write_private

NAMES: Mapping[str, str] = {
    "telegram_token": "ECHOES_TELEGRAM_TOKEN",
    "discord_token": "ECHOES_DISCORD_TOKEN",
    "web_token": "ECHOES_WEB_TOKEN",
    "server_token": "ECHOES_SERVER_TOKEN",
}
"""What a systemd credential is called, and the environment variable that does the same."""

TOKEN_SHAPES = re.compile(
    r"(?<!\d)\d{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{30,}"  # Telegram; in an address after `bot`, and perhaps percent-encoded
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"  # Discord
    r"|\b(?:hf|sk)[_-][A-Za-z0-9_-]{20,}"  # model hubs and servers
)
"""What a token looks like, wherever it stands."""

SAMPLE = re.compile(r"change[-_ ]?me|your[-_ ]?(bot[-_ ]?)?(token|key|name|id)|^<.*>$|^x{3,}$", re.IGNORECASE)
"""What is left in from an example."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The tokens that were given, by credential name. Its repr shows none."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def need(self, name: str) -> str:
        """Raises ConfigError with what to do where the token was not given."""
        value = self.values.get(name)
        if value is None:
            raise ConfigError(
                f"The {name.replace('_', ' ')} is missing: set {NAMES[name]}, or give systemd the credential {name}."
            )
        return value


def load_secrets(environment: Mapping[str, str] | None = None) -> Secrets:
    """Every token given; a systemd credential goes before the environment.

    Raises ConfigError with all mistakes, PassingError while a credential cannot be read.
    """
    environment = os.environ if environment is None else environment
    folder = environment.get("CREDENTIALS_DIRECTORY")
    values: dict[str, str] = {}
    problems: list[str] = []
    for name, variable in NAMES.items():
        source, value = variable, environment.get(variable)
        credential = Path(folder) / name if folder else None
        if credential is not None and credential.exists():
            source = f"The systemd credential {name}"
            try:
                value = read_text(credential)
            except UnicodeDecodeError:
                problems.append(f"{source} is no text in UTF-8: see systemd/README.md.")
                continue
        value = (value or "").strip()
        if not value:
            continue
        if SAMPLE.search(value):
            problems.append(f"{source} still holds a sample value: put the real token there.")
        elif any(character.isspace() or not character.isprintable() for character in value):
            problems.append(f"{source} holds more than one token or word: put only the token there.")
        else:
            values[name] = value
    if problems:
        raise ConfigError(*problems)
    return Secrets(values)


def web_token_path(workspace: Workspace) -> Path:
    """Where the web chat's token is kept when none was given."""
    return workspace.root / "web_token"


def web_token(workspace: Workspace, secrets: Secrets) -> str:
    """The token that opens the web chat: the one given, or the one kept in the workspace, made on first use."""
    given = secrets.get("web_token")
    if given is not None:
        return given
    path = web_token_path(workspace)
    try:
        kept = read_text(path).strip()
    except FileNotFoundError:
        kept = ""
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is damaged: remove it, and a new one is made.") from None
    if not kept:
        kept = randomness.token_urlsafe(24)
        write_private(path, (kept + "\n").encode())
    return kept
