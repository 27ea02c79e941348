"""Installs a package of somebody else's into a folder, as pip does with `--target`, but without a network."""

import os
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def install(source: Path, target: Path) -> None:
    """Copies a package's modules and writes its metadata from its pyproject.toml."""
    project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]
    for module in source.glob("*.py"):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, target)
    groups = project.get("entry-points", {})
    write_metadata(target, project["name"], project["version"], groups)


def write_metadata(target: Path, name: str, version: str, groups: dict[str, dict[str, str]]) -> None:
    """The folder by which Python knows that a package is installed. groups: entry points by group and name."""
    folder = target / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    lines = []
    for group, points in groups.items():
        lines += [f"[{group}]", *(f"{point} = {value}" for point, value in points.items())]
    (folder / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")


def with_packages(folder: Path) -> str:
    """PYTHONPATH for a process that finds what is installed in a folder."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
