"""Finds the format of a file: every installed format looks at the file's beginning, and the surest one reads it."""

import re
from io import BytesIO
from pathlib import Path

from bot.errors import DataError
from training.data.importers.archives import is_office_document
from training.data.importers.base import Claim, FormatFault, Head
from training.data.importers.csvfile import header_of
from training.data.importers.database import is_database, tables_of
from training.data.importers.encoding import head_text
from training.data.importers.formats import InstalledFormat, InstalledFormats
from training.data.importers.jsonstream import keys_by_place
from training.data.importers.unreadable import Unreadable, unreadable
from training.data.importers.workbook import first_words
from training.data.importers.writings.plain import ENDINGS

_HEAD = 1 << 17
_MESSAGES = "messages.item"
_FIRST_MESSAGE = 512  # bytes in which a message shows its keys


class NotAnExport(DataError):
    """The file is not an export in any known format."""


class NotRead(DataError):
    """The file is an export that is known, but not read. kind: which."""

    def __init__(self, path: Path, kind: Unreadable) -> None:
        super().__init__(f"{path} looks like an export of {kind.name}, which cannot be imported. {kind.instead}")
        self.kind = kind
        self.path = path


class Detector:
    """Finds the formats of files.

    If a format fails at looking at one, it asks the others, and keeps a sentence about it.
    """

    def __init__(self, installed: InstalledFormats) -> None:
        self._formats = installed.formats
        self._at_fault: dict[InstalledFormat, str] = {}

    @property
    def faults(self) -> list[str]:
        """The sentences about formats that failed at looking, one a format, each with its first file."""
        return list(self._at_fault.values())

    def detect(self, path: Path) -> InstalledFormat:
        """Returns the format that reads this file. Raises DataError, in a sentence, if the file cannot be imported."""
        head = read_head(path)
        if not head.data.strip():
            raise NotAnExport(f"{path} is empty.")
        claims = {one: claim for one in self._formats if (claim := self._claim(one, head)) is not Claim.NO}
        surest = max(claims.values(), default=Claim.NO)
        if surest is not Claim.CERTAIN and (known := unreadable(head)) is not None:
            raise NotRead(path, known)
        best = [one for one, claim in claims.items() if claim is surest]
        if not best:
            raise self._unknown(head)
        if len(best) > 1 and not best[0].own:
            raise DataError(
                f"{path} is claimed by {' and by '.join(one.title for one in best)}: remove one of them "
                "(pip uninstall), and import the file again."
            )
        return best[0]

    def export(self, path: Path) -> str | None:
        """Returns the name of whatever this file may be an export of; None where it is of nothing that is known.

        Raises DataError if it cannot be read.
        """
        head = read_head(path)
        claiming = next((one.name for one in self._formats if self._claim(one, head) is not Claim.NO), None)
        known = unreadable(head)
        return claiming or (known.name if known is not None else None)

    def _claim(self, one: InstalledFormat, head: Head) -> Claim:
        try:
            return one.sniff(head)
        except FormatFault as fault:
            title = one.title[0].upper() + one.title[1:]
            self._at_fault.setdefault(one, f"{title} {fault}; the other formats were asked. {one.advice}")
            return Claim.NO

    @property
    def known(self) -> str:
        """The end of a sentence that names the formats."""
        names = [one.name for one in self._formats]
        return f"known are {', '.join(names)} (`echoes import --formats` says how to get them)."

    def _unknown(self, head: Head) -> NotAnExport:
        if head.keys:
            return NotAnExport(f"{head.path} is JSON, but of no export that can be imported: {self.known}")
        if head.path.suffix.lower() in ENDINGS:
            return NotAnExport(
                f"{head.path} is in no format that can be imported: {self.known} If it is a diary or letters of the "
                "person, say so: `echoes import --as diary` (or letter, or post)."
            )
        hint = ""
        line = head.text.partition("\n")[0]
        if line.count(",") >= 3 and not line.isascii():
            hint = " If it is a CSV, its encoding may be at fault: save it as UTF-8."
        return NotAnExport(f"{head.path} is in no format that can be imported: {self.known}{hint}")


def read_head(path: Path) -> Head:
    """Reads what formats look at. Raises DataError for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_HEAD)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Give yourself the right to read it.") from error
    if is_office_document(data):
        return Head(path, data, columns=first_words(path))
    if is_database(data):
        return Head(path, data, columns=tables_of(path))
    text = (head_text(data) or "").lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[")):
        keys = keys_by_place(BytesIO(data))
        if _MESSAGES not in keys and (of_message := _keys_of_damaged(data)):
            keys[_MESSAGES] = of_message
        return Head(path, data, text, keys)
    return Head(path, data, text, columns=frozenset(header_of(text.partition("\n")[0])[0]))


def _keys_of_damaged(data: bytes) -> frozenset[str]:
    """Returns what looks like the first message's keys, for JSON that is damaged before it."""
    _, _, after = data.partition(b'"messages"')
    return frozenset(key.decode("ascii") for key in re.findall(rb'"([A-Za-z_]+)"\s*:', after[:_FIRST_MESSAGE]))
