"""Mends what exporters write wrongly into JSON, as the bytes go by."""

import codecs
import json
import re
from typing import BinaryIO

CHUNK = 1 << 16
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
            chunk = self._file.read(CHUNK)
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
