"""chatlog (WeChat): the JSON and the CSV that its interface gives, of one chat or of several."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_SENDER,
    NO_TIME,
    PAYMENT,
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
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    read_time,
)
from training.data.importers.csvfile import Row, rows_and_cut
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of_code,
    name_of,
    placeholder_of,
    reason_of_code,
)

_KEYS = frozenset(("talker", "isSelf", "senderName", "time"))
_COLUMNS = frozenset(("Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"))
_SYSTEM = "系统消息"
_PAT = (49, 62)
_REMEMBERED = 5000  # messages of a chat that an answer may be about
_MARKS: tuple[tuple[str, str], ...] = (
    (r"!\[图片\]\(", "photo"),
    (r"\[语音\](?:\(|\Z)", "voice"),
    (r"!?\[视频\](?:\(|\Z)", "video"),
    (r"\[(?:动画表情|GIF表情)\]\Z", "sticker"),
    (r"\[文件\|", "file"),
    (r"\[名片\]\Z", "contact"),
    (r"\[位置\|?", "location"),
    (r"\[(?:链接|分享|小程序|视频号|群公告)[|\]]", "link"),
    (r"\[合并转发", "forward"),
    (r"\[(?:转账\||红包\]\Z|红包封面\]\Z)", PAYMENT),
    (r"\[语音通话\]\Z", CALL),
)
"""How the CSV writes what is not words, and its kind or the reason why it is skipped."""
_MARK = [(re.compile(pattern), kind) for pattern, kind in _MARKS]
_QUOTED = re.compile(r"(?:> [^\n]*(?:\n|\Z))+")


@dataclass(slots=True)
class _Talk:
    """A chat as its messages tell of it."""

    talker: str
    title: str = ""
    group: bool = False
    owner: str | None = None
    senders: dict[str, None] = field(default_factory=dict)
    answerable: dict[tuple[str, int], str] = field(default_factory=dict)  # ids of messages, by sender and second


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events."""
    talks: dict[str, _Talk] = {}
    number = 0
    if _is_json(source):
        with source.open() as file:
            try:
                for node in walk(file, {"item"}):
                    if node.kind == "item":
                        number += 1
                        yield _message(node.value, _talk(node.value, talks), source, number)
            except Damaged as damage:
                yield Truncated(damage.sentence)
    else:
        for row in rows_and_cut(source):
            if isinstance(row, Truncated):
                yield row
                continue
            number += 1
            talk = _talk({"talker": row["Talker"], "talkerName": row["TalkerName"]}, talks)
            yield _row_message(row, talk, source, number)
    yield from (_identified(talk, source) for talk in talks.values())


def _is_json(source: Source) -> bool:
    with source.path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"[")


def _talk(raw: dict[str, Any], talks: dict[str, _Talk]) -> _Talk:
    talker = clean_name(raw.get("talker")) or ME
    talk = talks.setdefault(talker, _Talk(talker))
    talk.title = talk.title or name_of(clean_name(raw.get("talkerName")))
    talk.group = talk.group or raw.get("isChatRoom") is True or is_group_id(talker)
    return talk


def _message(raw: dict[str, Any], talk: _Talk, source: Source, number: int) -> ReadMessage | Skipped:
    code, sub_code = (value if isinstance(value, int) else 0 for value in (raw.get("type"), raw.get("subType")))
    content, mine = clean(raw.get("content")), raw.get("isSelf") is True
    kind = kind_of_code(code, sub_code)
    if kind is None or raw.get("sender") == _SYSTEM:
        reason = SERVICE if (code, sub_code) == _PAT else reason_of_code(code, sub_code, content)
        return Skipped(talk.talker, reason if kind is None else SERVICE)
    wxid = clean_name(raw.get("sender"))
    if mine:
        talk.owner = source.me or (wxid if wxid not in ("", ME) else talk.owner)
    sender = account_of(source.me or wxid or ME) if mine else _other(wxid, talk)
    made = _read(talk, sender, clean_name(raw.get("senderName")), raw.get("time"), kind, content, source, number)
    if isinstance(made, Skipped):
        return made
    native = clean_name(raw.get("seq"))
    answered = _answered(raw.get("contents"), talk)
    if native.isdecimal() and native != "0":
        talk.answerable[made.sender.id, made.sent_ms // 1000] = native
        if len(talk.answerable) > _REMEMBERED:
            del talk.answerable[next(iter(talk.answerable))]
        return _with_ids(made, native, answered)
    return _with_ids(made, None, answered)


def _with_ids(message: ReadMessage, native: str | None, answered: str | None) -> ReadMessage:
    return message if native is None and answered is None else replace(message, native_id=native, reply_to=answered)


def _answered(contents: object, talk: _Talk) -> str | None:
    """Returns the id of the message that is quoted: the export tells its sender and time."""
    quoted = contents.get("refer") if isinstance(contents, dict) else None
    moment = read_time(quoted.get("time"), None) if isinstance(quoted, dict) else None
    if moment is None or not isinstance(quoted, dict):
        return None
    return talk.answerable.get((clean_name(quoted.get("sender")), moment.ms // 1000))


def _row_message(row: Row, talk: _Talk, source: Source, number: int) -> ReadMessage | Skipped:
    wxid, content = clean_name(row["Sender"]), clean(row["Content"])
    if wxid == _SYSTEM:
        return Skipped(talk.talker, reason_of_code(10000, 0, content))
    kind = next((kind for pattern, kind in _MARK if pattern.match(content)), "text")
    if kind in (PAYMENT, CALL):
        return Skipped(talk.talker, kind)
    if kind == "text":
        content = _QUOTED.sub("", content, count=1) if content.startswith("> ") else content
    sender = account_of(source.me or ME) if wxid == ME else _other(wxid, talk)
    return _read(talk, sender, clean_name(row["SenderName"]), row["Time"], kind, content, source, number)


def _other(wxid: str, talk: _Talk) -> Account | None:
    """Returns the account of somebody else; of a private chat's other person where their id is left out."""
    return account_of(wxid) if wxid else None if talk.group else account_of(talk.talker)


def _read(
    talk: _Talk, sender: Account | None, name: str, time: object, kind: str, content: str, source: Source, number: int
) -> ReadMessage | Skipped:
    moment = read_time(time, source.zone)
    if moment is None:
        return Skipped(talk.talker, NO_TIME)
    if sender is None:
        return Skipped(talk.talker, NO_SENDER)
    text, placeholder = content if kind in ("text", "quote") else "", placeholder_of(kind)
    if not text and placeholder is None:
        return Skipped(talk.talker, EMPTY)
    name = name_of(name) or (talk.title if not talk.group and sender.id == talk.talker else "")
    talk.senders.setdefault(sender.id)
    return ReadMessage(
        chat=talk.talker,
        sender=sender,
        sender_name=name,
        sent_ms=moment.ms,
        position=number,
        text=text,
        placeholder=placeholder,
        forwarded=kind == "forward",
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
    )


def _identified(talk: _Talk, source: Source) -> ReadChat:
    if talk.group:
        return ReadChat(talk.talker, PLATFORM, account_of(talk.talker).id, ChatKind.GROUP, talk.title)
    peer = account_of(talk.talker)
    owner = source.me or talk.owner or next((one for one in talk.senders if one != peer.id), None)
    return ReadChat(
        talk.talker, PLATFORM, peer.id, ChatKind.PRIVATE, talk.title, account_of(owner).id if owner else None
    )


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if head.keys_at("item") >= _KEYS or head.columns >= _COLUMNS else Claim.NO


FORMAT = Format(
    "chatlog",
    _sniff,
    read,
    Sentence(
        "With chatlog running, open http://127.0.0.1:5030/api/v1/chatlog?time=2000-01-01~2100-01-01&talker=ID&format=json"
        " (ID is the chat's; csv works too) and save what it shows.",
        "运行 chatlog 后打开 http://127.0.0.1:5030/api/v1/chatlog?time=2000-01-01~2100-01-01&talker=编号&format=json"
        "（编号是聊天的微信号或群号；csv 也可以），把显示的内容存成文件。",
    ),
)
