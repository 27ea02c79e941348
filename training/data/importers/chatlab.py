"""ChatLab's format, into which other tools turn chats of every platform: JSON, or JSON lines with `_type`."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers import wechat
from training.data.importers.base import (
    CALL,
    EMPTY,
    ME_NAMES,
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
from training.data.importers.jsonlines import objects_of_lines
from training.data.importers.jsonstream import Damaged, walk

_KEY = "chat"
_KINDS = {0: "text", 1: "photo", 2: "voice", 3: "video", 4: "file", 5: "sticker", 7: "link", 8: "location", 24: "link",
          25: "text", 26: "forward", 27: "contact"}  # fmt: skip
_REASONS = {20: PAYMENT, 21: PAYMENT, 22: SERVICE, 23: CALL, 80: SERVICE, 81: RECALLED}
_SAYS_NOTHING = re.compile(r"[\[【]?(?:表情|表情包|动画表情|贴纸|贴图|商城表情|emoji|sticker)[\]】]?", re.IGNORECASE)
_PART_OF_PLACE = {"meta": "meta", "members.item": "member", "messages.item": "message"}


@dataclass(slots=True)
class _Chat:
    """What the head of the file says, and who wrote."""

    platform: str
    meta: dict[str, Any]
    names: dict[str, str] = field(default_factory=dict)  # of the members, by id
    senders: dict[str, str] = field(default_factory=dict)

    def account(self, native: str) -> Account:
        return wechat.account_of(native) if self.platform == wechat.PLATFORM else Account(self.platform, native)


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events. It first looks for what the head says, which may stand behind the messages."""
    chat = _look_ahead(source)
    number = 0
    try:
        for kind, raw in _parts(source, quiet=False):
            if kind == "member":
                chat.names[clean_name(raw.get("platformId"))] = _name(raw)
            elif kind == "message":
                number += 1
                yield _message(raw, chat, source, number)
    except Damaged as damage:
        yield Truncated(damage.sentence)
    if number:
        yield _identified(chat, source)


def _parts(source: Source, *, quiet: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields "meta", "member" or "message", and the object."""
    with source.path.open("rb") as file:
        lines = b'"_type"' in file.readline(1 << 16)
    with source.open(quiet=quiet) as file:
        if not lines:
            for node in walk(file, _PART_OF_PLACE):
                if node.kind == "item":
                    yield _PART_OF_PLACE[node.prefix], node.value
            return
        for line in objects_of_lines(file):
            if line.get("_type") == "header":
                meta = line.get("meta")
                yield "meta", meta if isinstance(meta, dict) else {}
            else:
                yield str(line.get("_type")), line


def _look_ahead(source: Source) -> _Chat:
    meta: dict[str, Any] = {}
    with suppress(Damaged):  # it is told when the messages are read
        meta = next((raw for kind, raw in _parts(source, quiet=True) if kind == "meta"), {})
    platform = re.sub(r"[^a-z0-9_-]+", "-", clean_name(meta.get("platform")).lower()).strip("-_0123456789")[:30]
    return _Chat({"weixin": wechat.PLATFORM, "": "chatlab"}.get(platform, platform), meta)


def _name(raw: dict[str, Any]) -> str:
    return clean_name(raw.get("groupNickname")) or clean_name(raw.get("accountName"))


def _message(raw: dict[str, Any], chat: _Chat, source: Source, number: int) -> ReadMessage | Skipped:
    type_, content = raw.get("type"), clean(raw.get("content"))
    kind = _KINDS.get(type_) if isinstance(type_, int) else None
    if kind is None:
        return Skipped(_KEY, _REASONS.get(type_, UNKNOWN_KIND) if isinstance(type_, int) else UNKNOWN_KIND)
    moment = read_time(raw.get("timestamp"), source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    native = clean_name(raw.get("sender"))
    if not native:
        return Skipped(_KEY, NO_SENDER)
    name = _name(raw) or chat.names.get(native, "")
    chat.senders[native] = name or chat.senders.get(native, "")
    text = content if kind == "text" else ""
    if kind == "sticker" and not _SAYS_NOTHING.fullmatch(content) and not content.startswith(("http", "<")):
        text = content.strip("[]【】")
    photos = wechat.photo_of(content) if kind == "photo" else ()
    placeholder = None if kind == "text" or photos else "link" if kind == "forward" else kind
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, EMPTY)
    return ReadMessage(
        chat=_KEY,
        sender=chat.account(native),
        sender_name=name,
        sent_ms=moment.ms,
        position=number,
        text=text,
        photos=photos,
        placeholder=placeholder,
        forwarded=kind == "forward",
        native_id=clean_name(raw.get("platformMessageId")) or None,
        reply_to=clean_name(raw.get("replyToMessageId")) or None,
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        transcript=wechat.transcript_of(kind, content),
        plays=wechat.playing_of(kind, content),
    )


def _identified(chat: _Chat, source: Source) -> ReadChat:
    title = clean_name(chat.meta.get("name"))
    said = clean_name(chat.meta.get("type"))
    if said == "group" or (said != "private" and len(chat.senders) > 2):
        group = clean_name(chat.meta.get("groupId"))
        native = group or named(chat.platform, title or clean_name(source.path.stem)).id
        return ReadChat(_KEY, chat.platform, native, ChatKind.GROUP, title)
    people = chat.names | chat.senders
    owner = source.me or clean_name(chat.meta.get("ownerId"))
    owner = owner or next((one for one, name in people.items() if name in ME_NAMES), "")
    others = [one for one in people if one != owner]
    called = (one for one in others if people[one] and people[one] in title)  # as in "Chat with Ann"
    peer = next(called, None) or (others[0] if others else named(chat.platform, title or "?").id)
    owner = owner or next((one for one in others if one != peer), "")
    mine = chat.account(owner).id if owner else None
    return ReadChat(_KEY, chat.platform, chat.account(peer).id, ChatKind.PRIVATE, people.get(peer) or title, mine)


def _sniff(head: Head) -> Claim:
    keys = head.keys_at("")
    own = "chatlab" in keys and bool(keys & {"meta", "messages", "_type"})
    return Claim.CERTAIN if own else Claim.NO


FORMAT = Format(
    "ChatLab",
    _sniff,
    read,
    Sentence(
        "In ChatLab, or in a tool that writes its format, export the chat as ChatLab JSON or JSONL.",
        "在 ChatLab 或能写出其格式的工具中，把聊天导出为 ChatLab JSON 或 JSONL。",
    ),
)
