"""The corpus file itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.media import MediaStore
from bot.message import Account
from bot.store.corpus import Corpus
from tests.importing.conftest import ANN, BEN, NOON, Desk, Write, telegram_chat, telegram_message


def test_a_stretch_of_time_can_be_read(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(*(telegram_message(n, f"{n}", (ANN, BEN)[n % 2]) for n in range(10)))))
    start = datetime.fromtimestamp(NOON, UTC)
    stretch = desk.corpus.messages(desk.chat, since=start + timedelta(seconds=3), until=start + timedelta(seconds=6))
    assert [message.text for message in stretch] == ["3", "4", "5"]
    assert (desk.chat.first, desk.chat.last) == (start, start + timedelta(seconds=9))


def test_the_latest_words_of_somebody(desk: Desk, write: Write) -> None:
    desk.take(
        write(
            telegram_chat(
                telegram_message(1, "one"),
                telegram_message(2, "not hers", BEN),
                telegram_message(3, "not hers either", forwarded_from="Cem"),
                telegram_message(4, "", media_type="voice_message"),
                telegram_message(5, "two"),
                telegram_message(6, "three"),
            )
        )
    )
    assert desk.corpus.texts([Account("telegram", str(ANN))], 2) == ["three", "two"]
    assert desk.corpus.texts([], 5) == []


def test_reading_goes_on_while_an_import_writes(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(telegram_message(1, "hi"), telegram_message(2, "hey", BEN))))
    reading = desk.corpus.messages(desk.chat)
    next(reading)
    with Corpus.open(desk.corpus.path) as other, other.transaction() as db:
        db.execute("UPDATE messages SET text = 'changed'")
    assert next(reading).text == "hey"


def test_many_may_open_a_new_corpus_at_once(tmp_path: Path) -> None:
    def count(_: int) -> int:
        with Corpus.open(tmp_path / "corpus.sqlite") as corpus:
            return corpus.count()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(count, range(16))) == [0] * 16


def test_a_file_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("these are words, and not a database, however long they go on")
    with pytest.raises(DataError, match="cannot be used as a corpus"):
        Corpus.open(tmp_path / "note")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="cannot be opened"):
        Corpus.open(tmp_path / "folder")


def test_a_corpus_of_an_earlier_program_doubles_nothing(write: Write, tmp_path: Path) -> None:
    """It kept what a supergroup brought with it under ids that are another account's other messages."""
    path = tmp_path / "workspace" / "corpus.sqlite"
    export = write(
        telegram_chat(
            *(telegram_message(n - 1_000_000_000, f"{n}", (ANN, BEN)[n % 2]) for n in range(1, 9)),
            name="Family",
            type="private_supergroup",
            id=1234567890,
        )
    )
    with Corpus.open(path) as corpus:
        assert Desk(corpus, MediaStore(tmp_path / "media")).take(export).kept == 8
        corpus.db.executescript(
            "UPDATE messages SET native_id = text - 1000000000, space = 'telegram';"
            "DROP TABLE addressees; DROP TABLE writings; DROP TABLE reactions;"
            "ALTER TABLE sources DROP COLUMN zone; ALTER TABLE messages DROP COLUMN edited_ms; PRAGMA user_version = 2;"
        )
    with Corpus.open(path) as corpus:
        assert Desk(corpus, MediaStore(tmp_path / "media")).take(export).kept == 0
        assert corpus.count() == 8
