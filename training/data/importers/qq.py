"""QQ Chat Exporter: JSON with one chat, or a folder with manifest.json and its messages in chunks of JSON lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    NO_SENDER,
    NO_TIME,
    PAYMENT,
    RECALLED,
    SERVICE,
    UNKNOWN_KIND,
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
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.filekinds import PLAYING
from training.data.importers.jsonlines import objects_of_lines
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.qq_files import Resources

PLATFORM = "qq"
_KEY = "chat"
_OF_MESSAGE = frozenset(("timestamp", "sender", "content"))
_LARGEST_MANIFEST = 1 << 24
_LONGEST = 86_400  # seconds; nothing that plays longer is believed
_PLACEHOLDER_OF = {
    "image": "photo", "file": "file", "video": "video", "audio": "voice", "voice": "voice", "forward": "link",
    "json": "link", "ark": "link", "location": "location", "market_face": "sticker", "marketFace": "sticker",
}  # fmt: skip
_REASON_OF = {"system": SERVICE, "wallet": PAYMENT, "red_packet": PAYMENT}
_QUOTE = re.compile(r"\A\[(?:回复|引用)[^\]\n]*\]\s*")
_NAMELESS = re.compile(r"表情\d*")


@dataclass(slots=True)
class _Chat:
    """What the head of the file or the manifest says, and who wrote."""

    info: dict[str, Any]
    files: Resources
    senders: dict[str, str] = field(default_factory=dict)  # names by id
    own: str = ""
    messages: int = 0


@dataclass(slots=True)
class _Content:
    """What a message says and brings. reason: why it is skipped if all is empty; "forward" if it was passed on."""

    text: str = ""
    photos: tuple[str, ...] = ()
    placeholder: str | None = None
    reason: str = EMPTY
    plays: str = ""
    seconds: int | None = None


def read(source: Source) -> Iterator[Event]:
    """Yields the events of a chat, or of one chunk of it."""
    chat = _Chat(_chat_info(source), Resources(source.path.parent))
    chat.own = source.me or _own_id(chat.info)
    try:
        for raw in _raw_messages(source):
            chat.messages += 1
            yield _message(raw, chat, source)
    except Damaged as damage:
        yield Truncated(damage.sentence)
    if chat.messages:
        yield _identified(chat, source)


def _raw_messages(source: Source) -> Iterator[dict[str, Any]]:
    if _is_lines(source):
        with source.open() as file:
            yield from objects_of_lines(file)
        return
    with source.open() as file:
        for node in walk(file, {"messages.item"}):
            if node.kind == "item":
                yield node.value


def _is_lines(source: Source) -> bool:
    with source.path.open("rb") as file:
        return b'"sender"' in file.readline(1 << 16)[:4096] and source.path.suffix.lower() == ".jsonl"


def _chat_info(source: Source) -> dict[str, Any]:
    """Returns what is said of the chat: in the file, which may say it last, or in the manifest above its chunks."""
    if not _is_lines(source):
        with source.open(quiet=True) as file:
            try:
                for node in walk(file, {"chatInfo"}):
                    if node.kind == "item":
                        return dict(node.value)
            except Damaged:
                pass  # told when the messages are read
        return {}
    for folder in (source.path.parent, source.path.resolve().parent.parent):
        manifest = folder / "manifest.json"
        try:
            if manifest.is_file() and manifest.stat().st_size <= _LARGEST_MANIFEST:
                found = json.loads(manifest.read_text("utf-8-sig", "replace"))
                info = found.get("chatInfo") if isinstance(found, dict) else None
                if isinstance(info, dict):
                    return info
        except (OSError, ValueError, RecursionError):
            continue
    return {}


def _own_id(info: dict[str, Any]) -> str:
    return next((own for key in ("selfUin", "selfUid") if (own := clean_name(info.get(key))) not in ("", "0")), "")


def _message(raw: dict[str, Any], chat: _Chat, source: Source) -> ReadMessage | Skipped:
    if raw.get("recalled") is True:
        return Skipped(_KEY, RECALLED)
    if raw.get("system") is True or raw.get("type") == "system":
        return Skipped(_KEY, SERVICE)
    moment = read_time(raw.get("timestamp"), source.zone) or read_time(raw.get("time"), source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    told = raw.get("sender")
    sender, name = _sender(told if isinstance(told, dict) else {})
    if sender is None:
        return Skipped(_KEY, NO_SENDER)
    content = raw.get("content")
    said = _content(content if isinstance(content, dict) else {"text": content}, chat.files)
    if not said.text and not said.photos and said.placeholder is None:
        return Skipped(_KEY, said.reason)
    if isinstance(told, dict) and clean_name(told.get("uid")) == clean_name(chat.info.get("selfUid")) != "":
        chat.own = source.me or sender.id  # the same account by its other id
    chat.senders[sender.id] = name or chat.senders.get(sender.id, "")
    return ReadMessage(
        chat=_KEY,
        sender=sender,
        sender_name=name,
        sent_ms=moment.ms,
        position=chat.messages,
        text=said.text,
        photos=said.photos,
        placeholder=said.placeholder,
        forwarded=said.reason == "forward",
        native_id=clean_name(raw.get("id")) or None,
        reply_to=_answered(content),
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        plays=said.plays,
        seconds=said.seconds,
    )


def _sender(told: dict[str, Any]) -> tuple[Account | None, str]:
    """Returns who wrote: by their QQ number where it is told."""
    ids = (clean_name(told.get(key)) for key in ("uin", "uid"))
    native = next((one for one in ids if one not in ("", "0")), "")
    shown = (clean_name(told.get(key)) for key in ("name", "groupCard", "nickname"))
    name = next((one for one in shown if one and one not in (native, "未知用户")), "")
    if native:
        return Account(PLATFORM, native), name
    return (named(PLATFORM, name), name) if name else (None, "")


def _elements(content: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields type and data of each part of a message."""
    parts = content.get("elements") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(part.get("data"), dict):
            yield str(part.get("type")), part["data"]


def _content(content: dict[str, Any], files: Resources) -> _Content:
    """Returns what a message says and brings."""
    words: list[str] = []
    photos: list[str] = []
    said, sticker, parts = _Content(), "", 0
    for type_, data in _elements(content):
        parts += 1
        if type_ == "text":
            words.append(clean_part(data.get("text")))
        elif type_ == "at":
            words.append("@" + clean_name(data.get("name")).removeprefix("@"))
        elif type_ == "face":
            face = clean_name(data.get("name")).strip("[]/")
            words.append("" if _NAMELESS.fullmatch(face) or not face else f"[{face}]")
            said.placeholder = said.placeholder or ("sticker" if not words[-1] else None)
        elif type_ in _REASON_OF:
            said.reason = _REASON_OF[type_]
        elif type_ in _PLACEHOLDER_OF:
            said.placeholder = _PLACEHOLDER_OF[type_]
            said.reason = "forward" if type_ == "forward" else said.reason
            plays = said.placeholder in PLAYING
            said.plays, said.seconds = (files.name_of(type_, data), _seconds(data)) if plays else ("", None)
            if said.placeholder == "sticker":
                sticker = clean_name(data.get("name")).strip("[]")
            if type_ == "image" and (path := files.name_of(type_, data)):
                photos.append(path)
        elif type_ != "reply":
            said.reason = UNKNOWN_KIND
    if not parts:
        return _Content(_QUOTE.sub("", clean(content.get("text"))))
    said.text = clean("".join(words))
    if said.placeholder == "sticker":
        unnamed = "" if sticker == "商城表情" else sticker
        return _Content(said.text or unnamed, (), None if said.text else "sticker", said.reason)
    said.photos = tuple(photos)
    if photos and said.placeholder == "photo":
        said.placeholder = None
    return said


def _seconds(part: dict[str, Any]) -> int | None:
    """Returns how long something plays; QQ writes 0 where it does not know."""
    told = part.get("duration")
    return told if isinstance(told, int) and 0 < told <= _LONGEST else None


def clean_part(value: object) -> str:
    """Returns a part of a text, with the spaces at its ends."""
    return value if isinstance(value, str) else ""


def _answered(content: object) -> str | None:
    for type_, data in _elements(content):
        if type_ == "reply":
            ids = (clean_name(data.get(key)) for key in ("referencedMessageId", "messageId"))
            return next((one for one in ids if one not in ("", "0")), None)
    return None


def _identified(chat: _Chat, source: Source) -> ReadChat:
    info = chat.info
    title = clean_name(info.get("name"))
    told = clean_name(info.get("type")).lower()
    others = [one for one in chat.senders if one != chat.own]
    ids = [clean_name(info.get(key)) for key in ("groupCode", "peerUin", "peerUid")]
    native = next((one for one in ids if one not in ("", "0")), "")
    if told == "group" or (told not in ("private", "friend") and len(chat.senders) > 2):
        fallback = title or clean_name(source.path.stem)
        return ReadChat(_KEY, PLATFORM, native or named(PLATFORM, fallback).id, ChatKind.GROUP, title)
    called = (one for one in others if title and chat.senders[one] == title)
    peer = next(called, None) or (others[0] if others else native or named(PLATFORM, title or "?").id)
    owner = chat.own or next((one for one in others if one != peer), "")
    return ReadChat(_KEY, PLATFORM, peer, ChatKind.PRIVATE, title or chat.senders.get(peer, ""), owner or None)


def _sniff(head: Head) -> Claim:
    document, lines = head.keys_at(""), head.keys_at("content")
    if "chatInfo" in document and head.keys_at("messages.item") >= _OF_MESSAGE:
        return Claim.CERTAIN
    return Claim.CERTAIN if document >= _OF_MESSAGE and "text" in lines else Claim.NO


FORMAT = Format(
    "QQ Chat Exporter",
    _sniff,
    read,
    Sentence(
        "Start QQ Chat Exporter on the computer where QQ is logged in, choose the chats, and export them as JSON or as "
        "chunked JSONL. Import the folder that it writes.",
        "在登录了 QQ 的电脑上运行 QQ Chat Exporter，选好聊天，导出为 JSON 或分块 JSONL，然后导入它写出的文件夹。",
    ),
)
