"""What every export format needs: the Format that it exports, the events that it yields, help with text and times."""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from bot.message import Account, ChatKind
from training.data.importers.written import NOBODYS, Own, ReadWriting, SkippedWriting

SECOND = 1000
MINUTE = 60_000
LATEST_MS = 4_102_444_800_000
"""The year 2100, in milliseconds since 1970. A later time is taken for damage."""
_MAX_NAME = 200

ME_NAMES = ("我", "Me")
"""What exporters call the account that made the export, where they do not tell whose it is."""

Progress = Callable[[int], object]


def _ignore(_: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read.

    zone: the time zone of times that are written without one; None is this machine's. me: the id of the account that
    made the export, for formats that only write "me". progress: is called with the number of bytes just read. own:
    whose writings are kept, so that what others wrote need not be read.
    """

    path: Path
    zone: tzinfo | None = None
    me: str | None = None
    progress: Progress = _ignore
    own: Own = NOBODYS

    def open(self, *, quiet: bool = False) -> BinaryIO:
        """Opens the file for reading bytes. quiet: what is read does not count as progress, as in a first pass."""
        file = self.path.open("rb", buffering=0)
        return io.BufferedReader(file if quiet else _Counted(file, self.progress), 1 << 18)


class ReadChat(msgspec.Struct, frozen=True):
    """A chat. A format yields it once, before or after the chat's messages.

    key: what the messages of this file call it. native_id: the platform's id, of the other person in a private chat.
    owner: the id of the account that made the export of a private chat, if known. ids: in what the ids of its messages
    are unique: "everywhere" or "chat" if they are the same in everybody's export, "account" if they are the exporting
    account's own, None if nothing is known of them.
    """

    key: str
    platform: str
    native_id: str
    kind: ChatKind
    title: str
    owner: str | None = None
    ids: str | None = None


class ReadMessage(msgspec.Struct, frozen=True, gc=False):
    """A message of the export that is kept.

    chat: the key of its ReadChat. sender_name: the display name at the time; "" where the export has none. sent_ms:
    milliseconds since 1970, in UTC. position: orders messages of the same second. photos: the names of picture files
    as the export writes them, relative to its folder. placeholder: the kind of what has no words, such as "voice".
    native_id, reply_to: the platform's id of this message and of the one that it answers. resolution_ms: how exact
    sent_ms is, a second or a minute. local_time: the export writes the time without its zone. edited_ms: when it was
    last edited, where the export tells. transcript: what is said in a voice message. plays: the name of the file of a
    voice message, a video or whatever else has a placeholder and plays, as in photos. seconds: how long it plays.
    """

    chat: str
    sender: Account
    sender_name: str
    sent_ms: int
    position: int
    text: str = ""
    photos: tuple[str, ...] = ()
    placeholder: str | None = None
    forwarded: bool = False
    native_id: str | None = None
    reply_to: str | None = None
    is_bot: bool = False
    resolution_ms: int = SECOND
    local_time: bool = False
    edited_ms: int | None = None
    transcript: str = ""
    plays: str = ""
    seconds: int | None = None


class ReadReaction(msgspec.Struct, frozen=True):
    """Something that was put on a message, where the export says by whom, and on which.

    to: the platform's id of that message; None: the message that was yielded before in the same chat. at_ms:
    milliseconds since 1970, in UTC; None where the export does not tell. All else is as in ReadMessage.
    """

    chat: str
    sender: Account
    sender_name: str
    emoji: str
    to: str | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SkippedReactions:
    """Reactions that are not kept. reason: why, in a few words; the report counts them by it."""

    chat: str
    reason: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that is not kept. reason: why, in a few words; the report counts them by it."""

    chat: str
    reason: str


@dataclass(frozen=True, slots=True)
class Truncated:
    """Says in a sentence that the file is cut off or damaged. What was read before it is kept."""

    sentence: str


Event = ReadChat | ReadMessage | ReadReaction | Skipped | SkippedReactions | ReadWriting | SkippedWriting | Truncated


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file. Formats tell from it whether the file is theirs.

    data: the first 128 KiB. text: the same as text, without a byte order mark; "" where it is no text.
    keys: of a JSON file, the keys of its objects by their place. keys[""] are those of the outermost object,
    keys["messages.item"] those of the objects in its list "messages". columns: the names in the first row of a table;
    of a workbook, the words in its first rows; of a database, the names of its tables.
    """

    path: Path
    data: bytes
    text: str = ""
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()

    def keys_at(self, *places: str) -> frozenset[str]:
        """The keys of the objects at these places together; empty where the file is not JSON."""
        return frozenset().union(*(self.keys.get(place, ()) for place in places))


class Claim(IntEnum):
    """How sure a format is that a file is its own. The surest format reads the file."""

    NO = 0
    POSSIBLE = 1  # the shape fits, but another format's file may look the same
    CERTAIN = 2  # the file says so itself, with a key or a column that no other format has


class FormatFault(Exception):
    """A format did what it must not. The text goes on after "the format X", in words that quote nobody."""


class Sentence(NamedTuple):
    """The same sentence in English and in Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Format:
    """An export format. A module exports one, and an entry point in the group `echoes.formats` names it.

    name: as people know it. sniff: tells from a file's head whether the file is in this format. read: yields the
    file's events; raises DataError, in a sentence, for a file that cannot be read. how_to_get_it: for somebody who has
    no such export yet.
    """

    name: str
    sniff: Callable[[Head], Claim]
    read: Callable[[Source], Iterator[Event]]
    how_to_get_it: Sentence


# Reasons for which a message is skipped.
SERVICE = "service message"
RECALLED = "recalled"
UNKNOWN_KIND = "unknown kind"
EMPTY = "empty"
NO_SENDER = "no sender"
NO_TIME = "no time"
PAYMENT = "payment"
CALL = "call"
NOTES = "notes to self"
DAMAGED_ROW = "damaged row"
LOGIN_CODE = "login code"
REACTION = "reaction"

# Reasons for which a reaction is not kept.
NOBODY_TOLD = "by whom is not told"
NO_EMOJI = "a picture that is no emoji"
NO_MESSAGE = "to a message that is not there"
TAKEN_BACK = "taken back"

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOT = re.compile(r"(?:^|[^A-Za-z])(?:bot|BOT)$|Bot$|机器人$")
_DIGITS_OF_SECONDS = 10  # from 2001 to 2286
_SECONDS = re.compile(r"\d{9,16}(?:\.\d+)?")
_CLOCK = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A time. ms: milliseconds since 1970, in UTC. resolution_ms: how exact it is. local: written without a zone."""

    ms: int
    resolution_ms: int
    local: bool = False


def clean(value: object) -> str:
    """Returns the text with \\n as its line ends, without control characters and without what cannot be stored."""
    if value is None:
        return ""
    text = value if type(value) is str else str(value)
    if text.isprintable():  # most are, and it is quickly told
        return text.strip()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    if _SURROGATE.search(text):
        text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text.strip()


def clean_name(value: object) -> str:
    """Returns a display name on one line; "" where there is none."""
    return " ".join(clean(value).split())[:_MAX_NAME]


def named(platform: str, name: str) -> Account:
    """Returns the account of somebody of whom only the name is known."""
    return Account(platform, f"name:{name}")


def is_named(native_id: str) -> bool:
    """Says whether an id was made from a name by `named`."""
    return native_id.startswith("name:")


def looks_like_bot(name: str) -> bool:
    """Says whether a name is a bot's, as HelpBot and news_bot are and Talbot and ABBOT are not.

    It is for groups, of which exports do not tell.
    """
    return _BOT.search(name) is not None


def read_time(value: object, zone: tzinfo | None) -> Moment | None:
    """Reads a time written as seconds or milliseconds since 1970, or as a date and time; None if it is neither.

    zone: the time zone of a date without one; None is this machine's.
    """
    # Many are a number of seconds, and it is quickly told.
    if type(value) is str and len(value) == _DIGITS_OF_SECONDS and value.isdecimal():
        ms = int(value) * SECOND
        return Moment(ms, SECOND) if 0 < ms < LATEST_MS else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float | Decimal):
        return _epoch(value)
    text = str(value).strip()
    if _SECONDS.fullmatch(text):
        return _epoch(float(text))
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        time = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        time = time.replace(tzinfo=_offset(offset) if offset else zone)
        ms = round(time.timestamp() * 1000) + int((fraction or "0").ljust(3, "0"))
    except (ValueError, OverflowError, OSError):
        return None
    return Moment(ms, SECOND if second else MINUTE, local=not offset) if 0 < ms < LATEST_MS else None


def _epoch(value: int | float | Decimal) -> Moment | None:
    try:
        ms = round(float(value) if value >= 10**11 else float(value) * 1000)  # 1e11 seconds are the year 5138
    except (ValueError, ArithmeticError):  # infinite, or no number at all
        return None
    return Moment(ms, SECOND) if 0 < ms < LATEST_MS else None


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


class _Counted(io.RawIOBase):
    """A raw file that reports how many bytes were read from it."""

    def __init__(self, file: io.RawIOBase | io.FileIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int | None:  # type: ignore[override]
        count = self._file.readinto(buffer)
        if count:
            self._progress(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
