"""Reads config.yaml; every mistake is found in one go, with its line and its place in the file."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from bot.config.embedded import settled
from bot.config.sections import Config, PlatformsConfig
from bot.errors import ConfigError, EchoesError
from bot.files import read_utf8
from bot.platform import Platforms, PlatformSection
from bot.secrets import SERVER_TOKEN, Secret
from bot.validation import Document, Place, either, places
from bot.workspace import Workspace


def load_config(path: Path, platforms: Platforms | None = None, *, training: bool = False) -> Config:
    """Raises ConfigError with every mistake in the file, each with its line; PassingError while it cannot be read.

    platforms: those that are installed. Without them it is seen which are on, but not what is said of each.
    training: for a LoRA that is to be trained, not for the one that speaks (see `bot.config.embedded`).
    """
    try:
        config = parse_config(read_utf8(path), str(path), platforms)
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: `echoes init` makes one.") from None
    return settled(config, Workspace(path.parent), training=training)


def parse_config(text: str, name: str = "config.yaml", platforms: Platforms | None = None) -> Config:
    """The configuration in a text; `name` is how messages call the file. Raises as `load_config` does."""
    installed = platforms or Platforms()
    known = places(Config)
    for one in installed.good.values():
        known += places(one.section, f"platforms.{one.name}.")
    document = Document(text, name, known, installed.secrets, _advice(installed.secrets))
    config = document.read(Config)
    on = document.value.get("platforms") if isinstance(document.value, dict) else None
    read = PlatformsConfig()
    if platforms is not None and isinstance(on, dict):
        read = _read_platforms(document, tuple(on), platforms)
    if config is not None:
        _check_ports(document, config, read)
    document.finish()
    assert config is not None
    return config if platforms is None else config.model_copy(update={"platforms": read})


def _read_platforms(document: Document, on: tuple[str, ...], installed: Platforms) -> PlatformsConfig:
    """What is said of each platform that is on. One whose own code breaks over it is left to be reported."""
    sections: dict[str, PlatformSection] = {}
    broken: dict[str, EchoesError] = {}
    for name in on:
        if name in installed.broken:
            broken[name] = installed.broken[name]
            continue
        if name not in installed.good:
            close = difflib.get_close_matches(name.lower(), installed.names, 1, 0.6)
            hint = f"; did you mean {close[0]}?" if close else ", or its package is missing."
            sentence = f"no such platform{hint} Installed: {', '.join(installed.names) or 'none'}."
            document.problem(("platforms", name), sentence, at_key=True)
            continue
        platform = installed.good[name]
        try:
            section = document.read(platform.section, "platforms", name)
            if section is not None:
                section.hidden(), section.listens()  # whether they break is seen here
                sections[name] = section
        except Exception as error:
            broken[name] = platform.failed("while its section of config.yaml was read", error)
    return PlatformsConfig(on, sections, broken)


def _check_ports(document: Document, config: Config, platforms: PlatformsConfig) -> None:
    """No two parts listen in the same place."""
    listening: dict[Place, tuple[str, int] | None] = {
        ("platforms", name): section.listens() for name, section in platforms.sections.items()
    }
    if config.health is not None:
        listening["health",] = (config.health.host, config.health.port)
    taken: dict[tuple[str, int], Place] = {}
    for part, address in listening.items():
        if address is None or address[1] == 0:
            continue
        other = taken.setdefault(address, part)
        if other == part:
            continue
        here, there = (
            (part, other) if document.has((*part, "port")) or not document.has((*other, "port")) else (other, part)
        )
        sentence = f"the port {address[1]} is taken by {'.'.join(map(str, there))}: choose another."
        document.problem((*here, "port"), sentence)


def _advice(secrets: Sequence[Secret]) -> str:
    sources = either([secret.source for secret in secrets if secret.source])
    variables = ", ".join(secret.variable for secret in (*secrets, SERVER_TOKEN))
    return (
        f"remove it and revoke it{f' (at {sources})' if sources else ''}, then give the new one in the environment "
        f"({variables}) or as a systemd credential."
    )
