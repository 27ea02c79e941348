"""Mends what exporters write wrongly into JSON, as the bytes go by."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 18
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


def mended(file: BinaryIO) -> Iterator[str]:
    """Yields a JSON file in pieces of text, without a byte order mark and with every escape made valid.

    Telegram Desktop writes control characters as `\\xNN`, which JSON does not know, and its version 4.1 wrote the path
    of an emoji's file without quotes. Half of a surrogate pair, as in `\\udc00`, becomes U+FFFD.
    """
    chunk = file.read(CHUNK)
    wide = chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    from_wide = codecs.getincrementaldecoder("utf-16")("replace")
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    held = b""
    while chunk or held:
        told = from_wide.decode(chunk, final=not chunk).encode("utf-8", "replace") if wide else chunk
        data = held + told.translate(None, _RAW_CONTROL)
        unfinished = _UNFINISHED.search(data, _tail(data)) if chunk else None
        end = unfinished.start(1) if unfinished else len(data)
        held = data[end:]
        if text := decoder.decode(_mend(data[:end])):
            yield text
        chunk = file.read(CHUNK) if chunk else b""
    if text := decoder.decode(b"", final=True):
        yield text


def _mend(data: bytes) -> bytes:
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
