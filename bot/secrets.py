"""Tokens: from systemd credentials or the environment, never from a file in the workspace; never shown."""

import os
import re
import secrets as randomness
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import ConfigError
from bot.files import read_text
from bot.workspace import Workspace, write_private


@dataclass(frozen=True, slots=True)
class Secret:
    """A token that somebody gives: to systemd as the credential `name`, or in the environment as `variable`.

    shape: a regular expression of what it looks like, wherever it stands. source: where it is made and revoked.
    kept: one is made at the first start and kept in the workspace, where none was given.
    """

    name: str
    shape: str = ""
    source: str = ""
    kept: bool = False

    @property
    def variable(self) -> str:
        return f"ECHOES_{self.name.upper()}"

    @property
    def words(self) -> str:
        """The words that people use for it."""
        return self.name.replace("_", " ")

    def path(self, workspace: Workspace) -> Path:
        """Where a kept one lies."""
        return workspace.root / self.name


SERVER_TOKEN = Secret("server_token", shape=r"\b(?:hf|sk)[_-][A-Za-z0-9_-]{20,}", source="your model server or hub")
"""The model server's; its shape is that of the model hubs' tokens, too."""

SAMPLE = re.compile(r"change[-_ ]?me|your[-_ ]?(bot[-_ ]?)?(token|key|name|id)|^<.*>$|^x{3,}$", re.IGNORECASE)
"""What is left in from an example."""


def shapes(known: Iterable[Secret]) -> re.Pattern[str]:
    """What the tokens look like that these and the model's server use."""
    return re.compile("|".join(secret.shape for secret in (SERVER_TOKEN, *known) if secret.shape))


@dataclass(frozen=True, slots=True)
class Secrets:
    """The tokens that were given, by name. Its repr shows none."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def need(self, name: str) -> str:
        """Returns a token. Raises ConfigError with what to do where it was not given."""
        value = self.values.get(name)
        if value is None:
            secret = Secret(name)
            raise ConfigError(
                f"The {secret.words} is missing: set {secret.variable}, or give systemd the credential {name}."
            )
        return value

    def only(self, known: Collection[Secret]) -> "Secrets":
        """Those of them that one platform may see."""
        return Secrets({secret.name: self.values[secret.name] for secret in known if secret.name in self.values})


def load_secrets(known: Iterable[Secret], environment: Mapping[str, str] | None = None) -> Secrets:
    """Those that were given of the known ones and the model server's; a systemd credential goes before the environment.

    Raises ConfigError with all mistakes, PassingError while a credential cannot be read.
    """
    environment = os.environ if environment is None else environment
    folder = environment.get("CREDENTIALS_DIRECTORY")
    values: dict[str, str] = {}
    problems: list[str] = []
    for secret in (*known, SERVER_TOKEN):
        name, source, value = secret.name, secret.variable, environment.get(secret.variable)
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


def kept_secret(workspace: Workspace, secret: Secret) -> str | None:
    """The one that an earlier start made and kept. Raises ConfigError where its file is damaged, PassingError while
    it cannot be read."""
    try:
        return read_text(secret.path(workspace)).strip() or None
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ConfigError(f"{secret.path(workspace)} is damaged: remove it, and a new one is made.") from None


def with_kept(workspace: Workspace, secrets: Secrets, known: Iterable[Secret]) -> Secrets:
    """Adds the tokens that are kept where none was given, and makes those that are missing."""
    values = dict(secrets.values)
    for secret in known:
        if secret.kept and secret.name not in values:
            kept = kept_secret(workspace, secret)
            if kept is None:
                kept = randomness.token_urlsafe(24)
                write_private(secret.path(workspace), (kept + "\n").encode())
            values[secret.name] = kept
    return Secrets(values)
