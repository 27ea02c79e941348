"""Answers are kept: nothing is asked twice, a broken run goes on, and what is damaged or another's is asked again."""

import json
import stat
from pathlib import Path

import pytest

from bot.errors import EchoesError
from training.evaluation.asking.answers import answering
from training.evaluation.asking.store import Shelf, digest


def kept(folder: Path, voice: str = "nora") -> Shelf:
    return Shelf(folder, voice, "replies")


def test_what_was_put_is_there_the_next_time(tmp_path: Path) -> None:
    with kept(tmp_path / "answers") as shelf:
        shelf.put({"a": ["hello", "面馆 \u2028 \ud83d\ude00"], "b": [0.1, 2e-300]})
        shelf.put({"c": {"odds": []}})
        assert shelf.get("d") is None
    again = kept(tmp_path / "answers")
    assert [again.get(key) for key in "abcd"] == [["hello", "面馆 \u2028 😀"], [0.1, 2e-300], {"odds": []}, None]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    with kept(tmp_path / "answers") as shelf:
        assert not (tmp_path / "answers").exists(), "nothing is made before there is something to keep"
        shelf.put({"a": 1})
    assert stat.S_IMODE((tmp_path / "answers").stat().st_mode) == 0o700
    assert stat.S_IMODE(shelf.path.stat().st_mode) == 0o600


def test_another_voice_or_kind_of_work_has_its_own(tmp_path: Path) -> None:
    with kept(tmp_path) as shelf:
        shelf.put({"a": 1})
    assert kept(tmp_path, "tom").get("a") is None
    assert Shelf(tmp_path, "nora", "scores").get("a") is None


def test_a_run_that_was_broken_off_goes_on_after_its_half_line(tmp_path: Path) -> None:
    with kept(tmp_path) as shelf:
        shelf.put({"a": 1, "b": 2})
    whole = shelf.path.read_bytes()
    shelf.path.write_bytes(whole[:-9])
    with kept(tmp_path) as again:
        assert (again.get("a"), again.get("b")) == (1, None)
        again.put({"c": 3})
    last = kept(tmp_path)
    assert [last.get(key) for key in "abc"] == [1, None, 3]


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    with kept(tmp_path) as shelf:
        shelf.put({str(number): number / 7 for number in range(9)})
    lines = shelf.path.read_bytes().splitlines()
    lines[0] = lines[0].replace(b'"answer": 0.0', b'"answer": 9.0')
    lines[1] = b"\xff\x00\xfe"
    lines[2] = b'["no", "record"]'
    lines[3] = b'{"key": ["a"], "answer": 1, "check": 1}'
    lines[4] = b"[" * 100_000
    lines[5] = json.dumps({"key": "5"}).encode()
    lines[6] = b"NaN"
    shelf.path.write_bytes(b"\n".join(lines) + b"\n")
    again = kept(tmp_path)
    assert [number for number in range(9) if again.get(str(number)) is not None] == [7, 8]
    assert again.get("8") == 8 / 7


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file, where the folder should be")
    with pytest.raises(EchoesError, match=r"could not be kept in .*free space"), kept(tmp_path / "answers") as shelf:
        shelf.put({"a": 1})


def test_a_digest_tells_apart_what_is_next_to_each_other() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("a", b"bc")
    assert digest((1, 2), 3) == digest((1, 2), 3) and len(digest()) == 32


def test_a_job_asks_only_for_what_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def job(*keys: str) -> list[int]:
        with answering(tmp_path, "nora", "replies", keys, "Nora: answering", "answer") as answers:
            missing = answers.missing
            answers.put({index: keys[index].upper() for index in missing})
            assert answers.all() == [key.upper() for key in keys]
        return missing

    assert job("a", "b", "a") == [0, 1]
    assert job("b", "c", "a", "c") == [1]
    assert "3/3" in capsys.readouterr().err.splitlines()[-1].split("\r")[-1]
    assert job() == []


def test_what_was_answered_before_an_interruption_is_not_asked_again(tmp_path: Path) -> None:
    keys = ["a", "b", "c"]
    with pytest.raises(KeyboardInterrupt), answering(tmp_path, "nora", "replies", keys, "", "answer") as answers:
        answers.put({1: "kept"})
        raise KeyboardInterrupt
    with answering(tmp_path, "nora", "replies", keys, "", "answer") as answers:
        assert answers.missing == [0, 2]
    with answering(None, "nora", "replies", keys, "", "answer") as answers:
        assert answers.missing == [0, 1, 2], "without a folder nothing is kept"
