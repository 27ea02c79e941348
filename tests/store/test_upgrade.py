"""A workspace that an earlier program made is opened, brought up to date and loses nothing, whatever happens meanwhile.

`before/` holds the corpus and the journal of one such program as SQL, and what that program said of their messages.
"""

import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import has_photo, shown, spoken
from bot.errors import DataError, PassingError
from bot.message import Account, Chat, ChatKind, Message
from bot.store.corpus import Corpus
from bot.store.corpus_schema import LAYOUT
from bot.store.journal import Journal
from bot.store.layout import COPIES
from bot.store.writings import writings

BEFORE = Path(__file__).parent / "before"
EXPECTED: dict[str, Any] = json.loads((BEFORE / "expected.json").read_text("utf-8"))
STORES = ("corpus", "journal")
NOW = {"[voice message]": "[voice]", "[location] Café Rose": "[location Café Rose]"}
"""How a prompt shows today what that program showed in other words."""

COUNT = """
import os, sys
from pathlib import Path
from bot.store.corpus import Corpus
from bot.store.journal import Journal

what, path, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
calls = 0

def look(frame, event, called):
    global calls
    if event == "c_call" and called.__name__ in NAMES:
        calls += 1
        if calls == last:
            os._exit(9)

NAMES = {"execute", "executemany", "backup", "fsync", "replace", "open", "unlink", "mkdir", "connect"}
sys.setprofile(look)
(Corpus if what == "corpus" else Journal).open(path).close()
sys.setprofile(None)
print(calls)
"""


def made_before(folder: Path, *names: str) -> Path:
    """The folder of a workspace with these stores as the earlier program left them."""
    for name in names or STORES:
        connection = sqlite3.connect(folder / f"{name}.sqlite")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript((BEFORE / f"{name}.sql").read_text("utf-8"))
        connection.close()
    return folder


def upgrade(name: str, folder: Path) -> None:
    path = folder / f"{name}.sqlite"
    (Corpus.open(path) if name == "corpus" else Journal.open(path)).close()


def told(message: Message, language: str = "en") -> list[Any]:
    """What a prompt and a decision take from a message."""
    words, _ = shown(message, language, lambda _: True)
    return [words, list(message.digests), has_photo(message.attachments)]


def check_corpus(folder: Path) -> None:
    found = []
    with Corpus.open(folder / "corpus.sqlite") as corpus:
        for chat in corpus.chats():
            for one in corpus.messages(chat):
                assert one.sender is not None
                who = [one.sender.platform, one.sender.id, one.sender_name, one.sent_at.timestamp()]
                more = [one.reply_to, one.from_bot, one.forwarded, spoken(one)]
                found.append([chat.chat.key, chat.title, one.id, *who, *told(one), *more])
    assert found == EXPECTED["corpus"]


def _sticker(line: list[Any]) -> bool:
    return line[9] in (["b" * 64], ["c" * 64])


def check_journal(folder: Path) -> None:
    journal = Journal.open(folder / "journal.sqlite")
    aside = [one.entry for one in journal.aside()]
    chats = (
        Chat("telegram", "7", ChatKind.PRIVATE),
        Chat("telegram", "-100", ChatKind.GROUP, "Climbing"),
        Chat("telegram", "-100/12", ChatKind.GROUP, "Climbing"),
    )
    found = []
    for chat in chats:
        for entry in [*journal.recent(chat, 1000), *(one for one in aside if one.message.chat == chat)]:
            one = entry.message
            who = [entry.at.timestamp(), entry.native_id, one.sender.id if one.sender else None, one.sender_name]
            about = [*told(one), one.addressed, one.addressed_other, spoken(one)]
            found.append([chat.key, entry.seq, entry.kind, entry.state, *who, *about])
    pictures = [line for line in found if _sticker(line)]
    others = [line for line in EXPECTED["journal"] if not _sticker(line)]
    expected = [[*line[:8], NOW.get(line[8], line[8]), *line[9:]] for line in others]
    assert [line for line in found if line not in pictures] == expected
    # A sticker with a picture was told as "[sticker]" beside it; now the picture speaks for itself.
    assert [line[8:11] for line in pictures] == [["😂", ["b" * 64], True], ["", ["c" * 64], False]]
    assert [entry.seq for entry in aside] == EXPECTED["aside"]
    assert sorted(journal.digests()) == EXPECTED["digests"] and journal.queue_length() == EXPECTED["queue"]
    assert journal.is_stopped(Account("telegram", "55"))
    assert journal.former(chats[1]) == {"telegram:-5"}
    journal.close()


CHECK: dict[str, Callable[[Path], None]] = {"corpus": check_corpus, "journal": check_journal}


@pytest.mark.parametrize("name", STORES)
def test_it_is_brought_up_to_date_and_a_copy_is_kept(tmp_path: Path, name: str) -> None:
    made_before(tmp_path, name)
    before = sqlite3.connect(tmp_path / f"{name}.sqlite")
    as_it_was = list(before.iterdump())
    before.close()
    for _ in range(2):
        CHECK[name](tmp_path)
    [copy] = (tmp_path / COPIES).iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600 and stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    kept = sqlite3.connect(copy)
    assert list(kept.iterdump()) == as_it_was
    kept.close()


def test_a_corpus_of_the_layout_before_gets_a_place_for_writings(tmp_path: Path) -> None:
    made_before(tmp_path, "corpus")
    path = tmp_path / "corpus.sqlite"
    before = sqlite3.connect(path, isolation_level=None)
    for step in LAYOUT.steps[1:3]:
        step(before)
    before.execute("PRAGMA user_version = 3")
    before.close()
    check_corpus(tmp_path)
    with Corpus.open(path) as corpus:
        assert writings(corpus) == []
    assert [copy.name for copy in (tmp_path / COPIES).iterdir()] == ["corpus-3.sqlite"]


@pytest.mark.parametrize("name", STORES)
def test_killed_at_any_point_nothing_is_lost(tmp_path: Path, name: str) -> None:
    def run(folder: Path, last: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", COUNT, name, str(folder / f"{name}.sqlite"), str(last)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def fresh(label: str) -> Path:
        (tmp_path / label).mkdir()
        return made_before(tmp_path / label, name)

    whole = run(fresh("whole"), -1)
    points = int(whole.stdout)
    assert points > 20
    for number in range(20):
        folder = fresh(str(number))
        assert run(folder, 1 + number * points // 20).returncode == 9
        CHECK[name](folder)


@pytest.mark.parametrize("name", STORES)
def test_one_of_a_newer_program_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    path = made_before(tmp_path, name) / f"{name}.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(DataError, match=r"written by a newer Echoes .*: update Echoes"):
        upgrade(name, tmp_path)
    assert path.read_bytes() == content and not (tmp_path / COPIES).exists()


@pytest.mark.parametrize("name", STORES)
def test_a_damaged_one_is_refused_in_a_sentence_and_stays(tmp_path: Path, name: str) -> None:
    path = made_before(tmp_path, name) / f"{name}.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DataError, match=name):
        upgrade(name, tmp_path)
    path.write_bytes(b"no database at all, and longer than a header of one would be" * 9)
    with pytest.raises(DataError, match=name):
        upgrade(name, tmp_path)


def test_a_damaged_list_of_photos_changes_nothing(tmp_path: Path) -> None:
    path = made_before(tmp_path, "journal") / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entries SET photos = '[[\"half' WHERE seq = 4")
    connection.commit()
    as_it_was = list(connection.iterdump())
    with pytest.raises(DataError, match=r"what it holds is damaged\. Restore it"):
        Journal.open(path)
    assert list(connection.iterdump()) == as_it_was
    connection.close()


def test_where_no_copy_can_be_kept_nothing_is_changed(tmp_path: Path) -> None:
    made_before(tmp_path, "corpus")
    (tmp_path / COPIES).write_text("in the way")
    with pytest.raises(PassingError, match=COPIES):
        upgrade("corpus", tmp_path)
    (tmp_path / COPIES).unlink()
    check_corpus(tmp_path)


def test_what_is_forgotten_is_not_left_in_the_copy(tmp_path: Path) -> None:
    made_before(tmp_path)
    for name in STORES:
        upgrade(name, tmp_path)
    assert len(list((tmp_path / COPIES).iterdir())) == 2
    journal = Journal.open(tmp_path / "journal.sqlite")
    journal.forget(Account("telegram", "7"), 10_000)
    journal.close()
    assert [copy.name for copy in (tmp_path / COPIES).iterdir()] == ["corpus-1.sqlite"]
