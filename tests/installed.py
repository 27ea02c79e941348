"""Lets a process find the entry points of this tree, also where Echoes was installed from an older one."""

import os
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from tests.extending.installing import ROOT, write_metadata


def this_tree_is_installed() -> bool:
    """Says whether the installed Echoes names all entry points of this tree's pyproject.toml."""
    project = _project()
    try:
        found = {(one.group, one.name, one.value) for one in distribution(project["name"]).entry_points}
    except PackageNotFoundError:
        return False
    groups = project["entry-points"].items()
    return all((group, name, value) in found for group, entries in groups for name, value in entries.items())


def install_this_tree(folder: Path) -> None:
    """Writes metadata into a folder, and puts it first on the path of this process and of those that it starts."""
    project = _project()
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    write_metadata(folder, project["name"], project["version"], groups)
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project
