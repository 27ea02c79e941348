"""Reads a JSON document piece by piece: its structure here, what was asked for by decoders written in C.

Objects in a list are decoded many at once where they are valid. Python's own decoder reads whatever is damaged or
alone, for it tells where the damage is.
"""

import json
import re
from collections.abc import Container, Iterator
from typing import Any, BinaryIO

from training.data.importers.jsonmany import AT_ONCE, DEEPEST, Many, Objects, depth_exceeds
from training.data.importers.jsonmending import Pieces

_LONGEST_TOKEN = 9  # characters of a word or the end of a number, which may be cut off where a piece ends
_LONGEST_MARK = 64
_SPACE = re.compile(r"\s*")
_NEXT_OBJECT = re.compile(r"\s*,\s*(?=\{)")
_TO_FIRST_KEY = re.compile(r"\{\s*\"[^\"\\]*\"")
_ANY_OBJECT = re.compile(r"\{\s*\"[A-Za-z_]{1,40}\"\s*:")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).raw_decode


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

    Objects at the places `items` are parts of their own, "items": as `of`, a few of them at a time.
    """

    def __init__(
        self, file: BinaryIO, items: Container[str] = (), of: type = dict[str, Any], *, several: bool = False
    ) -> None:
        self._pieces = Pieces(file)
        self._text = ""  # from _at on, not read yet
        self._at = 0
        self._from = 0  # where the value that was scanned last begins
        self._items = items
        self._many = Many[Any](of)
        self._several = several  # documents one behind another, as in JSON lines
        self._place = ""  # of the next value
        self._opened: list[tuple[str, bool]] = []  # the objects and lists around it; of each, whether it is a list
        self._list: tuple[str, list[tuple[str, bool]]] | None = None  # where the last item of a list stood
        self._first_key = ""  # of that item, as JSON
        self._between = ""  # from the end of an item to the first key of the next, as they stood last
        self._alone = 0  # up to where in the text items are read one by one

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        """Yields place, event and value of what is left. After `read_on` it can be asked again. Raises BrokenJson.

        The events: "items", "value" for whatever is no object and no list, "key" of an object, "end" of an object.
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
        mark = re.compile(rf"\{{\s*{re.escape(self._first_key)}\s*:") if self._first_key else _ANY_OBJECT
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
            if len(self._opened) >= DEEPEST:
                raise BrokenJson(self._at, deep=True)
            self._at += 1
            self._opened.append((place, char == "["))
        else:
            yield place, "value", self._scan()
            self._separated()

    def _objects(self, place: str) -> Iterator[tuple[str, str, Objects[Any]]]:
        """Reads an item, and those that follow it in its list."""
        in_list = bool(self._opened) and self._opened[-1][1]
        if in_list and (self._list is None or self._list[0] != place):
            self._list, self._first_key = (place, list(self._opened)), ""
        while True:
            item = self._scan()
            if self._brackets() > DEEPEST and depth_exceeds(item, DEEPEST):
                raise BrokenJson(self._at, deep=True)
            yield place, "items", self._many.converted(item)
            if not in_list:
                return self._separated()
            self._first_key = json.dumps(next(iter(item)), ensure_ascii=False) if item else ""
            while (following := _NEXT_OBJECT.match(self._text, self._at)) is not None:
                ended, self._at = self._at, following.end()
                if (items := self._at_once(ended)) is None:
                    break
                yield place, "items", items
            if following is None:
                return self._separated()
            for items in self._straight():
                yield place, "items", items

    def _at_once(self, ended: int) -> Objects[Any] | None:
        """Reads the items that follow in the text at hand, but for the last; None where they are damaged or too deep.

        ended: where the item before them did.
        """
        if self._at < self._alone:
            return None
        start, key = self._at, _TO_FIRST_KEY.match(self._text, self._at)
        self._between = self._text[ended - 1 : key.end()] if key else self._between
        end = self._text.rfind(self._between, start, start + AT_ONCE) + 1
        if not end:
            return None
        items = self._many.decoded(self._text[start:end].encode())
        if items is None:
            self._alone = end
        else:
            self._at = end
        return items

    def _straight(self) -> Iterator[Objects[Any]]:
        """Reads the items that follow behind the text at hand from the file's bytes as they are, which takes less.

        It begins where an item does, near the end of the text, and ends so: at the end of the list, or where anything
        is damaged or to be mended. There the text goes on.
        """
        if len(self._text) - self._at > AT_ONCE or self._at < self._alone or not self._between:
            return
        between = self._between.encode()
        to_next = between.find(b"{")
        data = self._text[self._at :].encode()
        self._text, self._at, self._alone = "", 0, 0
        try:
            while len(data) < AT_ONCE and (piece := self._pieces.untouched()):
                data += piece
                start = 0
                while end := data.rfind(between, start, start + AT_ONCE) + 1:
                    if (items := self._many.decoded(data[start:end])) is None:
                        break
                    start = end - 1 + to_next
                    yield items
                data = data[start:]
        finally:
            self._pieces.give_back(data)

    def _brackets(self) -> int:
        """How many begin in the value that was scanned last."""
        return self._text.count("[", self._from, self._at) + self._text.count("{", self._from, self._at)

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
        piece = self._pieces.text()
        if piece:
            self._alone -= self._at
            self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)
