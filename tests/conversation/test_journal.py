"""The journal by itself: who may read it, what it deletes, and a disk that is full."""

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import EchoesError
from bot.message import PHOTO, Account, Attachment, Chat, ChatKind, Message
from bot.store.journal import Journal, State

CHAT = Chat("stage", "1", ChatKind.PRIVATE)
MEI = Account("stage", "1")


def message(number: int, text: str = "hello", *, ago: timedelta = timedelta(0)) -> Message:
    return Message(CHAT, f"in{number}", MEI, "Mei", datetime.now(UTC) - ago, text, (Attachment(PHOTO, "p"),))


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    journal.take(message(1))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    journal.close()
    assert modes == {0o600}


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is not a database, " * 100)
    with pytest.raises(EchoesError, match="cannot be opened"):
        Journal.open(path)


def test_a_full_disk_takes_no_message_and_loses_none(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    kept = journal.take(message(1))
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(EchoesError, match="is the disk full"):
        for number in range(2, 1000):
            journal.take(message(number, "x" * 2000))
    taken = [entry.seq for entry in journal.pending(CHAT)]
    assert kept in taken
    journal._db.execute("PRAGMA max_page_count = 100000")
    assert journal.take(message(2000)) is not None, "it goes on once there is space"
    assert [entry.seq for entry in journal.pending(CHAT)][:-1] == taken
    journal.close()


def test_retention_deletes_words_and_keeps_what_prevents_a_second_answer(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    old, fresh = message(1, "old words", ago=timedelta(days=100)), message(3, "fresh words")
    waiting = message(2, "still waiting", ago=timedelta(days=100))
    first = journal.take(old)
    journal.take(waiting)
    assert first is not None
    journal.fetched(first, [Attachment(PHOTO, "p", "d" * 64)])
    journal.settle([first], State.ANSWERED)
    journal.purge(datetime.now(UTC) - timedelta(days=90))
    journal.checkpoint()
    assert b"old words" not in (tmp_path / "journal.sqlite").read_bytes()
    assert [entry.text for entry in journal.pending(CHAT)] == ["still waiting"]
    assert journal.digests() == set()
    journal.settle([entry.seq for entry in journal.pending(CHAT)], State.ANSWERED)
    journal.purge(datetime.now(UTC) - timedelta(days=90))
    assert journal.take(waiting) is None, "the newest message of a chat is known even when its words are gone"
    assert journal.latest("stage") == {CHAT: "in2"}
    assert journal.take(fresh) is not None
    journal.close()


def test_two_processes_do_not_tear_it(tmp_path: Path) -> None:
    journal, other = Journal.open(tmp_path / "journal.sqlite"), sqlite3.connect(tmp_path / "journal.sqlite")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM entries").fetchone()
    assert journal.take(message(1)) is not None
    other.close()
    journal.close()


def test_of_what_was_said_from_outside_the_model_only_the_newest_stays(tmp_path: Path) -> None:
    now = [datetime.now(UTC) - timedelta(days=300)]
    journal = Journal.open(tmp_path / "journal.sqlite", lambda: now[0])
    journal.take(message(1, ago=timedelta(days=300)))
    journal.settle([entry.seq for entry in journal.pending(CHAT)], State.SILENT)
    for _ in range(100):
        now[0] += timedelta(days=3)
        number = journal.open_dialogue(CHAT, ["I write first."], ["hey"], now[0] + timedelta(minutes=5))
        journal.sent(number, "a")
        journal.sent(number + 1, "b")
    journal.purge(now[0] - timedelta(days=30))
    [[kept]] = journal._read("SELECT count(*) FROM entries WHERE at < ?", [(now[0] - timedelta(days=30)).timestamp()])
    assert kept == 1, "the newest message, which keeps its id"
    assert journal.noticed(CHAT, "I write first.")
    talk = journal.talk({MEI})
    assert talk is not None and len(talk.openings) == 21, "those that limit the next one"
    now[0] += timedelta(days=900)
    journal.purge(now[0] - timedelta(days=30))
    assert journal.noticed(CHAT, "I write first."), "it need not be said anew"
    talk = journal.talk({MEI})
    assert talk is not None and len(talk.openings) == 2, "whether they were answered still counts"
    journal.close()


def test_what_waits_is_found_without_looking_at_all_that_was_said(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.sqlite")
    for number in range(300):
        journal.take(message(number))
    journal.settle([entry.seq for entry in journal.pending(CHAT)], State.SILENT)
    journal.take(message(1000))
    steps: list[None] = []
    journal._db.set_progress_handler(lambda: steps.append(None), 100)
    assert len(journal.pending(CHAT)) == 1 and journal.outbox(CHAT) == [] and not journal.noticed(CHAT, "hello")
    assert len(steps) < 10, "hundreds of SQLite's steps: with each of 300 looked at it would be thousands"
    journal.close()
