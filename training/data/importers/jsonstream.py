"""Reads JSON of any size as a stream, goes on behind damage, and keeps what came before a cut."""

import json
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import ijson

from training.data.importers.jsonmending import CHUNK, MendedJson

_DEEPEST = 200


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


def object_at(path: Path, place: str) -> dict[str, Any]:
    """Returns the first object at this place of a small file; empty where there is none, or no such file."""
    with suppress(Damaged, OSError), path.open("rb") as file:
        for node in walk(file, {place}):
            if node.kind == "item":
                found: dict[str, Any] = node.value
                return found
    return {}


class _TooDeep(Exception):
    """Lists or objects lie in each other deeper than in any export. Their places alone would fill the memory."""


_FAULTS = (ijson.JSONError, ArithmeticError, _TooDeep)  # ArithmeticError: of a number with a huge exponent


class _Parts:
    """The events of a document with their places. An object at one of the places `items` is one event, "item"."""

    def __init__(self, stream: MendedJson, items: Container[str], *, several: bool = False) -> None:
        self._stream = stream
        self._items = items
        self._events = ijson.basic_parse(stream, buf_size=CHUNK, multiple_values=several)
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
        self._events = ijson.basic_parse(self._stream, buf_size=CHUNK)
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
