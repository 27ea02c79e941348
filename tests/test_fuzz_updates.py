"""Damaged updates hold nothing up. The long form: `python -m tests.fuzz_updates telegram --count 5000`."""

from pathlib import Path

import pytest

from tests.fuzz_updates import fuzz


@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_every_good_message_after_a_damaged_one_is_answered(tmp_path: Path, platform: str) -> None:
    outcome = await fuzz(platform, count=240, seed=7, folder=tmp_path)
    assert (outcome.damaged, outcome.asked, outcome.silent) == (240, 12, 0), str(outcome)
    assert not outcome.ended, str(outcome)
