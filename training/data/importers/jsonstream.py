"""Reads JSON of any size as a stream, mends what exporters write wrongly, and keeps what came before a cut."""

import codecs
import json
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple

import ijson

_CHUNK = 1 << 16
_DEEPEST = 200
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
_UNQUOTED = re.compile(rb'("document_id":\s*)(?!null|true|false)[^\s"\d\[{-][^"\r\n}]*')
_ENDLESS = re.compile(rb'((?:(?<!\\)"\s*:|[\[,])\s*|\A)-?\d{2000,}')  # a number at which the parser crashes
_MANY_DIGITS = re.compile(rb"\d{2000}")
_OBJECT = re.compile(rb'\{\s*("[A-Za-z_]{1,40}")\s*:')


class Damaged(Exception):
    """The JSON is damaged. cut: it merely ends too early. lost: the bytes that could not be read, about.

    read_on: what came behind the damage was read, too. deep: it is nested deeper than anybody's export.
    """

    def __init__(self, *, cut: bool = False, deep: bool = False, read_on: bool = False, lost: int = 0) -> None:
        super().__init__("cut off" if cut else "not valid JSON")
        self.cut = cut
        self.deep = deep
        self.read_on = read_on
        self.lost = lost

    @property
    def sentence(self) -> str:
        if self.read_on:
            end = " It also ends in the middle, so the export is incomplete." if self.cut else ""
            return (
                f"The file is damaged: about {self.lost:,} bytes could not be read, and what they held is missing; "
                f"everything else was read.{end}"
            )
        if self.cut:
            return "The file ends in the middle, so the export is incomplete; everything before the cut was read."
        if self.deep:
            return "The file is nested deeper than any export; everything before that place was read."
        return "The file is damaged in the middle; everything before that place was read."


class Node(NamedTuple):
    """A part of a document. kind: "item" for a whole object that was asked for, "value" for a text, number or the like
    outside of those, "end" for the end of an object, "key" for a key of the outermost object, before its value."""

    kind: str
    prefix: str
    value: Any


def walk(file: BinaryIO, items: Container[str]) -> Iterator[Node]:
    """Yields the nodes of a JSON document in order. The objects at the places `items` come whole, as dictionaries.

    It holds one item in memory at a time. Where an item of a list is damaged it goes on with the next that begins as
    the others do. Raises Damaged after it has yielded all that could be read.
    """
    stream = MendedJson(file)
    parts = _Parts(stream, items)
    damage: Damaged | None = None
    while True:
        try:
            for prefix, event, value in parts:
                if event == "item":
                    yield Node("item", prefix, value)
                elif event == "end_map":
                    yield Node("end", prefix, None)
                elif event == "map_key":
                    if not prefix:
                        yield Node("key", prefix, value)
                elif event not in ("start_map", "start_array", "end_array"):
                    yield Node("value", prefix, value)
            break
        except _FAULTS as error:
            cut = "EOF" in str(error) or "Incomplete" in str(error)
            lost = parts.read_on()
            if lost is None:
                deep = isinstance(error, _TooDeep)
                known = damage.lost if damage else 0
                raise Damaged(cut=cut, deep=deep, read_on=damage is not None, lost=known) from None
            damage = Damaged(read_on=True, lost=lost + (damage.lost if damage else 0))
    if damage is not None:
        raise damage


def keys_by_place(file: BinaryIO) -> dict[str, frozenset[str]]:
    """Returns the keys of all objects by their place, such as "" and "messages.item", up to the first damage.

    It reads several documents in one file (JSON lines), too.
    """
    found: dict[str, set[str]] = {}
    with suppress(*_FAULTS):
        for prefix, event, value in _Parts(MendedJson(file), (), several=True):
            if event == "map_key":
                found.setdefault(prefix, set()).add(value)
    return {place: frozenset(keys) for place, keys in found.items()}


class _TooDeep(Exception):
    """Lists or objects lie in each other deeper than in any export. Their places alone would fill the memory."""


_FAULTS = (ijson.JSONError, ArithmeticError, _TooDeep)  # ArithmeticError: of a number with a huge exponent


class _Parts:
    """The events of a document with their places. An object at one of the places `items` is one event, "item"."""

    def __init__(self, stream: "MendedJson", items: Container[str], *, several: bool = False) -> None:
        self._stream = stream
        self._items = items
        self._events = ijson.basic_parse(stream, buf_size=_CHUNK, multiple_values=several)
        self._place = ""
        self._opened: list[tuple[str, bool]] = []  # the objects and lists around it; of each, whether it is a list
        self._list: tuple[str, list[tuple[str, bool]]] | None = None  # where the last item of a list stood

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        """Yields place, event and value of what is left. After `read_on` it can be asked again."""
        events, items, opened = self._events, self._items, self._opened
        for event, value in events:
            if event == "map_key":
                outer = opened[-1][0]
                self._place = f"{outer}.{value}" if outer else value
                yield outer, event, value
            elif event in ("start_map", "start_array"):
                place, is_list = self._place, event == "start_array"
                if not is_list and place in items:
                    self._note(place)
                    item = _build(events)
                    self._stream.kept(next(iter(item), ""))
                    yield place, "item", item
                    continue
                if len(opened) >= _DEEPEST:
                    raise _TooDeep
                opened.append((place, is_list))
                if is_list:
                    self._place = f"{place}.item" if place else "item"
                yield place, event, None
            elif event in ("end_map", "end_array"):
                self._place, _ = opened.pop()
                yield self._place, event, None
            else:
                yield self._place, event, value

    def _note(self, place: str) -> None:
        within_list = bool(self._opened) and self._opened[-1][1]
        if within_list and (self._list is None or self._list[0] != place):
            self._list = place, list(self._opened)

    def read_on(self) -> int | None:
        """Goes on behind damage, at the next item of the list that the last one stood in.

        Returns how many bytes are lost, about; None where there is no such item.
        """
        if self._list is None:
            return None
        lost = self._stream.seek_mark()
        if lost is None:
            return None
        place, opened = self._list
        inner = [*(outer for outer, _ in opened[1:]), place]
        start = b""
        for (outer, is_list), next_place in zip(opened, inner, strict=True):
            start += b"[" if is_list else b"{%b:" % json.dumps(next_place[len(outer) :].lstrip(".")).encode()
        self._stream.begin_with(start)
        self._events = ijson.basic_parse(self._stream, buf_size=_CHUNK)
        for _ in range(len(opened) + sum(not is_list for _, is_list in opened)):
            next(self._events)
        self._place, self._opened = place, list(opened)
        return lost


def _build(events: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    """Reads on to the end of the object whose start was just read, and returns it."""
    root: dict[str, Any] = {}
    stack: list[dict[str, Any] | list[Any]] = [root]
    keys: list[str] = [""]
    for event, value in events:
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
            if len(stack) >= _DEEPEST:
                raise _TooDeep
            stack.append(opened)
            keys.append("")
    return root


class MendedJson:
    """Bytes of a JSON file as valid UTF-8 without a byte order mark, with every escape made valid.

    Telegram Desktop writes control characters as `\\xNN`, which JSON does not know, and its version 4.1 wrote the path
    of an emoji's file without quotes. Half of a surrogate pair, as in `\\udc00`, becomes U+FFFD.

    It hands the bytes out in pieces. Once it knows how the items of a list begin, a piece ends before each, so that
    behind damage the parser can go on with the next item.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = None
        self._held = b""
        self._ended = False
        self._data = b""  # mended and, from _at on, not handed out yet
        self._at = 0
        self._start = b""  # to be handed out before it
        self._first_key: str | None = None
        self._mark = _OBJECT  # how an item begins
        self._piece = b""
        self._unsure = 0  # bytes handed out since the last item was whole

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # ijson asks whether these are bytes
            return b""
        if self._start:
            start, self._start = self._start, b""
            return start
        if self._at >= len(self._data) and not self._more():
            return b""
        found = self._mark.search(self._data, self._at + 1)
        end = found.start() if found else len(self._data)
        self._piece, self._at = self._data[self._at : end], end
        self._unsure += len(self._piece)
        return self._piece

    def kept(self, first_key: str) -> None:
        """Notes that an item was read whole, which ended in the piece handed out last."""
        if first_key != self._first_key:
            self._first_key = first_key
            self._mark = re.compile(rb"\{\s*%b\s*:" % re.escape(json.dumps(first_key, ensure_ascii=False).encode()))
        self._unsure = len(self._piece) - self._piece.rfind(b"}") - 1

    def seek_mark(self) -> int | None:
        """Goes to where the next item begins, and returns the bytes lost until there; None if no other begins."""
        lost, self._unsure = self._unsure, 0
        while True:
            found = self._mark.search(self._data, self._at)
            end = found.start() if found else len(self._data)
            lost, self._at = lost + end - self._at, end
            if found:
                return lost
            if not self._more():
                return None

    def begin_with(self, start: bytes) -> None:
        """Hands out these bytes before the others."""
        self._start = start

    def _more(self) -> bool:
        """Reads the next chunk of the file; False at its end."""
        data = b""
        while not data and not self._ended:
            chunk = self._file.read(_CHUNK)
            self._ended = not chunk
            data = self._mend(self._held + self._as_utf8(chunk))
        self._data, self._at = data, 0
        return bool(data)

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
        if _MANY_DIGITS.search(data):
            data = _ENDLESS.sub(rb"\1null", data)
        if b'"document_id":' in data:
            data = _UNQUOTED.sub(rb"\1null", data)
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
