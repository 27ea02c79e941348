"""Reads the text of a letter written in a word processor (docx): its paragraphs, one after another."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from bot.errors import DataError
from training.data.importers.archives import refuse_hostile

_DOCUMENT = "word/document.xml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_CHUNK = 1 << 16
_LARGEST = 64 << 20  # of a document's XML: ten thousand pages
_HEADINGS = ("heading", "title", "标题")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError,
            OverflowError, expat.ExpatError)  # fmt: skip


def paragraphs(path: Path) -> Iterator[str]:
    """Yields the text of each paragraph; a heading begins with `# `. What was struck out in a revision is left out.

    Raises DataError, in a sentence, for a document that is damaged, locked or hostile.
    """
    reader = _Reader()
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_hostile(path, archive.infolist())
            with archive.open(_DOCUMENT) as file:
                read = 0
                while chunk := file.read(_CHUNK):
                    read += len(chunk)
                    if read > _LARGEST:
                        raise DataError(f"{path} holds more text than any letter or diary: it is not read.")
                    reader.parser.Parse(chunk, False)
                    yield from reader.taken()
                reader.parser.Parse(b"", True)
                yield from reader.taken()
    except _DAMAGED as error:
        raise DataError(
            f"{path} is a damaged or incomplete document ({type(error).__name__}): save it again, or as text."
        ) from error


class _Reader:
    """Collects paragraphs from the document's XML."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self._found: list[str] = []
        self._open: list[str] = []
        self._heading = self._in_text = False

    def taken(self) -> list[str]:
        """Returns the paragraphs since it was asked last."""
        found, self._found = self._found, []
        return found

    def _start(self, tag: str, values: dict[str, str]) -> None:
        match tag.removeprefix(_W):
            case "t":
                self._in_text = True
            case "tab":
                self._open.append("\t")
            case "br" | "cr":
                self._open.append("\n")
            case "pStyle":
                self._heading = values.get(f"{_W}val", "").lower().startswith(_HEADINGS)

    def _end(self, tag: str) -> None:
        name = tag.removeprefix(_W)
        if name == "t":
            self._in_text = False
        elif name == "p":
            text = "".join(self._open).strip()
            self._found.append(f"# {text}" if self._heading and text else text)
            self._open.clear()
            self._heading = False

    def _text(self, text: str) -> None:
        if self._in_text:
            self._open.append(text)

    def _refuse(self, *_: object) -> None:
        raise DataError("It declares XML entities, as no letter does: it is not read.")
