"""Decodes objects of a list many at once: it takes less than Python's own decoder, and gives the same values."""

from typing import Any

import msgspec

DEEPEST = 200
"""How deep an export may be nested: deeper than any is."""

AT_ONCE = 1 << 14
"""Bytes, about, that are decoded at once: so few that they hardly ever have DEEPEST brackets more than objects."""

_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def decoded(data: bytes) -> list[dict[str, Any]]:
    """Returns the objects that stand here, separated by commas; none where they are damaged or too deep.

    Whatever is a valid list with a bracket behind it ends where an object ends, for JSON is read from left to right.
    """
    try:
        objects = _decode(b"[%b]" % data)
    except (msgspec.MsgspecError, RecursionError):
        return []
    brackets = data.count(b"[") + data.count(b"{")
    if brackets - len(objects) >= DEEPEST and any(depth_exceeds(one, DEEPEST) for one in objects):
        return []
    return objects


def depth_exceeds(value: Any, depth: int) -> bool:
    level = [value]
    while depth and level:
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
                 if isinstance(inner, dict | list)]  # fmt: skip
        depth -= 1
    return bool(level)
