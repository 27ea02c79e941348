"""Reads a JSON document piece by piece: its structure here, what was asked for by decoders written in C.

Objects in a list are decoded by msgspec, many at once, where they are valid: it takes less than Python's own decoder,
and gives the same values. That one reads whatever is damaged or alone, for it tells where the damage is.
"""

import json
import re
from collections.abc import Container, Iterator
from typing import Any, BinaryIO

import msgspec

from training.data.importers.jsonmending import mended

_DEEPEST = 200
_LONGEST_TOKEN = 9  # characters of a word or the end of a number, which may be cut off where a piece ends
_LONGEST_MARK = 64
_SPACE = re.compile(r"\s*")
_NEXT_OBJECT = re.compile(r"\s*,\s*(?=\{)")
_TO_FIRST_KEY = re.compile(r"\{\s*\"[^\"\\]*\"")
_AT_ONCE = 1 << 14  # characters, about: so few that they hardly ever have _DEEPEST brackets more than objects
_ANY_OBJECT = re.compile(r"\{\s*\"[A-Za-z_]{1,40}\"\s*:")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).raw_decode
_decode_objects = msgspec.json.Decoder(list[dict[str, Any]]).decode


class BrokenJson(Exception):
    """The JSON is damaged. cut: it ends too early. deep: lists or objects lie in each other deeper than in any export.

    at: where in the text at hand.
    """

    def __init__(self, at: int, *, cut: bool = False, deep: bool = False) -> None:
        super().__init__("cut off" if cut else "not valid JSON")
        self.at = at
        self.cut = cut
        self.deep = deep


class Parts:
    """The parts of a document, each with its place, such as "messages.item" for what is in the list `messages`.

    An object at one of the places `items` is one part, "item". It holds one of these in memory at a time.
    """

    def __init__(self, file: BinaryIO, items: Container[str] = (), *, several: bool = False) -> None:
        self._pieces = mended(file)
        self._text = ""  # from _at on, not read yet
        self._at = 0
        self._from = 0  # where the value that was scanned last begins
        self._items = items
        self._several = several  # documents one behind another, as in JSON lines
        self._place = ""  # of the next value
        self._opened: list[tuple[str, bool]] = []  # the objects and lists around it; of each, whether it is a list
        self._list: tuple[str, list[tuple[str, bool]]] | None = None  # where the last item of a list stood
        self._last: dict[str, Any] = {}  # that item
        self._between = ""  # from the end of an item to the first key of the next, as they stood last
        self._alone = 0  # up to where in the text items are read one by one

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        """Yields place, event and value of what is left. After `read_on` it can be asked again. Raises BrokenJson.

        The events: "item", "value" for whatever is no object and no list, "key" of an object, "end" of an object.
        """
        opened, begun = self._opened, bool(self._opened)
        while (char := self._peek()) or opened or not begun:
            if char in ("}", "]") and opened and opened[-1][1] is (char == "]"):
                self._at += 1
                place, is_list = opened.pop()
                if not is_list:
                    yield place, "end", None
                self._separated()
            elif opened and not opened[-1][1]:
                yield opened[-1][0], "key", self._key()
                yield from self._value()
            else:
                self._place = self._of_item()
                yield from self._value()
            begun = True
            if not opened and not self._several and self._peek():
                raise BrokenJson(self._at)

    def read_on(self, broken: BrokenJson) -> int | None:
        """Goes on behind damage, at what begins as the last item of a list did, in that list.

        Returns how many bytes are lost, about; None where there is no such item.
        """
        if self._list is None:
            return None
        first_key = json.dumps(next(iter(self._last), ""), ensure_ascii=False)
        mark = re.compile(rf"\{{\s*{re.escape(first_key)}\s*:") if self._last else _ANY_OBJECT
        lost, start = 0, max(self._at + 1, broken.at)
        while (found := mark.search(self._text, start)) is None:
            end = max(self._at, len(self._text) - _LONGEST_MARK)  # where it may have begun
            lost += len(self._text[self._at : end].encode())
            self._at, start = end, 0
            if not self._more():
                return None
        lost += len(self._text[self._at : found.start()].encode())
        self._at = found.start()
        self._opened[:] = self._list[1]
        return lost

    def _of_item(self) -> str:
        """Returns the place of an item of the list around; that of the document where there is none."""
        outer = self._opened[-1][0] if self._opened else None
        return "" if outer is None else f"{outer}.item" if outer else "item"

    def _key(self) -> str:
        """Reads a key and the colon behind it."""
        outer = self._opened[-1][0]
        key = self._scan() if self._peek() == '"' else None
        if not isinstance(key, str) or self._peek() != ":":
            raise BrokenJson(self._at, cut=not self._peek())
        self._at += 1
        self._place = f"{outer}.{key}" if outer else key
        return key

    def _value(self) -> Iterator[tuple[str, str, Any]]:
        """Reads a value, of an object or a list that is no item only the beginning."""
        char, place = self._peek(), self._place
        if char == "{" and place in self._items:
            yield from self._objects(place)
        elif char in ("{", "["):
            if len(self._opened) >= _DEEPEST:
                raise BrokenJson(self._at, deep=True)
            self._at += 1
            self._opened.append((place, char == "["))
        else:
            yield place, "value", self._scan()
            self._separated()

    def _objects(self, place: str) -> Iterator[tuple[str, str, Any]]:
        """Reads an item, and those that follow it in its list."""
        in_list = bool(self._opened) and self._opened[-1][1]
        if in_list and (self._list is None or self._list[0] != place):
            self._list, self._last = (place, list(self._opened)), {}
        while True:
            item = self._scan()
            if self._brackets(self._from, self._at) > _DEEPEST and _depth_exceeds(item, _DEEPEST):
                raise BrokenJson(self._at, deep=True)
            if in_list:
                self._last = item
            yield place, "item", item
            while (following := _NEXT_OBJECT.match(self._text, self._at) if in_list else None) is not None:
                ended, self._at = self._at, following.end()
                if not (items := self._at_once(ended)):
                    break
                self._last = items[-1]
                for item in items:
                    yield place, "item", item
            if following is None:
                return self._separated()

    def _at_once(self, ended: int) -> list[dict[str, Any]]:
        """Reads the items that follow in the text at hand, but for the last; none where they are damaged or too deep.

        Whatever is a valid list with a bracket behind it ends where an item ends, for JSON is read from left to right.
        ended: where the item before them did.
        """
        if self._at < self._alone:
            return []
        start, key = self._at, _TO_FIRST_KEY.match(self._text, self._at)
        self._between = self._text[ended - 1 : key.end()] if key else self._between
        end = self._text.rfind(self._between, start, start + _AT_ONCE) + 1
        if not end:
            return []
        try:
            items = _decode_objects(f"[{self._text[start:end]}]")
        except (msgspec.MsgspecError, RecursionError):
            items = []
        deep = self._brackets(start, end) - len(items) >= _DEEPEST and any(
            _depth_exceeds(one, _DEEPEST) for one in items
        )
        if deep or not items:
            self._alone = end
            return []
        self._at = end
        return items

    def _brackets(self, start: int, end: int) -> int:
        return self._text.count("[", start, end) + self._text.count("{", start, end)

    def _separated(self) -> None:
        """Reads the comma behind a value, where the object or the list goes on."""
        if not self._opened:
            return
        char = self._peek()
        if char == ",":
            self._at += 1
        elif char not in ("}", "]"):
            raise BrokenJson(self._at, cut=not char)

    def _scan(self) -> Any:
        """Reads one whole value."""
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError as error:
                unfinished = error.msg.startswith("Unterminated") or len(self._text) - error.pos < _LONGEST_TOKEN
                broken = BrokenJson(error.pos, cut=unfinished)
            except RecursionError:
                broken = BrokenJson(self._at, deep=True)
            except ValueError:  # a number of too many digits
                broken = BrokenJson(self._at)
            else:
                may_go_on = isinstance(value, int | float) and len(self._text) - end < _LONGEST_TOKEN
                if not may_go_on or not self._more():
                    self._from, self._at = self._at, end
                    return value
                continue
            if not (broken.cut and self._more()):
                raise broken

    def _peek(self) -> str:
        """Goes to the next character that is no space, and returns it; empty at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        """Reads the next piece of the file; at its end changes nothing and is False."""
        piece = next(self._pieces, "")
        if piece:
            self._alone -= self._at
            self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)


def _depth_exceeds(value: Any, depth: int) -> bool:
    level = [value]
    while depth and level:
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
                 if isinstance(inner, dict | list)]  # fmt: skip
        depth -= 1
    return bool(level)
