"""The commented example file, made from the sections themselves so that the two cannot differ."""

import textwrap

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.config.sections import Config
from bot.platform import Platforms
from bot.validation import section_in

_WIDTH = 112


def example_text(platforms: Platforms) -> str:
    """config.example.yaml: every key with its meaning and default; optional sections are commented out."""
    *some, last = [secret.variable for secret in platforms.secrets]
    tokens = (
        f"No token belongs in this file. Give them in the environment, as {', '.join(some)} and {last}, or as systemd "
        "credentials (see systemd/README.md). `echoes doctor` checks all of it."
    )
    head = ["# How this avatar runs. Every line here may be left out; what stands is then the default.", "#"]
    head += _comment(tokens)
    blocks = []
    for name, field in Config.model_fields.items():
        lines = _platforms(field, platforms) if name == "platforms" else _entry(name, field)
        blocks.append("\n".join(lines))
    return "\n".join([*head, "", "\n\n".join(blocks), ""])


def _platforms(field: FieldInfo, platforms: Platforms) -> list[str]:
    lines = []
    for name, platform in platforms.good.items():
        lines += [*_comment(platform.about), *_section(name, platform.section, platform.on_at_first)]
    return [*_comment(field.description or ""), "platforms:", *_indented(lines)]


def _entry(name: str, field: FieldInfo) -> list[str]:
    """The lines of one key, not indented."""
    comment, section = _comment(field.description or ""), section_in(field)
    if section is not None:
        return [*comment, *_section(name, section, field.default is not None)]
    if field.default is None:
        return [*comment, f"#{name}: {(field.examples or [''])[0]}"]
    value = (field.examples or [""])[0] if field.is_required() else field.default
    return [*comment, f"{name}: {yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}"]


def _section(name: str, section: type[BaseModel], on: bool) -> list[str]:
    inner = [line for key, field in section.model_fields.items() for line in _entry(key, field)]
    body = [f"{name}:", *_indented(inner)] if inner else [f"{name}: {{}}"]
    return body if on else [f"#{line}" for line in body]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]
