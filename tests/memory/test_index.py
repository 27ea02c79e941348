"""The index finds what was said there by then; what is taken out is gone from the file; a damaged one is made anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.memory.index import Index, Place, Words

HERE, THERE = Place("corpus/1", "a"), Place("corpus/2", "a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


@pytest.fixture
def index(path: Path) -> Iterator[Index]:
    with Index.open(path) as index:
        small = ["good morning sun", "cake cake", "bread again", "rain on sunday", "soup", "lamp broken", "red bicycle"]
        index.take(HERE, [Words(n, n, text) for n, text in enumerate(["the lighthouse at Hull", *small], 1)])
        index.take(THERE, [Words(1, 5, "the lighthouse keeper sings opera")])
        yield index


def refs(index: Index, text: str, before: float = 100, place: Place = HERE) -> list[int]:
    return [one.ref for one in index.find([place.key], text, before)]


def test_it_finds_by_what_is_rare(index: Index) -> None:
    assert refs(index, "have you seen the lighthouses in Hull?") == [1]
    assert refs(index, "sun?") == [], "one word is little, where little was said"
    assert refs(index, "my red bicycle") == [8]


def test_only_where_it_may_look_and_only_what_was_said_by_then(index: Index) -> None:
    assert refs(index, "lighthouse keeper opera") == []
    assert refs(index, "lighthouse keeper opera", place=THERE) == [1]
    assert refs(index, "red bicycle", before=8) == []
    assert index.find([], "red bicycle", 100) == [] and refs(index, "red bicycle", place=Place("corpus/9", "")) == []


def test_what_is_found_follows_from_that_place_alone(path: Path, index: Index) -> None:
    before = index.find([HERE.key], "red bicycle", 100)
    index.take(Place("corpus/7", ""), [Words(n, n, "red bicycle") for n in range(50)])
    assert index.find([HERE.key], "red bicycle", 100) == before


@pytest.mark.parametrize(
    "typed", ['"', "'; DROP TABLE words; --", "NEAR(a b)", "a AND OR", "\ue0001 red bicycle", "*", "x\0y"]
)
def test_whatever_is_typed_is_words(index: Index, typed: str) -> None:
    index.find([HERE.key], typed, 100)
    assert 8 in refs(index, f"{typed} red bicycle")


def test_what_is_dropped_is_gone_from_the_file(path: Path, index: Index) -> None:
    folder = path.parent
    index.drop([THERE.key])
    assert refs(index, "red bicycle") == [8] and index.places() == [HERE.key]
    assert not any(b"opera" in file.read_bytes() for file in folder.iterdir())
    assert any(b"bicycl" in file.read_bytes() for file in folder.iterdir())


def test_it_is_only_for_its_owner(path: Path, index: Index) -> None:
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize("damage", [b"no database" * 999, b"", b"SQLite format 3\0" + b"\0" * 4000])
def test_a_damaged_one_is_made_anew(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    with Index.open(path) as index:
        assert index.places() == []
        index.take(HERE, [Words(1, 1, "red bicycle"), Words(2, 2, "x y z"), Words(3, 3, "u v w"), Words(4, 4, "k l m")])
        assert index.places() == [HERE.key]


def test_one_cut_short_while_it_was_written_is_as_it_was(path: Path, index: Index) -> None:
    def words() -> Iterator[Words]:
        yield Words(30, 30, "green parrot")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        index.take(HERE, words())
    assert index.last(HERE) == 8 and refs(index, "green parrot") == [] and refs(index, "red bicycle") == [8]
