"""Reads the words of a text that Apple's programs keep as a typedstream, as iMessage keeps its messages.

A typedstream holds objects as they lie in memory. The text itself is the first string of bytes in it, of type "+"; of
its attributes each is two strings one behind the other, a name and a value.
"""

_HEADER = b"\x04\x0bstreamtyped"
_FIRST_STRING = b"\x84\x01+"
_VALUE_BEHIND = 5  # bytes: the end of the name, and the beginning of another string that has its class
_TWO_BYTES, _FOUR_BYTES = 0x81, 0x82


def words_of(stream: bytes) -> str:
    """Returns the text, without its attributes; empty where it holds none, or is something else."""
    at = stream.find(_FIRST_STRING) if stream.startswith(_HEADER) else -1
    return _string_at(stream, at + len(_FIRST_STRING)) if at >= 0 else ""


def value_of(stream: bytes, name: str) -> str:
    """Returns the text that an attribute has; empty where there is none of this name."""
    at = stream.find(name.encode())
    return _string_at(stream, at + len(name.encode()) + _VALUE_BEHIND) if at >= 0 else ""


def _string_at(stream: bytes, at: int) -> str:
    """Returns the string at this place, which is told with its length in one, two or four bytes."""
    wide = {_TWO_BYTES: 2, _FOUR_BYTES: 4}.get(stream[at] if at < len(stream) else 0, 0)
    start = at + 1 + wide
    length = int.from_bytes(stream[at + 1 : start] if wide else stream[at : at + 1], "little")
    return stream[start : start + length].decode("utf-8", "replace")
