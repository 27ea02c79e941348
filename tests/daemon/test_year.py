"""Left alone it holds no more than it did: three weeks on a fast clock, of which one is kept.

The long form: `python -m tests.daemon.year --days 365 --chats 50`.
"""

from pathlib import Path

from tests.daemon.year import Life, lived_through


async def test_three_weeks_leave_nothing_behind(tmp_path: Path) -> None:
    life = Life(days=21, chats=6, messages=1.5, photos=0.3, journal_days=7, photos_mb=1, seed=3)
    _, second, third = await lived_through(life, tmp_path, every=7)
    assert third.answers > 30 and third.photos_kb > 200 and third.begun > 2, "there was something to keep"
    assert third.tasks == 1 and third.workers < life.chats
    assert third.objects < second.objects * 1.02
    assert third.entries < second.entries * 1.5 and third.journal_kb < second.journal_kb * 1.5
    assert third.photos_kb < 1000 + 600, "a megabyte, and what came since the night before"
    assert third.wal_kb < 5000 and third.log_kb_a_day < 5
