"""What holds for every test: one that needs what is not here is skipped, and the end says what was, and why."""

from collections import Counter

import pytest

from tests.support import BROWSER


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not BROWSER:
        pytest.skip("no Chromium is installed (apt install chromium)")


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
