"""Which format a file is in, judged by its content."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from bot.errors import DataError
from training.data.importers import memotrace, pywxdump, telegram, weflow
from training.data.importers.base import Event, Source
from training.data.importers.csvfile import header_of
from training.data.importers.encoding import head_text
from training.data.importers.jsonstream import Damaged, walk

_HEAD = 1 << 17
_PEEK = 512


class NotAnExport(DataError):
    """A file that is no export of anything known."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format's name as people know it, and its importer."""

    name: str
    read: Callable[[Source], Iterator[Event]]


TELEGRAM = Format("Telegram Desktop", telegram.read)
WEFLOW = Format("WeFlow", weflow.read)
MEMOTRACE = Format("MemoTrace", memotrace.read_chat)
MEMOTRACE_FULL = Format("MemoTrace (WeChat's columns)", memotrace.read_full)
PYWXDUMP = Format("PyWxDump / WeClone", pywxdump.read)

_TELEGRAM_ACCOUNT = {"personal_information", "profile_pictures", "stories", "contacts", "frequent_contacts", "sessions",
                     "chats", "left_chats"}  # fmt: skip
_TELEGRAM_MESSAGE = {"date_unixtime", "from_id", "text_entities", "from", "text"}
_OTHERS = {
    "chatlab": "ChatLab",
    "chatInfo": "QQ Chat Exporter",
    "guild": "DiscordChatExporter",
    "participants": "Messenger or Instagram",
    "seq": "chatlog",
}


def detect(path: Path) -> Format:
    """Raises DataError, in a sentence, for what cannot be imported."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if not head.strip():
        raise NotAnExport(f"{path} is empty.")
    if head.startswith(b"PK\x03\x04"):
        raise DataError(f"{path} is a zip archive: unpack it and import the folder.")
    text = head_text(head)
    start = (text or "").lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        return _json(path, head)
    if text is not None and (found := _csv(start)) is not None:
        return found
    raise NotAnExport(
        f"{path} is in no format that can be imported: known are Telegram Desktop JSON, WeFlow JSON, MemoTrace CSV and "
        f"PyWxDump or WeClone CSV.{_encoding_hint(head, start)}"
    )


def may_be_export(path: Path) -> bool:
    """A quick look at the first bytes: whether `detect` is worth the while for a file found in a folder."""
    try:
        with path.open("rb") as file:
            head = file.read(_PEEK)
    except OSError:
        return False
    text = (head_text(head) or "").lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return True
    return _csv(text) is not None


def _csv(text: str) -> Format | None:
    names = set(header_of(text.partition("\n")[0])[0])
    if names >= memotrace.CHAT_COLUMNS:
        return MEMOTRACE
    if names >= memotrace.FULL_COLUMNS:
        return MEMOTRACE_FULL
    return PYWXDUMP if names >= pywxdump.COLUMNS else None


def _json(path: Path, head: bytes) -> Format:
    keys, of_message = _keys(head)
    if "weflow" in keys or ({"session", "messages"} <= keys and of_message & {"senderUsername", "senderID", "isSend"}):
        return WEFLOW
    for key, name in _OTHERS.items():
        if key in keys or key in of_message:
            raise DataError(f"{path} looks like an export of {name}, which cannot be imported yet.")
    if ("about" in keys and keys & _TELEGRAM_ACCOUNT) or of_message & _TELEGRAM_MESSAGE:
        return TELEGRAM
    if "messages" in keys and {"name", "type", "id"} <= keys:
        return TELEGRAM  # a chat without messages
    raise NotAnExport(
        f"{path} is JSON, but of no export that can be imported: known are Telegram Desktop's result.json and WeFlow's."
    )


def _keys(head: bytes) -> tuple[set[str], set[str]]:
    """The keys of the document, and those of its messages, as far as the beginning of the file shows them."""
    items = {"weflow", "session", "personal_information", *telegram.ITEMS}
    keys: set[str] = set()
    of_message: set[str] = set()
    try:
        for node in walk(BytesIO(head), items):
            if node.kind == "key":
                keys.add(node.value)
            elif node.kind == "item" and node.prefix in telegram.ITEMS:
                of_message |= node.value.keys()
    except Damaged:
        pass  # a beginning is always cut off
    return keys, of_message or _first_keys(head)


def _first_keys(head: bytes) -> set[str]:
    """The keys of a first message that is longer than the beginning, or cut off."""
    _, _, rest = head.partition(b'"messages"')
    return {key.decode("ascii") for key in re.findall(rb'"([A-Za-z_]+)"\s*:', rest[:_PEEK])}


def _encoding_hint(head: bytes, text: str) -> str:
    line = text.partition("\n")[0]
    if line.count(",") >= 3 and not line.isascii():
        return " If it is a CSV, its encoding may be at fault: save it as UTF-8."
    return ""
