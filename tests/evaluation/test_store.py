"""Answers are kept: nothing is asked twice, a broken run goes on, and what is damaged or another's is asked again."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot.errors import EchoesError
from training.evaluation.asking import store as module
from training.evaluation.asking.answers import answered
from training.evaluation.asking.store import AnswerStore, digest

Kept = Callable[[], AnswerStore]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evaluation" / "answers.sqlite"


@pytest.fixture
def kept(path: Path) -> Iterator[Kept]:
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(AnswerStore(path)))


def test_what_was_put_is_there_the_next_time(kept: Kept) -> None:
    store = kept()
    store.put({"a": ["hello", "面馆 \u2028 \ud83d\ude00"], "b": [0.1, 2e-300]})
    store.put({"c": {"odds": []}})
    assert store.get("d") == {}
    assert kept().get("abcd") == {"a": ["hello", "面馆 \u2028 😀"], "b": [0.1, 2e-300], "c": {"odds": []}}


def test_thousands_are_found_at_once(kept: Kept) -> None:
    kept().put({str(number): number for number in range(3000)})
    assert kept().get(map(str, range(2999, 4000))) == {"2999": 2999}
    assert len(kept().get(map(str, range(3000)))) == 3000


def test_only_the_owner_can_read_it(path: Path, kept: Kept) -> None:
    kept().put({"a": 1})
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}


def test_a_run_that_was_killed_goes_on(path: Path, kept: Kept) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from training.evaluation.asking.store import AnswerStore\n"
        "store = AnswerStore(Path(sys.argv[1]))\n"
        "store.put({'a': 1, 'b': 2})\nstore._db.execute(\"INSERT INTO answers VALUES ('c', '3', 0)\")\n"
        "os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], env=os.environ | {"PYTHONPATH": "."}, check=False)
    assert ended.returncode == -signal.SIGKILL
    store = kept()
    assert store.get("abc") == {"a": 1, "b": 2}
    store.put({"c": 3})
    assert kept().get("abc") == {"a": 1, "b": 2, "c": 3}


def test_damaged_records_are_left_out(path: Path, kept: Kept) -> None:
    kept().put({str(number): number / 7 for number in range(6)})
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE answers SET answer = '9.0' WHERE key = '0'")
        db.execute("UPDATE answers SET answer = ? WHERE key = '1'", ("[" * 100_000,))
        db.execute("UPDATE answers SET sum = 1 WHERE key = '2'")
        db.execute("UPDATE answers SET answer = 'NaN' WHERE key = '3'")
    assert kept().get("012345") == {"4": 4 / 7, "5": 5 / 7}


@pytest.mark.parametrize("damage", [lambda data: b"\x00{broken\n", lambda data: data[:5000], lambda data: data[::-1]])
def test_a_damaged_file_is_begun_anew(path: Path, damage: Callable[[bytes], bytes]) -> None:
    with closing(AnswerStore(path)) as store:
        store.put({str(number): "word " * 50 for number in range(200)})
    path.write_bytes(damage(path.read_bytes()))
    with closing(AnswerStore(path)) as store:
        assert store.get(map(str, range(200))) == {}
        store.put({"a": 1})
        assert store.get("a") == {"a": 1}


def test_an_older_file_is_begun_anew(path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(AnswerStore(path)) as store:
        store.put({"a": 1})
    monkeypatch.setattr(module, "FORMAT", module.FORMAT + 1)
    assert kept().get("a") == {}


def test_a_folder_that_cannot_be_is_a_sentence(path: Path) -> None:
    path.parent.write_text("a file, where the folder should be")
    with pytest.raises(EchoesError, match=r"could not be kept in .*free space"):
        AnswerStore(path)


def test_a_full_disk_is_a_sentence(kept: Kept) -> None:
    store = kept()
    store.put({"a": 1})
    store._db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(EchoesError, match=r"could not be kept in .*full.*free space"):
        store.put({str(number): "word " * 50 for number in range(200)})
    assert store.get(["a", "0"]) == {"a": 1}


def test_a_digest_tells_apart_what_is_next_to_each_other() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("a", b"bc")
    assert digest((1, 2), 3) == digest((1, 2), 3) and len(digest()) == 32


def test_a_job_asks_only_for_what_is_not_known(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    def job(*keys: str) -> list[int]:
        asked = list[int]()

        def ask(missing: list[int]) -> Generator[dict[int, str], None, None]:
            asked.extend(missing)
            for place, index in enumerate(missing):
                yield {place: keys[index]}

        found = answered(kept(), keys, ask, str.upper, "Nora: answering", "answer")
        assert found == [key.upper() for key in keys]
        return asked

    assert job("a", "b", "a") == [0, 1]
    assert job("b", "c", "a", "c") == [1]
    assert "3/3" in capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    assert job() == []


def test_what_was_answered_before_an_interruption_is_not_asked_again(kept: Kept) -> None:
    def broken(missing: list[int]) -> Generator[dict[int, str], None, None]:
        yield {1: "kept"}
        raise KeyboardInterrupt

    def rest(missing: list[int]) -> Generator[dict[int, str], None, None]:
        yield {place: f"{index} of {len(missing)}" for place, index in enumerate(missing)}

    keys = ["a", "b", "c"]
    with pytest.raises(KeyboardInterrupt):
        answered(kept(), keys, broken, str, "", "answer")
    assert answered(kept(), keys, rest, str, "", "answer") == ["0 of 2", "kept", "2 of 2"]
    assert answered(None, keys, rest, str, "", "answer") == ["0 of 3", "1 of 3", "2 of 3"], "nothing was kept"
