"""QQ itself: the text file that its message manager exports, of one chat or of all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_TIME,
    PAYMENT,
    RECALLED,
    SERVICE,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.byname import chat_of_names
from training.data.importers.qq import PLATFORM
from training.data.importers.textlines import add_line, lines_of

_RULE = re.compile(r"={20,}")
_CHAT = re.compile(r"消息对象[:：](.*)")
_HEADER = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}:\d{2})[ \t](.*?)(?:\((\d{5,12})\)|<([^<>@\s]+@[^<>\s]+)>)?\s*"
)
_RANK = re.compile(r"\A【[^】\n]{1,12}】(?=.)")
_OF_QQ = ("10000", "1000000")  # its own account: somebody joined, somebody took a message back
_RECALLED = re.compile(r"撤回了一条消息")
_KIND_OF = {"[图片]": "photo", "[表情]": "sticker", "[动画表情]": "sticker", "[语音]": "voice", "[视频]": "video",
            "[文件]": "file", "[位置]": "location"}  # fmt: skip
_PAID = re.compile(r"\A\[(?:QQ红包|转账)\]")
_CALLED = re.compile(r"\A(?:\[(?:语音|视频)通话\]|(?:语音|视频)通话 ?\S{0,12}\Z|通话时长 ?[\d:]+\Z)")


@dataclass(slots=True)
class _Chat:
    """A chat of the file, and who wrote in it: names by id."""

    key: str
    title: str
    senders: dict[str, str] = field(default_factory=dict)
    with_ids: bool = False
    messages: int = 0


@dataclass(slots=True)
class _Open:
    """A message whose lines are being read."""

    time: str
    name: str
    native: str
    lines: list[str] = field(default_factory=list)


def read(source: Source) -> Iterator[Event]:
    """Yields the events of every chat of the file, each chat after its messages."""
    chat = _Chat("0", clean_name(source.path.stem))
    open_: _Open | None = None
    number = 0
    for line in lines_of(source):
        about, header = _CHAT.fullmatch(line), _HEADER.fullmatch(line)
        if open_ is not None and (about or header or _RULE.fullmatch(line)):
            yield _message(open_, chat, source)
            open_ = None
        if about:
            if chat.messages:
                yield _identified(chat, source)
            number += 1
            chat = _Chat(str(number), clean_name(about[1]))
        elif header:
            chat.messages += 1
            open_ = _Open(header[1], _RANK.sub("", header[2].strip()), header[3] or header[4] or "")
        elif open_ is not None:
            add_line(open_.lines, line)
    if open_ is not None:
        yield _message(open_, chat, source)
    if chat.messages:
        yield _identified(chat, source)


def _message(found: _Open, chat: _Chat, source: Source) -> ReadMessage | Skipped:
    text = clean("\n".join(found.lines))
    if found.native in _OF_QQ or (not found.native and found.name == "系统消息"):
        return Skipped(chat.key, RECALLED if _RECALLED.search(text) else SERVICE)
    if _PAID.match(text) or _CALLED.match(text):
        return Skipped(chat.key, PAYMENT if _PAID.match(text) else CALL)
    moment = read_time(found.time, source.zone)
    if moment is None:
        return Skipped(chat.key, NO_TIME)
    placeholder = _KIND_OF.get(text)
    if not text:
        return Skipped(chat.key, EMPTY)
    name = clean_name(found.name)
    sender = Account(PLATFORM, found.native) if found.native else named(PLATFORM, name or "?")
    chat.with_ids = chat.with_ids or bool(found.native)
    chat.senders[sender.id] = name
    return ReadMessage(
        chat=chat.key,
        sender=sender,
        sender_name=name,
        sent_ms=moment.ms,
        position=chat.messages,
        text="" if placeholder else text,
        placeholder=placeholder,
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
    )


def _identified(chat: _Chat, source: Source) -> ReadChat:
    """Returns the chat. QQ writes the numbers of a group's members, and in a private chat only names."""
    if not chat.with_ids:
        return chat_of_names(chat.key, PLATFORM, chat.title, list(chat.senders.values()), me=source.me)
    if len(chat.senders) > 2 or chat.title not in chat.senders.values():
        return ReadChat(chat.key, PLATFORM, named(PLATFORM, chat.title or "?").id, ChatKind.GROUP, chat.title)
    peer = next(native for native, name in chat.senders.items() if name == chat.title)
    owner = source.me or next((native for native in chat.senders if native != peer), None)
    return ReadChat(chat.key, PLATFORM, peer, ChatKind.PRIVATE, chat.title, owner)


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if re.search(r"^消息对象[:：]", head.text, re.MULTILINE) and "====" in head.text else Claim.NO


FORMAT = Format(
    "QQ (text)",
    _sniff,
    read,
    Sentence(
        "In QQ for Windows (before version 9.9) open the message manager, choose a chat, and export it as a text file.",
        "在 Windows 版 QQ（9.9 以前）中打开“消息管理器”，选择聊天，导出为文本文件（*.txt）。",
    ),
)
