"""A machine whose clock is wrong answers as others do, and says so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.http_date import http_date
from bot.clock import Clock
from tests.conversation.stage import MEI, Stage, quick


class Machine:
    """A computer's clock, `ahead` of the world's."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def __call__(self) -> float:
        return (datetime.now(UTC) + self.ahead).timestamp()


@pytest.mark.parametrize("ahead", [timedelta(hours=7), timedelta(days=-20000)], ids=["ahead", "never set"])
async def test_it_answers_as_if_the_clock_were_right(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ahead: timedelta
) -> None:
    stage = Stage(tmp_path, quick(stale_hours=3), clock=Clock(Machine(ahead)))
    for _ in range(3):  # with each answer of the platform's server
        stage.conversations.server_said(datetime.now(UTC))
    await stage.says(MEI, "are you in?", group="g")
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("g") == ["ok"] and stage.heard("1") == ["ok"], "neither silent nor late"
    assert caplog.text.count("set right") == 1 and ("ahead" in caplog.text) == (ahead > timedelta(0))
    stage.journal.close()


async def test_what_is_really_old_is_still_late(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(stale_hours=3), clock=Clock(Machine(timedelta(hours=7))))
    stage.conversations.server_said(datetime.now(UTC))
    await stage.says(MEI, "hello?", ago=timedelta(hours=4))
    await stage.settled()
    assert stage.heard("1") == ["(I was switched off for a while, so this answer comes late.)", "ok"]
    stage.journal.close()


def test_a_clock_set_right_while_it_runs_is_believed_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    machine = Machine(timedelta(hours=7))
    clock = Clock(machine)
    clock.server_said(datetime.now(UTC))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    machine.ahead = timedelta(0)
    clock.server_said(datetime.now(UTC))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert "right again" in caplog.text


def test_a_minute_is_the_networks(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(Machine(timedelta(seconds=90)))
    clock.server_said(datetime.now(UTC))
    assert clock.now() > datetime.now(UTC) + timedelta(seconds=60) and not caplog.text


@pytest.mark.parametrize("header", [None, "", "yesterday", "Fri, 99 Nov 2026 25:00:00 GMT"])
def test_a_header_that_tells_no_time(header: str | None) -> None:
    assert http_date(header) is None


def test_a_header_that_does() -> None:
    assert http_date("Sun, 29 Nov 2026 01:02:03 GMT") == datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC)
