"""Killed at random moments, with slow sends and several chats at once: nothing lost, destroyed or said twice.

The long form: `python -m tests.daemon.kills telegram --kills 100`.
"""

from dataclasses import asdict

import pytest

from tests.daemon.kills import kill_again_and_again

TROUBLE = ("lost", "destroyed", "answered_twice", "bubbles_doubled")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("platform", ["telegram", "discord"])
async def test_people_notice_nothing(platform: str) -> None:
    counts, log = await kill_again_and_again(platform, kills=6, seed=3, people=6)
    assert counts.questions >= 12, "they did talk"
    assert {name: asdict(counts)[name] for name in TROUBLE} == dict.fromkeys(TROUBLE, 0), str(counts)
    assert "Traceback" not in log and "q0-0" not in log
