"""Decodes objects of a list many at once, into what is asked of them: it takes far less than Python's own decoder."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

DEEPEST = 200
"""How deep a document may be nested: deeper than any export is."""

AT_ONCE = 1 << 14
"""Bytes, about, that are decoded at once: so few that they hardly ever have DEEPEST brackets more than objects."""

T = TypeVar("T")
_Whole = dict[str, Any]
_wholes = msgspec.json.Decoder(list[_Whole]).decode


@dataclass(frozen=True, slots=True)
class Objects(Generic[T]):
    """Objects that stand behind one another, as what was asked of them. source: all that the file has of them."""

    found: Sequence[T]
    source: bytes | Sequence[_Whole]

    def keys(self, number: int) -> Set[str]:
        """Returns all keys of one of them, also those that were not asked for. It takes as long as reading them all."""
        wholes = _wholes(self.source) if isinstance(self.source, bytes) else self.source
        return wholes[number].keys()


class Many(Generic[T]):
    """Decodes objects as one type: dictionaries, or a Struct of msgspec with the keys that somebody reads."""

    def __init__(self, of: type[T]) -> None:
        self._of = of
        self._decode = msgspec.json.Decoder(list[of]).decode  # type: ignore[valid-type]

    def decoded(self, data: bytes) -> Objects[T] | None:
        """Returns the objects that stand here, separated by commas; None where they are damaged or too deep.

        Whatever is a valid list with a bracket behind it ends where an object ends, for JSON is read from left to
        right.
        """
        source = b"[%b]" % data
        try:
            found = self._decode(source)
            deep = source.count(b"[") + source.count(b"{") - len(found) > DEEPEST
            if not found or (deep and any(depth_exceeds(one, DEEPEST) for one in _wholes(source))):
                return None
        except (msgspec.MsgspecError, RecursionError):
            return None
        return Objects(found, source)

    def converted(self, whole: _Whole) -> Objects[T]:
        """Returns one object that was decoded already."""
        return Objects([msgspec.convert(whole, self._of)], [whole])


def depth_exceeds(value: Any, depth: int) -> bool:
    level = [value]
    while depth and level:
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
                 if isinstance(inner, dict | list)]  # fmt: skip
        depth -= 1
    return bool(level)
