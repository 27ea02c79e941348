"""The JSON stream: what it mends must not depend on where the pieces happen to end."""

import io
import json
import random
import re
from typing import Any

import msgspec
import pytest

from training.data.importers import jsonmending
from training.data.importers.jsonstream import Damaged, keys_by_place, walk, walk_many


def mended(data: bytes) -> str:
    pieces = jsonmending.Pieces(io.BytesIO(data))
    return "".join(iter(pieces.text, ""))


BROKEN = rb'{"a": "x\x07y \\x07 \\\x1f \q \u4f60 \" \\", "b": "\\\\\x0A"}'


@pytest.mark.parametrize("piece", range(1, 20))
def test_escapes_are_mended_wherever_the_pieces_end(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(jsonmending, "CHUNK", piece)
    assert json.loads(mended(BROKEN)) == {"a": 'x\x07y \\x07 \\\x1f \\q 你 " \\', "b": "\\\\\n"}


HALVES = (
    rb'{"a": "\ud83d\ude00 \udc00 \\ud83d\ude00 \\\uD83D\uDE00 \ud83dx \ud83d\ud83d\ude00 \\ud83d", "\udFFF": "\ud800"}'
)
HALVES_MENDED = {"a": "😀 \ufffd \\ud83d\ufffd \\😀 \ufffdx \ufffd😀 \\ud83d", "\ufffd": "\ufffd"}


@pytest.mark.parametrize("piece", range(1, 30))
def test_half_of_a_surrogate_pair_is_mended_wherever_the_pieces_end(
    monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(jsonmending, "CHUNK", piece)
    assert json.loads(mended(HALVES)) == HALVES_MENDED


@pytest.mark.parametrize("piece", range(60, 120))
def test_a_path_without_quotes_is_mended_wherever_the_pieces_end(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(jsonmending, "CHUNK", piece)
    emoji = [{"type": "custom_emoji", "document_id": number} for number in range(9)]
    document = re.sub(r"(_id\": )(\d)", r"\1(File \2 not included)", json.dumps(emoji, indent=1))
    assert json.loads(mended(document.encode())) == [{**one, "document_id": None} for one in emoji]


def test_valid_json_is_left_as_it_is() -> None:
    rng = random.Random(7)
    for _ in range(200):
        text = "".join(rng.choice('\\"x/\n\tu0041你🙂 ') for _ in range(40))
        data = json.dumps({"text": text}, ensure_ascii=rng.random() < 0.5).encode()
        assert mended(data) == data.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(encoding: str) -> None:
    assert json.loads(mended('{"a": "你好"}'.encode(encoding))) == {"a": "你好"}


def test_raw_control_characters_and_broken_bytes_are_survived() -> None:
    assert json.loads(mended(b'{"a": "x\x01\x1fy\xff"}')) == {"a": "xy�"}


def items(document: bytes) -> tuple[list[dict[str, Any]], bool]:
    """What is read, and whether the document was whole."""
    found: list[dict[str, Any]] = []
    try:
        found.extend(node.value for node in walk(io.BytesIO(document), {"messages.item"}) if node.kind == "item")
    except Damaged:
        return found, False
    return found, True


def test_items_come_whole_and_nested() -> None:
    messages = [{"a": [1, {"b": [None, True, 2.5, "x"]}, []], "c": {}}, {"d": {"e": {"f": []}}}]
    assert items(json.dumps({"messages": messages, "after": 1}).encode()) == (messages, True)


@pytest.mark.parametrize("piece", range(1, 60))
def test_nothing_depends_on_where_the_pieces_end(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(jsonmending, "CHUNK", piece)
    messages = [{"id": 10**number, "text": '{"id": 5} ]\\', "in": [[], {}, -1.5e-3, None]} for number in range(5)]
    document = {"n": 1234567, "yes": True, "chats": [{"messages": messages}, 12, {}], "end": -0.25}
    nodes = list(walk(io.BytesIO(json.dumps(document, indent=1).encode()), {"chats.item.messages.item"}))
    assert [node.value for node in nodes if node.kind == "item"] == messages
    told = [(node.prefix, node.value) for node in nodes if node.kind == "value"]
    assert told == [("n", 1234567), ("yes", True), ("chats.item", 12), ("end", -0.25)]
    assert [node.prefix for node in nodes if node.kind == "end"] == ["chats.item", "chats.item", ""]
    assert [node.value for node in nodes if node.kind == "key"] == ["n", "yes", "chats", "end"]


@pytest.mark.parametrize(
    "damaged", ["NaN", "-", "nul", "1 2", "[1 2]", "}", '{"a" 1}', "{1: 2}", "", '"', "{} {}", "[}"]
)
def test_what_is_no_json_is_damaged(damaged: str) -> None:
    with pytest.raises(Damaged):
        list(walk(io.BytesIO(damaged.encode()), ()))


def test_the_keys_of_several_documents_are_told_by_their_places() -> None:
    lines = b'{"a": {"b": [{"c": 1}]}}\n{"d": [1, {"e": 2}]}\n{"f": cut'
    assert keys_by_place(io.BytesIO(lines)) == {"": {"a", "d", "f"}, "a": {"b"}, "a.b.item": {"c"}, "d.item": {"e"}}


def test_every_cut_gives_exactly_what_stood_before_it() -> None:
    messages = [{"id": number, "text": ["你好", {"text": '\\"}{'}]} for number in range(5)]
    document = json.dumps({"name": "x", "messages": messages}, ensure_ascii=False).encode()
    for cut in range(len(document) - 1):
        found, whole = items(document[:cut])
        assert not whole
        assert found == messages[: len(found)]
        assert len(found) >= document[:cut].count(b'"}]}')  # the end of each message


@pytest.mark.parametrize("damage", [b"<", b'"', b"}", b"]", b"\\"])
@pytest.mark.parametrize("indent", [None, 1])
def test_damage_anywhere_costs_the_items_around_it_alone(damage: bytes, indent: int | None) -> None:
    messages = [{"id": number, "who": {"id": 7}, "text": ["你好", {"text": '"id": {'}]} for number in range(9)]
    document = json.dumps({"name": "x", "chats": [{"messages": messages}, {"more": 1}]}, indent=indent).encode()
    first, last = document.index(b'"id": 1'), document.index(b'"id": 7')
    for place in range(first, last):
        damaged = document[:place] + damage + document[place + 1 :]
        found: list[Any] = []
        try:
            nodes = walk(io.BytesIO(damaged), {"chats.item.messages.item"})
            found.extend(node.value["id"] for node in nodes if node.kind == "item" and node.value in messages)
        except Damaged as error:
            assert error.read_on
            assert 0 < error.lost < 400
        assert found == sorted(found)
        assert {0, 8} <= set(found)
        assert len(found) >= 6


@pytest.mark.parametrize(
    ("written", "meant"), [(r"\x07", "\x07"), (r"\ud83d", "\ufffd"), ("\x01", ""), (r"\q", r"\q"), ("你", "你")]
)
def test_a_long_list_is_read_alike_wherever_something_is_to_be_mended(written: str, meant: str) -> None:
    messages = [
        {"id": number, "text": "WORD" if number % 700 == 650 else "x" * (number % 90)} for number in range(5000)
    ]
    chats = {"chats": [{"messages": messages}, {"messages": messages[:3], "name": "short"}], "end": True}
    document = json.dumps(chats, indent=1).replace("WORD", f"a{written}b")
    expected = [{**message, "text": str(message["text"]).replace("WORD", f"a{meant}b")} for message in messages]
    nodes = list(walk(io.BytesIO(document.encode()), {"chats.item.messages.item"}))
    assert [node.value for node in nodes if node.kind == "item"] == expected + expected[:3]
    assert [node.value for node in nodes if node.kind == "value"] == ["short", True]


class Asked(msgspec.Struct):
    """What somebody reads of an object."""

    text: str = ""


def test_what_is_not_asked_for_can_still_be_told() -> None:
    messages = [{"id": number, "text": f"{number}", f"other {number}": [{}]} for number in range(2000)]
    document = json.dumps({"messages": messages}, indent=1).encode()
    texts: list[str] = []
    for node in walk_many(io.BytesIO(document), {"messages.item"}, Asked):
        if node.kind == "items":
            assert node.value.keys(0) == {"id", "text", f"other {len(texts)}"}
            texts += [item.text for item in node.value.found]
    assert texts == [message["text"] for message in messages]
