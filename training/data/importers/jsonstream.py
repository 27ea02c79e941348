"""Reads JSON of any size as a stream, goes on behind damage, and keeps what came before a cut."""

from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from training.data.importers.jsonparts import BrokenJson, Parts


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


class Node(msgspec.Struct, frozen=True, gc=False):
    """A part of a document. kind: "item" for a whole object that was asked for ("items" for several, where they are
    read so), "value" for a text, number or the like outside of those, "end" for the end of an object, "key" for a key
    of the outermost object, before its value."""

    kind: str
    prefix: str
    value: Any


def walk(file: BinaryIO, items: Container[str]) -> Iterator[Node]:
    """Yields the nodes of a JSON document in order. The objects at the places `items` come whole, as dictionaries.

    It holds a few items in memory at a time. Where an item of a list is damaged it goes on with the next that begins as
    the others do. Raises Damaged after it has yielded all that could be read.
    """
    for node in walk_many(file, items, dict[str, Any]):
        if node.kind == "items":
            for item in node.value.found:
                yield Node("item", node.prefix, item)
        else:
            yield node


def walk_many(file: BinaryIO, items: Container[str], of: type) -> Iterator[Node]:
    """Yields the same, but the objects at the places `items` several at a time: see Objects.

    of: what is read of them, which takes less than whole dictionaries: a Struct of msgspec.
    """
    parts = Parts(file, items, of)
    damage: Damaged | None = None
    while True:
        try:
            for place, event, value in parts:
                if event != "key" or not place:
                    yield Node(event, place, value)
            break
        except BrokenJson as error:
            lost = parts.read_on(error)
            known = damage.lost if damage else 0
            if lost is None:
                raise Damaged(cut=error.cut, deep=error.deep, read_on=damage is not None, lost=known) from None
            damage = Damaged(read_on=True, lost=lost + known)
    if damage is not None:
        raise damage


def keys_by_place(file: BinaryIO) -> dict[str, frozenset[str]]:
    """Returns the keys of all objects by their place, such as "" and "messages.item", up to the first damage.

    It reads several documents in one file (JSON lines), too.
    """
    found: dict[str, set[str]] = {}
    with suppress(BrokenJson):
        for place, event, value in Parts(file, several=True):
            if event == "key":
                found.setdefault(place, set()).add(value)
    return {place: frozenset(keys) for place, keys in found.items()}


def object_at(path: Path, place: str) -> dict[str, Any]:
    """Returns the first object at this place of a small file; empty where there is none, or no such file."""
    with suppress(Damaged, OSError), path.open("rb") as file:
        for node in walk(file, {place}):
            if node.kind == "item":
                found: dict[str, Any] = node.value
                return found
    return {}
