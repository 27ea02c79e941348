"""A place to install packages into, and the real command `echoes` that finds them there."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from tests.extending.installing import ROOT, with_packages, write_metadata
from tests.importing.conftest import write as write

Echoes = Callable[..., subprocess.CompletedProcess[str]]
Install = Callable[..., Path]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    assert main(["init", str(tmp_path / "avatar")]) == ExitCode.OK
    return tmp_path / "avatar"


@pytest.fixture
def echoes(site: Path, workspace: Path) -> Echoes:
    """Runs `echoes` as a process of its own, with what is installed in `site`; returns what became of it."""

    def echoes(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((with_packages(site), str(ROOT)))
        return subprocess.run(
            [sys.executable, "-m", "bot", "-w", str(workspace), *map(str, words)],
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8", **environment},
            cwd=site.parent,  # not the tree, whose own metadata would be found first
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return echoes


@pytest.fixture
def install(site: Path) -> Install:
    """Installs a package of one module: `code`, or nothing at all; returns the module's path."""

    def install(package: str, code: str | None, entries: dict[str, str] | None = None) -> Path:
        module = package.replace("-", "_")
        write_metadata(site, package, "1.0", {"echoes.formats": entries or {package: f"{module}:FORMAT"}})
        if code is not None:
            (site / f"{module}.py").write_text(code, "utf-8")
        return site / f"{module}.py"

    return install
