"""What holds for every test: one that needs what is not here is skipped, and the end says what was, and why."""

import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installed import install_this_tree, this_tree_is_installed
from tests.support import BROWSER

_INSTALLED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """The entry points of pyproject.toml are found, also where Echoes was installed from an older one.

    And no test fetches a model, in whatever process: neither from the hub nor out of packages.
    """
    os.environ |= {"HF_HUB_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    if not this_tree_is_installed():
        config.stash[_INSTALLED] = Path(tempfile.mkdtemp(prefix="echoes-installed-"))
        install_this_tree(config.stash[_INSTALLED])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _INSTALLED in config.stash:
        shutil.rmtree(config.stash[_INSTALLED], ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not BROWSER:
        pytest.skip("no Chromium is installed (apt install chromium)")


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """A command that a test runs in its own process sets up logging for all of it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each reason, with how many tests it kept from running."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple)
    )
    if reasons:
        terminalreporter.section("skipped")
    for reason, number in reasons.most_common():
        terminalreporter.line(f"{number:5}  {reason}")
