"""The commented example file, made from the sections themselves so that the two cannot differ."""

import dataclasses
import textwrap
import typing
from typing import Any

import yaml

from bot.config.reader import kinds_of, option_of
from bot.config.sections import Config

_HEAD = """\
# How this avatar runs. Every line here may be left out; what stands is then the default.
#
# No token belongs in this file. Give them in the environment, as ECHOES_TELEGRAM_TOKEN, ECHOES_DISCORD_TOKEN and
# ECHOES_WEB_TOKEN, or as systemd credentials (see systemd/README.md). `echoes doctor` checks all of it.
"""
_ON = ("platforms.web",)  # optional sections that the example switches on


def example_text() -> str:
    """config.example.yaml: every key with its meaning and default; optional sections are commented out."""
    blocks = ["\n".join(_entry(field, Config, "")) for field in dataclasses.fields(Config)]
    return "\n".join([_HEAD, "\n\n".join(blocks), ""])


def _entry(field: dataclasses.Field[Any], owner: type, within: str) -> list[str]:
    """The lines of one key, not indented."""
    hint = typing.get_type_hints(owner, include_extras=True)[field.name]
    option, place = option_of(hint), within + field.name
    comment = [f"# {line}" for line in textwrap.wrap(option.text, 112)]
    section = next((kind for kind in kinds_of(hint) if dataclasses.is_dataclass(kind)), None)
    if section is None:
        if field.default is None:
            return [*comment, f"#{field.name}: {option.sample}"]
        value = option.sample if field.default is dataclasses.MISSING else field.default
        return [*comment, f"{field.name}: {yaml.safe_dump(value).splitlines()[0]}"]
    inner = [
        f"  {line}"
        for key in dataclasses.fields(section)
        for line in _entry(key, typing.cast(type, section), f"{place}.")
    ]
    body = [f"{field.name}:", *inner] if inner else [f"{field.name}: {{}}"]
    if field.default is None and place not in _ON:
        body = [f"#{line}" for line in body]
    return [*comment, *body]
