"""SMS Backup & Restore (Android): the XML with all text messages of a phone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from bot.errors import DataError
from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    LOGIN_CODE,
    NO_SENDER,
    NO_TIME,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    Truncated,
    clean,
    clean_name,
    read_time,
)
from training.data.importers.login_codes import is_login_code

PLATFORM = "sms"
_ME = "Me"
_CHUNK = 1 << 16
_RECEIVED, _SENT = "1", "2"
_DRAFT = "draft or not sent"
_SENDER_OF_MMS = "137"
_UNKNOWN_NAMES = ("(Unknown)", "null", "")
_LONGEST_RUN = 4096  # bytes of references one after another, so long are held back
_LARGEST = 1 << 26  # bytes of one element: a picture is in one
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
_REFERENCES = re.compile(rb"(?:&#(?:\d{1,7}|x[0-9A-Fa-f]{1,6});)+")
_RUN_AT_END = re.compile(rb"(?:&#(?:\d{1,7}|x[0-9A-Fa-f]{1,6});)*(?:&(?:#x?[0-9A-Fa-f]{0,7})?)?\Z")
_CUT = tuple(
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_KINDS = (("image/", "photo"), ("audio/", "voice"), ("video/", "video"), ("text/x-vcard", "contact"))


@dataclass(slots=True)
class _Message:
    """A message of which not all may have been read: an MMS has parts and addresses."""

    address: str
    name: str
    date: str
    box: str
    texts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Chat:
    """A chat by its address. names: of the others, by number."""

    title: str
    group: bool
    messages: int = 0


class _Reader:
    """Collects the messages of the XML as it is parsed."""

    def __init__(self) -> None:
        self.found: list[_Message] = []
        self.since = 0  # bytes since the last element began
        self._open: _Message | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse

    def _start(self, tag: str, values: dict[str, str]) -> None:
        self.since = 0
        if tag in ("sms", "mms"):
            box = values.get("type" if tag == "sms" else "msg_box", "")
            self._open = _Message(
                values.get("address", ""), values.get("contact_name", ""), values.get("date", ""), box
            )
            if tag == "sms":
                self._open.texts.append(values.get("body", ""))
        elif tag == "part" and self._open is not None:
            type_ = values.get("ct", "")
            if type_ == "text/plain":
                self._open.texts.append(values.get("text", ""))
            elif type_ != "application/smil":
                self._open.kinds.append(next((kind for start, kind in _KINDS if type_.startswith(start)), "file"))
        elif tag == "addr" and self._open is not None and values.get("type") == _SENDER_OF_MMS:
            self._open.senders.append(values.get("address", ""))

    def _end(self, tag: str) -> None:
        if tag in ("sms", "mms") and self._open is not None:
            self.found.append(self._open)
            self._open = None

    def _refuse(self, *_: object) -> None:
        raise DataError("It declares XML entities, as no backup of messages does: it is not read.")


def read(source: Source) -> Iterator[Event]:
    """Yields the events of every chat, the chats at the end. Pictures keep their place, but are not taken out of it."""
    chats: dict[str, _Chat] = {}
    reader = _Reader()
    number = 0
    with source.open() as file:
        try:
            for piece in _mended(file):
                reader.since += len(piece)
                reader.parser.Parse(piece, False)
                if reader.since > _LARGEST:
                    raise DataError("A part of it is larger than any message: it is not read.")
                for message in reader.found:
                    number += 1
                    yield _event(message, chats, source, number)
                reader.found.clear()
            reader.parser.Parse(b"", True)
        except expat.ExpatError as error:
            for message in reader.found:
                number += 1
                yield _event(message, chats, source, number)
            where = (
                "ends in the middle, so the export is incomplete" if error.code in _CUT else "is damaged in the middle"
            )
            yield Truncated(f"The file {where}; everything before that place was read.")
    owner = source.me or f"name:{_ME}"
    for key, chat in chats.items():
        kind = ChatKind.GROUP if chat.group else ChatKind.PRIVATE
        yield ReadChat(key, PLATFORM, key, kind, chat.title, None if chat.group else owner)


def _mended(file: BinaryIO) -> Iterator[bytes]:
    """Yields the file with its emoji made valid, which the app writes as two halves, `&#55357;&#56832;`."""
    held = b""
    while chunk := file.read(_CHUNK):
        data = held + chunk.translate(None, _CONTROL)
        run = _RUN_AT_END.search(data, max(0, len(data) - _LONGEST_RUN))
        cut = run.start() if run else len(data)
        held = data[cut:]
        yield _REFERENCES.sub(_mend_references, data[:cut])
    yield _REFERENCES.sub(_mend_references, held)


def _mend_references(match: re.Match[bytes]) -> bytes:
    mended: list[int] = []
    for text in match[0][2:-1].split(b";&#"):
        number = int(text[1:], 16) if text.startswith(b"x") else int(text)
        if mended and 0xD800 <= mended[-1] < 0xDC00 <= number < 0xE000:
            mended[-1] = 0x10000 + ((mended[-1] - 0xD800) << 10) + number - 0xDC00
        else:
            mended.append(number)
    return b"".join(map(_valid_reference, mended))


def _valid_reference(number: int) -> bytes:
    if number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number <= 0xFFFD or 0x10000 <= number < 0x110000:
        return b"&#%d;" % number
    return b"" if number < 32 else b"&#65533;"


def _event(found: _Message, chats: dict[str, _Chat], source: Source, number: int) -> ReadMessage | Skipped:
    people = [one for part in found.address.split("~") if (one := _number(part))]
    key = "~".join(sorted(people)) or "?"
    name = clean_name(found.name)
    title = "" if name in _UNKNOWN_NAMES else name
    chat = chats.setdefault(key, _Chat(title, len(people) > 1))
    chat.title = chat.title or title
    chat.messages += 1
    if found.box not in (_RECEIVED, _SENT):
        return Skipped(key, _DRAFT)
    moment = read_time(found.date, source.zone)
    if moment is None:
        return Skipped(key, NO_TIME)
    told = next((one for part in found.senders if (one := _number(part))), "")
    sender = _ME if found.box == _SENT else told if chat.group else (people[0] if people else "")
    if not sender:
        return Skipped(key, NO_SENDER)
    text = clean("\n".join(one for one in found.texts if one != "null"))
    if found.box == _RECEIVED and is_login_code(sender, text):
        return Skipped(key, LOGIN_CODE)
    placeholder = found.kinds[0] if found.kinds else None
    if not text and placeholder is None:
        return Skipped(key, EMPTY)
    mine = Account(PLATFORM, source.me or f"name:{_ME}")
    return ReadMessage(
        chat=key,
        sender=mine if sender == _ME else Account(PLATFORM, sender),
        sender_name="" if sender == _ME or chat.group else chat.title,
        sent_ms=moment.ms,
        position=number,
        text=text,
        placeholder=placeholder,
        resolution_ms=moment.resolution_ms,
    )


def _number(text: str) -> str:
    """Returns a number without the signs between its digits; a company's name as it is."""
    text = clean_name(text)
    if text == "insert-address-token":  # the phone's own, in messages that were sent
        return ""
    bare = re.sub(r"[\s().-]", "", text)
    return bare if re.fullmatch(r"\+?\d+", bare) else text


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if re.search(r"<smses\b", head.text[:2000]) else Claim.NO


FORMAT = Format(
    "SMS Backup & Restore",
    _sniff,
    read,
    Sentence(
        "On the Android phone make a backup of the messages with the app “SMS Backup & Restore”, and import its XML. "
        "With --me and your own number it is known whose it is.",
        "在安卓手机上用“SMS Backup & Restore”备份短信，然后导入它的 XML；用 --me 给出你自己的号码，就知道是谁的短信。",
    ),
)
