"""As of which year the avatar is asked: what counts as one, what is odd about it, and what its clock shows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import disclosure
from bot.cli import main
from bot.cli.era import as_of
from bot.doctor.workspace import examine
from bot.era import doubt, end_of, set_back
from bot.persona import Persona
from bot.platform import Platforms
from bot.workspace import Workspace
from tests.dialogues.log import Log

LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 13, 7, tzinfo=UTC)  # a Monday
FIRST, LAST = datetime(2022, 5, 3, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("era", "shown"),
    [
        ("2026", NOW),
        ("", NOW),
        ("2030", NOW),
        ("2025", datetime(2025, 12, 1, 13, 7, tzinfo=UTC)),
        ("2022", datetime(2022, 12, 5, 13, 7, tzinfo=UTC)),
        ("2022-06", datetime(2022, 6, 20, 12, 7, tzinfo=UTC)),
    ],
)
def test_the_clock_goes_back_by_whole_weeks(era: str, shown: datetime) -> None:
    found = set_back(NOW, era, LONDON)
    assert found == shown
    local = found.astimezone(LONDON)
    assert (local.weekday(), local.hour, local.minute) == (0, 13, 7), "as for whoever writes, in summer time as well"


@pytest.mark.parametrize("era", ["2021", "2024", "2022-02", "2022-12"])
def test_whatever_the_hour_it_is_in_the_era_and_goes_forward(era: str) -> None:
    end = end_of(era, SHANGHAI)
    assert end is not None
    begins = end.replace(month=1, year=end.year - 1) if "-" not in era else end - timedelta(days=28)
    shown = [set_back(NOW + timedelta(hours=7 * step), era, SHANGHAI) for step in range(1000)]
    assert all(begins <= one < end for one in shown)
    backwards = sum(later < one for one, later in pairwise(shown))
    assert backwards <= 7000 // (24 * 28) + 1, "but where the weeks are over"
    assert set_back(end - timedelta(seconds=1), era, SHANGHAI) == end - timedelta(seconds=1)


def test_what_is_odd_about_an_era_is_said() -> None:
    for good in ("", "2022", "2024-07", "2026", "2026-03"):
        assert doubt(good, LONDON, FIRST, LAST) is None
    span = "the imported chats go from May 2022 to March 2026"
    assert doubt("2019", LONDON, FIRST, LAST) == f"It is to speak from 2019, and {span}: of that time it knows nothing."
    assert doubt("2022-04", LONDON, FIRST, LAST) == (
        f"It is to speak from April 2022, and {span}: of that time it knows nothing."
    )
    for late in ("2027", "2026-04"):
        assert "what came later it does not know" in str(doubt(late, LONDON, FIRST, LAST))


def test_the_doctor_says_it_too(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.private("Mei", "3/1 10:00 Mei: hi", "10:01 Nora: hello")
    log.corpus()
    log.close()
    (tmp_path / "persona.yaml").write_text("name: Nora\nera: '2019'\n")
    said = [one.text for one in examine(Workspace(tmp_path), Platforms(), print) if one.name == "era"]
    assert said and "from March 2026 to March 2026: of that time it knows nothing" in said[0]


def test_what_is_no_year_is_refused_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("22", "2022-13", "last year", "2022-6"):
        with pytest.raises(SystemExit):
            main(["-w", str(tmp_path), "run", "--era", wrong])
        assert f"{wrong} is neither a year nor a month: write it as 2022 or 2022-06" in capsys.readouterr().err


def test_what_is_asked_for_goes_before_what_the_persona_says() -> None:
    nora = Persona("Nora", era="2022")
    assert as_of(nora, None) is nora
    assert as_of(nora, "2024-02").era == "2024-02"
    assert as_of(nora, "").era == "", "today"


def test_whoever_talks_with_it_is_told_from_when_it_speaks() -> None:
    nora = Persona("Nora", era="2022-06")
    assert disclosure.introduction(nora, "en").endswith("I write as Nora did in June 2022.")
    assert disclosure.introduction(nora, "zh").endswith("我模仿的是2022年6月时的Nora。")
    assert "{" not in disclosure.introduction(nora, "en") and "20" not in disclosure.introduction(Persona("Nora"), "en")
