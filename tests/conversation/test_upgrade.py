"""A journal that an earlier program wrote is opened as it is, and loses nothing."""

import sqlite3
from pathlib import Path

import pytest

from bot.errors import EchoesError
from bot.message import Account, Chat, ChatKind
from bot.store.journal import Journal, State
from tests.conversation.stage import MEI, QUICK, Stage

FIRST = """
CREATE TABLE chats (
    key TEXT PRIMARY KEY, platform TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL
);
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL REFERENCES chats(key), kind TEXT NOT NULL,
    state TEXT NOT NULL, at REAL NOT NULL, native_id TEXT, sender_platform TEXT, sender_id TEXT, sender_name TEXT,
    text TEXT NOT NULL, photos TEXT NOT NULL DEFAULT '[]', addressed INTEGER NOT NULL DEFAULT 0,
    addressed_other INTEGER NOT NULL DEFAULT 0, from_bot INTEGER NOT NULL DEFAULT 0, reply INTEGER
);
CREATE UNIQUE INDEX entries_native ON entries(chat, native_id) WHERE kind = 'message';
CREATE INDEX entries_chat ON entries(chat, seq);
CREATE INDEX entries_open ON entries(state) WHERE state IN ('new', 'queued', 'sending');
CREATE TABLE stopped (platform TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (platform, id));
INSERT INTO chats VALUES ('stage:1', 'stage', '1', 'private', '');
INSERT INTO entries (chat, kind, state, at, native_id, sender_platform, sender_id, sender_name, text)
    VALUES ('stage:1', 'message', 'answered', 1.0, 'in1', 'stage', '1', 'Mei', 'long ago'),
           ('stage:1', 'message', 'new', strftime('%s', 'now'), 'in2', 'stage', '1', 'Mei', 'are you there?');
INSERT INTO entries (chat, kind, state, at, native_id, text, reply)
    VALUES ('stage:1', 'bubble', 'sent', 2.0, 'out1', 'yes', 3), ('stage:1', 'bubble', 'queued', 3.0, NULL, 'tea?', 4);
INSERT INTO stopped VALUES ('stage', '99');
"""


def written_by_the_first_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(FIRST)
    connection.close()


async def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    written_by_the_first_program(tmp_path / "journal.sqlite")
    stage = Stage(tmp_path, QUICK)
    assert stage.journal.is_stopped(Account("stage", "99"))
    assert [one.text for one in stage.journal.recent(Chat("stage", "1", ChatKind.PRIVATE), 9)][:3] == [
        "long ago",
        "are you there?",
        "yes",
    ]
    await stage.conversations.start()
    await stage.settled()
    assert stage.heard("1") == ["tea?", "ok"]
    stage.number = 10
    await stage.says(MEI, "good")
    await stage.settled()
    assert all(
        one.state in (State.ANSWERED, State.SENT)
        for one in stage.journal.recent(Chat("stage", "1", ChatKind.PRIVATE), 9)
    )
    stage.journal.close()
    Journal.open(tmp_path / "journal.sqlite").close()  # and once more


async def test_one_of_the_second_program_too(tmp_path: Path) -> None:
    """Its placeholders stood in the text, and stay there."""
    Journal.open(tmp_path / "journal.sqlite").close()
    connection = sqlite3.connect(tmp_path / "journal.sqlite")
    connection.execute("DROP INDEX entries_reactions")
    for column in ("attachments", "reply_to", "forwarded", "until", "era"):
        connection.execute(f"ALTER TABLE entries DROP COLUMN {column}")
    connection.executescript(
        "ALTER TABLE entries ADD COLUMN photos TEXT NOT NULL DEFAULT '[]'; DROP TABLE forgotten; DROP TABLE decisions;"
        "DROP TABLE openings; DROP TABLE left_alone; DROP INDEX entries_waiting; DROP INDEX entries_notices;"
        "PRAGMA user_version = 1;"
    )
    connection.execute("INSERT INTO chats VALUES ('stage:1', 'stage', '1', 'private', '')")
    connection.execute(
        "INSERT INTO entries (chat, kind, state, at, native_id, sender_platform, sender_id, sender_name, text)"
        " VALUES ('stage:1', 'message', 'new', strftime('%s', 'now'), 'in1', 'stage', '1', 'Mei', '[voice message]')"
    )
    connection.commit()
    connection.close()
    stage = Stage(tmp_path, QUICK)
    await stage.conversations.start()
    await stage.settled()
    assert stage.heard("1") == ["ok"] and "[voice message]<|im_end|>" in stage.engine.prompts[0]
    stage.journal.close()


def test_one_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    Journal.open(tmp_path / "journal.sqlite").close()
    connection = sqlite3.connect(tmp_path / "journal.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(EchoesError, match="newer Echoes"):
        Journal.open(tmp_path / "journal.sqlite")
