"""Packages as pip leaves them behind: a module beside the metadata that names its entry points."""

import os
import shutil
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EntryPoints = Mapping[str, Mapping[str, str]]
"""By group, then by name: "module:attribute"."""


def write_metadata(folder: Path, name: str, entry_points: EntryPoints) -> None:
    """What pip writes of an installed package, as far as it is read."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    lines = [
        line
        for group, entries in entry_points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")


def install(source: Path, folder: Path) -> str:
    """Installs the package in the folder `source` (modules and a pyproject.toml) into `folder`; returns its name."""
    project = _project(source)
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("pyproject.toml", "__pycache__"))
    write_metadata(folder, project["name"], project.get("entry-points", {}))
    return str(project["name"])


def this_tree_is_installed() -> bool:
    """Whether the metadata of the installed Echoes have all entry points of this tree's pyproject.toml."""
    project = _project(ROOT)
    try:
        found = {(one.group, one.name, one.value) for one in distribution(project["name"]).entry_points}
    except PackageNotFoundError:
        return False
    wanted = project["entry-points"]
    return all((group, key, value) in found for group, one in wanted.items() for key, value in one.items())


def install_this_tree(folder: Path) -> None:
    """Makes this process and those it starts find this tree's entry points, by metadata in front of the installed."""
    project = _project(ROOT)
    write_metadata(folder, project["name"], {"console_scripts": project["scripts"], **project["entry-points"]})
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


def _project(source: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]
    return project
