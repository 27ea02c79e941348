"""Finds the platforms that are installed: each is an entry point in the group `echoes.platforms` of some package."""

import re
from collections import defaultdict
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

from bot.errors import ConfigError, EchoesError, PermanentError
from bot.platform import Platform, Platforms, PlatformSection, plugin_failed

GROUP = "echoes.platforms"
OURS = "echoes-avatar"
"""The package that this file belongs to."""


def installed() -> Platforms:
    """The platforms of every installed package; one that breaks is kept out, with the reason, and never the others.

    A platform's own library is not imported before its adapter is made. Raises ConfigError where this installation is
    older than its code.
    """
    offered: dict[str, list[EntryPoint]] = defaultdict(list)
    for point in entry_points(group=GROUP):
        offered[point.name].append(point)
    if not any(_distribution(point) == OURS for points in offered.values() for point in points):
        raise ConfigError(
            "This installation is older than its code, and names no platforms: install again (`make install`, or "
            "`pip install --editable .` in the folder of the code)."
        )
    good: dict[str, Platform[PlatformSection]] = {}
    broken: dict[str, EchoesError] = {}
    remarks: list[str] = []
    for name, points in offered.items():
        mine = [point for point in points if _distribution(point) == OURS]
        if len(points) > 1:
            packages = " and ".join(sorted({_package(point) for point in points if point not in mine}))
            sentence = f"The name {name} is taken twice among the platforms, by {packages}"
            if not mine:
                broken[name] = PermanentError(f"{sentence}: remove one of them.")
                continue
            remarks.append(f"{sentence}, but it is Echoes' own, which stays: remove that package.")
        try:
            good[name] = _load((mine or points)[0])
        except EchoesError as error:
            broken[name] = error
    in_order = sorted(good.values(), key=lambda platform: (not platform.on_at_first, platform.name))
    return Platforms({platform.name: platform for platform in in_order}, broken, tuple(remarks))


def _load(point: EntryPoint) -> Platform[PlatformSection]:
    """Raises PermanentError, naming the package, where its platform cannot be used."""
    try:
        found = point.load()
    except (Exception, SystemExit) as error:
        raise plugin_failed(point.name, _package(point), "to load", error) from error
    if not isinstance(found, Platform):
        raise _useless(point, f"{point.value} is no Platform")
    if found.name != point.name or not re.fullmatch(r"[a-z][a-z0-9_]*", point.name):
        raise _useless(point, f"{point.value} calls itself {found.name!r}, and must be called as its entry point is")
    if foreign := [secret.name for secret in found.secrets if not secret.name.startswith(f"{found.name}_")]:
        raise _useless(point, f"its secret {foreign[0]} must begin with {found.name}_")
    return replace(found, package=_package(point))


def _useless(point: EntryPoint, why: str) -> PermanentError:
    return PermanentError(
        f"The platform {point.name} of the package {_package(point)} cannot be used: {why}. "
        "Update or remove that package."
    )


def _distribution(point: EntryPoint) -> str:
    """The package's name, as package indexes write it."""
    return re.sub(r"[-_.]+", "-", point.dist.name).lower() if point.dist is not None else ""


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "unknown"
