"""Reads JSON of any size as a stream, mends what exporters write wrongly, and keeps what came before a cut."""

import codecs
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

import ijson

_CHUNK = 1 << 16
_RAW_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
_BROKEN_ESCAPE = re.compile(rb'(?<!\\)(?:\\\\)*\\(?!["\\/bfnrtu])')
_HIGH, _LOW = rb"u[dD][89abAB][0-9A-Fa-f]{2}", rb"u[dD][c-fC-F][0-9A-Fa-f]{2}"  # the halves of a surrogate pair
_PAIR = re.compile(rb"(?<!\\)(?:\\\\)*\\%b\\%b" % (_HIGH, _LOW))
_HALF = re.compile(rb"\\(?:%b|%b)" % (_HIGH, _LOW))
_ESCAPE = re.compile(
    rb'\\(?:(%b\\%b)|(%b|%b)|(["\\/bfnrtu])|x([0-9A-Fa-f]{2})|(.))' % (_HIGH, _LOW, _HIGH, _LOW), re.DOTALL
)
_UNFINISHED = re.compile(
    rb"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]?|u[0-9A-Fa-f]{0,3}|%b(?:\\(?:u[0-9A-Fa-f]{0,3})?)?)?)\Z" % _HIGH
)
_LONGEST_UNFINISHED = 11  # a surrogate pair but for its last digit


class Damaged(Exception):
    """The JSON is damaged. cut: it merely ends too early."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__("cut off" if cut else "not valid JSON")
        self.cut = cut

    @property
    def sentence(self) -> str:
        if self.cut:
            return "The file ends in the middle, so the export is incomplete; everything before the cut was read."
        return "The file is damaged in the middle; everything before that place was read."


class Node(NamedTuple):
    """A part of a document. kind: "item" for a whole object that was asked for, "value" for a text, number or the like
    outside of those, "end" for the end of an object, "key" for a key of the outermost object, before its value."""

    kind: str
    prefix: str
    value: Any


def walk(file: BinaryIO, items: Container[str]) -> Iterator[Node]:
    """Yields the nodes of a JSON document in order. The objects at the places `items` come whole, as dictionaries.

    It holds one item in memory at a time. Raises Damaged after it has yielded all that could be read.
    """
    events = ijson.parse(MendedJson(file), buf_size=_CHUNK)
    try:
        for prefix, event, value in events:
            if event == "start_map":
                if prefix in items:
                    yield Node("item", prefix, _build(events))
            elif event == "end_map":
                yield Node("end", prefix, None)
            elif event == "map_key":
                if not prefix:
                    yield Node("key", prefix, value)
            elif event not in ("start_array", "end_array"):
                yield Node("value", prefix, value)
    except ijson.IncompleteJSONError as error:
        raise Damaged(cut="EOF" in str(error) or "Incomplete" in str(error)) from None
    except ijson.JSONError:
        raise Damaged(cut=False) from None


def keys_by_place(file: BinaryIO) -> dict[str, frozenset[str]]:
    """Returns the keys of all objects by their place, such as "" and "messages.item", up to the first damage.

    It reads several documents in one file (JSON lines), too.
    """
    found: dict[str, set[str]] = {}
    with suppress(ijson.JSONError):
        for prefix, event, value in ijson.parse(MendedJson(file), buf_size=_CHUNK, multiple_values=True):
            if event == "map_key":
                found.setdefault(prefix, set()).add(value)
    return {place: frozenset(keys) for place, keys in found.items()}


def _build(events: Iterator[tuple[str, str, Any]]) -> dict[str, Any]:
    """Reads on to the end of the object whose start was just read, and returns it."""
    root: dict[str, Any] = {}
    stack: list[dict[str, Any] | list[Any]] = [root]
    keys: list[str] = [""]
    for _, event, value in events:
        if event == "map_key":
            keys[-1] = value
            continue
        if event in ("end_map", "end_array"):
            stack.pop()
            keys.pop()
            if not stack:
                break
            continue
        opened: dict[str, Any] | list[Any] | None = None
        if event == "start_map":
            value = opened = {}
        elif event == "start_array":
            value = opened = []
        parent = stack[-1]
        if isinstance(parent, dict):
            parent[keys[-1]] = value
        else:
            parent.append(value)
        if opened is not None:
            stack.append(opened)
            keys.append("")
    return root


class MendedJson:
    """Bytes of a JSON file as valid UTF-8 without a byte order mark, with every escape made valid.

    Telegram Desktop writes control characters as `\\xNN`, which JSON does not know. Half of a surrogate pair, as in
    `\\udc00`, becomes U+FFFD.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = None
        self._held = b""
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # ijson asks whether these are bytes
            return b""
        data = b""
        while not data and not self._ended:
            chunk = self._file.read(_CHUNK)
            self._ended = not chunk
            data = self._mend(self._held + self._as_utf8(chunk))
        return data

    def _as_utf8(self, chunk: bytes) -> bytes:
        if self._decoder is None:
            wide = chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            self._decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
        text = self._decoder.decode(chunk, final=not chunk)
        return text.encode("utf-8", "replace").translate(None, _RAW_CONTROL)

    def _mend(self, data: bytes) -> bytes:
        self._held = b""
        if not self._ended and (unfinished := _UNFINISHED.search(data, _tail(data))) is not None:
            data, self._held = data[: unfinished.start(1)], data[unfinished.start(1) :]
        broken = b"\\" in data and (_BROKEN_ESCAPE.search(data) or _has_half_pair(data))
        return _ESCAPE.sub(_mend_escape, data) if broken else data


def _tail(data: bytes) -> int:
    """Returns where to begin to look for an unfinished escape: near the end, and not within a run of backslashes."""
    start = max(0, len(data) - _LONGEST_UNFINISHED)
    while start > 0 and data[start - 1 : start] == b"\\":
        start -= 1
    return start


def _has_half_pair(data: bytes) -> bool:
    """Says whether half of a surrogate pair stands alone. It may say so of an escaped backslash before "ud83d", too."""
    return _HALF.search(data) is not None and _HALF.search(_PAIR.sub(b"", data)) is not None


def _mend_escape(match: re.Match[bytes]) -> bytes:
    if match[2] is not None:
        return b"\\ufffd"
    if match[4] is not None:
        return b"\\u00" + match[4]
    if match[5] is not None:
        return b"\\\\" + match[5]
    return match[0]
