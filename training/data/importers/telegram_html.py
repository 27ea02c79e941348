"""Telegram Desktop, messages.html: the pages of one chat, as people see them. They name everybody and give no ids."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from training.data.importers.base import (
    CALL,
    EMPTY,
    LOGIN_CODE,
    NO_SENDER,
    NO_TIME,
    NOTES,
    SERVICE,
    UNKNOWN_KIND,
    Claim,
    Event,
    Format,
    Head,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.byname import chat_of_names
from training.data.importers.filekinds import PLAYING
from training.data.importers.telegram import PLATFORM

_KEY = "chat"
_CHUNK = 1 << 16
_LONGEST_TAG = 1 << 22  # characters that the parser may hold back, waiting for the end of a tag
_DEEPEST = 200
_VOID = frozenset(("br", "img", "meta", "link", "hr", "input"))
_PAGE = re.compile(r"messages(\d*)\.html")
_CLOCK = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d:\d\d:\d\d)(?: UTC([+-]\d\d:\d\d))?")
_VIA = re.compile(r" via @\w+$")
_ANSWERED = re.compile(r"#go_to_message(\d+)$")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|bmp)$", re.IGNORECASE)
_FIELD_OF = {"from_name": "name", "text": "text", "title": "title", "status": "status"}
"""What stands in an element of this class."""
_KIND_OF = {
    "photo_wrap": "photo", "media_photo": "photo", "sticker_wrap": "sticker", "animated_wrap": "animation",
    "video_file_wrap": "video", "media_video": "video", "media_voice_message": "voice", "media_audio_file": "audio",
    "media_file": "file", "media_contact": "contact", "media_location": "location", "media_live_location": "location",
    "media_venue": "location", "media_game": "game", "media_call": "call", "media_poll": "unknown",
    "media_invoice": "unknown",
}  # fmt: skip
_KIND_BY_TITLE = {"Sticker": "sticker", "Animation": "animation"}  # of media without a picture to show
_OF_TELEGRAM = ("Telegram", "Verification Codes")


@dataclass(slots=True)
class _Message:
    """A message as its page shows it. parts: the texts in it by their place."""

    id: str
    service: bool
    joined: bool
    parts: dict[str, list[str]] = field(default_factory=dict)
    time: str = ""
    kind: str = ""
    link: str = ""
    answered: str | None = None
    forwarded: bool = False

    def part(self, name: str) -> str:
        return "".join(self.parts.get(name, ()))


class _Page(HTMLParser):
    """Collects the messages of a page. `ended`: its last tag was closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.found: list[_Message] = []
        self.ended = False
        self.open: _Message | None = None
        self._fields: list[str | None] = []  # of the elements around, what stands in them
        self._start = 0  # how many elements are around the message
        self._in_header = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.handle_data("<br>")
        if tag in _VOID or len(self._fields) > _DEEPEST:
            return
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        inherited = self._fields[-1] if self._fields else None
        self._fields.append(self._field(tag, classes, values, inherited))

    def _field(self, tag: str, classes: list[str], values: dict[str, str], inherited: str | None) -> str | None:
        """Notes what an element's attributes tell, and returns which part of the message its text is."""
        message = self.open
        if message is None:
            if "message" in classes and (id_ := values.get("id", "")).startswith("message"):
                self._start = len(self._fields)
                self.open = _Message(id_.removeprefix("message"), "service" in classes, "joined" in classes)
            return "heading" if "page_header" in classes else inherited
        for name in classes:
            if name in _KIND_OF:
                message.kind, message.link = _KIND_OF[name], values.get("href", message.link)
        if "forwarded" in classes:
            message.forwarded = True
        if {"date", "details"} <= set(classes):
            message.time = message.time or values.get("title", "")
            return None
        if tag == "a" and (answered := _ANSWERED.search(values.get("href", ""))) and inherited == "reply":
            message.answered = answered[1]
        if "reply_to" in classes:
            return "reply"
        named_part = next((_FIELD_OF[name] for name in classes if name in _FIELD_OF), inherited)
        return None if named_part == "name" and message.forwarded else named_part

    def handle_endtag(self, tag: str) -> None:
        if tag == "html":
            self.ended = True
        if tag in _VOID or not self._fields:
            return
        self._fields.pop()
        if self.open is not None and len(self._fields) <= self._start:
            self.found.append(self.open)
            self.open = None

    def handle_data(self, data: str) -> None:
        name = self._fields[-1] if self._fields else None
        if name is None:
            return
        text = "\n" if data == "<br>" else re.sub(r"\s*\n\s*", "", data)  # the line ends between tags say nothing
        if self.open is not None:
            self.open.parts.setdefault(name, []).append(text)
        elif name == "heading":
            self.title += text


def read(source: Source) -> Iterator[Event]:
    """Yields the events of a chat: of all its pages, if this is the first of them. The others then hold nothing new.

    Where the same export lies beside it as JSON, that is read instead.
    """
    first = source.path.name == "messages.html" or not source.path.with_name("messages.html").is_file()
    instead = next((path for path in _as_json(source.path) if path.is_file()), None)
    if not first or instead is not None:
        source.progress(source.path.stat().st_size)
        if first:
            yield Truncated(
                "It was left out: result.json, of the same export, has the same chats, and everybody's ids."
            )
        return
    names: dict[str, None] = {}
    title, number = "", 0
    for path in _pages(source.path):
        page, sender = _Page(), ""
        for message in _messages(page, source, path):
            title = title or clean_name(page.title)
            number += 1
            event, sender = _event(message, title, sender, number, source)
            if isinstance(event, ReadMessage):
                names.setdefault(event.sender_name)
            if event is not None:
                yield event
        if not page.ended:
            yield Truncated(f"{path.name} ends in the middle, so the export is incomplete; what is whole was read.")
    if number:
        yield chat_of_names(_KEY, PLATFORM, title or clean_name(source.path.resolve().parent.name), list(names))


def _as_json(page: Path) -> Iterator[Path]:
    """Yields where the same export may lie as JSON: beside a chat's pages, or above the folders of all chats."""
    folder = page.resolve().parent
    yield folder / "result.json"
    if folder.parent.name == "chats":
        yield folder.parent.parent / "result.json"


def _pages(first: Path) -> list[Path]:
    if first.name != "messages.html":
        return [first]
    pages = ((match, path) for path in first.parent.iterdir() if (match := _PAGE.fullmatch(path.name)))
    return [path for _, path in sorted((int(match[1] or 1), path) for match, path in pages if path.is_file())]


def _messages(page: _Page, source: Source, path: Path) -> Iterator[_Message]:
    """Yields the messages of a page as it is read; stops where it holds a tag without an end."""
    with Source(path, progress=source.progress).open(quiet=path != source.path) as file:
        text = (chunk.decode("utf-8", "replace") for chunk in _lines(file))
        for chunk in text:
            page.feed(chunk)
            yield from page.found
            page.found.clear()
            if len(page.rawdata) > _LONGEST_TAG:
                return


def _lines(file: "Iterator[bytes]") -> Iterator[bytes]:
    """Yields the lines of a file together in chunks, so that no character is cut in half."""
    held: list[bytes] = []
    size = 0
    for line in file:
        held.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _event(
    message: _Message, title: str, sender: str, number: int, source: Source
) -> tuple[ReadMessage | Skipped | None, str]:
    """Returns the event of a message, and who wrote it, for the next, which may be joined to it without a name."""
    if message.service:
        is_date = message.id.startswith("-")
        return None if is_date else Skipped(_KEY, SERVICE), ""
    shown = clean_name(message.part("name"))
    name = _VIA.sub("", shown) if shown else sender if message.joined else ""
    by_bot = shown != name and bool(shown)
    return _read(message, title, name, number, source, by_bot=by_bot), name


def _read(
    message: _Message, title: str, name: str, number: int, source: Source, *, by_bot: bool
) -> ReadMessage | Skipped:
    if title == "Saved Messages":
        return Skipped(_KEY, NOTES)
    if title in _OF_TELEGRAM and name == title:
        return Skipped(_KEY, LOGIN_CODE)
    if message.kind == "call":
        return Skipped(_KEY, CALL)
    clock = _CLOCK.search(message.time)
    moment = read_time(f"{clock[3]}-{clock[2]}-{clock[1]} {clock[4]}{clock[5] or ''}", source.zone) if clock else None
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    if not name:
        return Skipped(_KEY, NO_SENDER)
    text, photos, placeholder = _content(message)
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, UNKNOWN_KIND if message.kind else EMPTY)
    return ReadMessage(
        chat=_KEY,
        sender=named(PLATFORM, name),
        sender_name=name,
        sent_ms=moment.ms,
        position=int(message.id) if message.id.isdecimal() and len(message.id) < 18 else number,
        text=text,
        photos=photos,
        placeholder=placeholder,
        plays=message.link if placeholder in PLAYING else "",
        forwarded=message.forwarded or by_bot,
        native_id=message.id if message.id.isdecimal() else None,
        reply_to=message.answered,
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
    )


def _content(message: _Message) -> tuple[str, tuple[str, ...], str | None]:
    """Returns a message's text, photos and placeholder."""
    text = clean(message.part("text"))
    kind = _KIND_BY_TITLE.get(message.part("title").strip(), message.kind)
    if kind == "sticker":
        emoji = clean(message.part("status").partition(",")[0])
        return "" if any(character.isalnum() for character in emoji) else emoji, (), "sticker"
    if kind == "photo" or (kind == "file" and _PICTURE.search(message.link)):
        return text, (message.link or "(not included)",), None
    return text, (), kind if kind not in ("", "unknown") else None


def _sniff(head: Head) -> Claim:
    page = "<title>Exported Data</title>" in head.text and 'class="page_wrap"' in head.text
    return Claim.CERTAIN if page and ('class="history"' in head.text or 'class="message ' in head.text) else Claim.NO


FORMAT = Format(
    "Telegram Desktop (HTML)",
    _sniff,
    read,
    Sentence(
        "In Telegram Desktop open a chat, then ⋮ and “Export chat history”, in the format HTML. Better choose "
        "“Machine-readable JSON”: it knows who is who by their ids, and these pages only by their names.",
        "在 Telegram Desktop 打开聊天，点 ⋮ 选“导出聊天记录”，格式选 HTML。"
        "最好选“机器可读的 JSON”：它有每个人的编号，而网页里只有名字。",
    ),
)
