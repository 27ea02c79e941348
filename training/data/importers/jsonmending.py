"""Mends what exporters write wrongly into JSON, as the bytes go by."""

import codecs
import re
from typing import BinaryIO

CHUNK = 1 << 16  # bytes: a piece, and what becomes of it, fits into the processor's cache
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
_LONGEST_LINE = 1000
_LONGEST_MARK = 3  # of byte orders
_LONGEST_UNFINISHED = 11  # a surrogate pair but for its last digit
_UNQUOTED = re.compile(rb'("document_id":\s*)(?!null|true|false)[^\s"\d\[{-][^"\r\n}]*')


class Pieces:
    """A JSON file piece by piece, without a byte order mark: mended, as text, or as the bytes that it is.

    Mended means that every escape is valid: Telegram Desktop writes control characters as `\\xNN`, which JSON does not
    know, and its version 4.1 wrote the path of an emoji's file without quotes. Half of a surrogate pair, as in
    `\\udc00`, becomes U+FFFD.
    """

    def __init__(self, file: BinaryIO) -> None:
        start = file.read(max(CHUNK, _LONGEST_MARK))
        wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._file = file
        self._from_wide = codecs.getincrementaldecoder("utf-16")("replace") if wide else None
        self._held = self._narrow(start).removeprefix(codecs.BOM_UTF8)  # what is read, and in no piece yet

    def text(self) -> str:
        """Returns the next piece mended; empty at the end."""
        while True:
            read = self._read()
            data = (self._held + read).translate(None, _RAW_CONTROL)
            unfinished = _UNFINISHED.search(data, _tail(data)) if read else None
            end = unfinished.start(1) if unfinished else len(data)
            if read:  # what has no quotes is told by the whole line
                end = (data.rfind(b"\n", max(0, end - _LONGEST_LINE), end) + 1) or end
            good = _mend(data[:end])
            text, used = codecs.utf_8_decode(good, "replace", not read)
            self._held = good[used:] + data[end:]
            if text or not read:
                return text

    def untouched(self) -> bytes:
        """Returns the next piece as it is, in UTF-8; empty at the end."""
        held, self._held = self._held, b""
        return held or self._read()

    def give_back(self, data: bytes) -> None:
        """Takes what is to be in the next piece again."""
        self._held = data + self._held

    def _read(self) -> bytes:
        while read := self._file.read(CHUNK):
            if data := self._narrow(read):
                return data
        return b""

    def _narrow(self, data: bytes) -> bytes:
        return self._from_wide.decode(data).encode("utf-8", "replace") if self._from_wide else data


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
