"""Finds the encoding of a text file: UTF-8, UTF-16, or GBK, in which Chinese spreadsheets save."""

import codecs
from pathlib import Path

from bot.errors import DataError

_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_COMMON_SHARE = 0.8  # of all Chinese characters in real Chinese text, so many or more are among the 3,755 common ones


def encoding_of(path: Path) -> str:
    """Returns the name of a codec that reads the whole file. It ignores a character that is cut off at the very end.

    Raises DataError if no codec does.
    """
    with path.open("rb") as file:
        head = file.read(4)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return codec
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _is_gbk(path):
        return "gb18030"
    raise DataError(
        f"{path.name} is written neither in UTF-8 nor in GBK: open it in the program it came from, save it as UTF-8 (a "
        "table as “CSV UTF-8”) and import that."
    )


def head_text(head: bytes) -> str | None:
    """Decodes the beginning of a file in whichever encoding it is; None if it is no text."""
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return head.decode(codec, "ignore")
    if b"\0" in head:
        return None
    for codec in ("utf-8", "gb18030"):
        try:
            return codecs.getincrementaldecoder(codec)().decode(head)
        except UnicodeDecodeError:
            continue
    return head.decode("latin-1")


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _is_gbk(path: Path) -> bool:
    """Says whether the file decodes to common characters. Nearly any bytes decode as GB18030, but to rare ones."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    common = rare = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                for character in decoder.decode(chunk):
                    if "\u4e00" <= character <= "\u9fff":
                        if _is_common(character):
                            common += 1
                        else:
                            rare += 1
                    elif "\ue000" <= character <= "\uf8ff":
                        rare += 1
    except UnicodeDecodeError:
        return False
    return common + rare == 0 or common / (common + rare) >= _COMMON_SHARE


def _is_common(character: str) -> bool:
    try:
        return 0xB0 <= character.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False
