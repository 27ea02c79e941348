"""WeFlow and EchoTrace (WeChat): a JSON file with one chat. Its messages name the sender by number or in full."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers.base import (
    NO_SENDER,
    NO_TIME,
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
    Truncated,
    clean,
    clean_name,
    read_time,
)
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.wechat import (
    PLATFORM,
    account_of,
    is_group_id,
    kind_of,
    kind_of_code,
    message_of,
    name_of,
    reason_of,
    server_id,
)

_KEY = "chat"


@dataclass(slots=True)
class _Session:
    about: dict[str, Any] = field(default_factory=dict)
    senders: dict[str, tuple[Account, str]] = field(default_factory=dict)  # by senderID
    owner: Account | None = None
    others: dict[Account, str] = field(default_factory=dict)
    messages: int = 0
    with_ids: int = 0


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events. It first looks for session and senders, which may stand behind the messages."""
    session = _look_ahead(source)
    with source.open() as file:
        try:
            for node in walk(file, {"messages.item"}):
                if node.kind == "item":
                    session.messages += 1
                    yield _message(node.value, session, source)
        except Damaged as damage:
            yield Truncated(damage.sentence)
    if session.messages:
        yield _identified(session, source)


def _look_ahead(source: Source) -> _Session:
    session = _Session()
    with source.open(quiet=True) as file:
        try:
            for node in walk(file, {"session", "senders.item"}):
                if node.prefix == "session" and node.kind == "item":
                    session.about = node.value
                elif node.prefix == "senders.item" and node.kind == "item":
                    raw = node.value
                    wxid = clean_name(raw.get("wxid"))
                    if wxid:
                        session.senders[str(raw.get("senderID"))] = account_of(wxid), _display(raw)
                elif session.about and session.senders and node.prefix.startswith("messages"):
                    break
        except Damaged:
            pass  # told when the messages are read
    return session


def _display(raw: dict[str, Any]) -> str:
    keys = ("displayName", "groupNickname", "remark", "nickname")
    return next((name for key in keys if (name := name_of(str(raw.get(key) or "")))), "")


def _message(raw: dict[str, Any], session: _Session, source: Source) -> ReadMessage | Skipped:
    type_name, content = clean_name(raw.get("type")), clean(raw.get("content"))
    kind = kind_of(type_name) if type_name else _kind_of_local(raw.get("localType"))
    if kind is None or raw.get("isSend") is None:
        reason = reason_of(type_name, content)
        return Skipped(_KEY, reason if reason == RECALLED or kind is None else SERVICE)
    moment = read_time(raw.get("createTime"), source.zone) or read_time(raw.get("formattedTime"), source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    mine = str(raw["isSend"]).lower() in ("1", "true")
    sender, name = _sender(raw, session)
    if sender is None and mine and source.me:
        sender = account_of(source.me)
    if sender is None:
        return Skipped(_KEY, NO_SENDER)
    native = server_id(raw.get("platformMessageId"))  # localId merely counts the lines of one export
    answered = server_id(raw.get("replyToMessageId"))
    message = message_of(_KEY, kind, content, (sender, name), moment, session.messages, native, answered)
    if isinstance(message, ReadMessage):
        session.with_ids += native is not None
        if mine:
            session.owner = sender
        else:
            session.others[sender] = name
    return message


def _kind_of_local(code: object) -> str | None:
    return kind_of_code(code, 0) if isinstance(code, int) else None


def _sender(raw: dict[str, Any], session: _Session) -> tuple[Account | None, str]:
    if raw.get("senderID") is not None:
        known = session.senders.get(str(raw["senderID"]))
        if known is not None:
            return known
    wxid, name = clean_name(raw.get("senderUsername")), name_of(str(raw.get("senderDisplayName") or ""))
    return (account_of(wxid or name), name) if wxid or name else (None, "")


def _identified(session: _Session, source: Source) -> ReadChat:
    about = session.about
    wxid, title = clean_name(about.get("wxid")), _display(about)
    stem = clean_name(source.path.stem)
    group = is_group_id(wxid) or clean_name(about.get("type")) in ("群聊", "group")
    if not about and len(session.others) > 1:
        group = True
    ids = "everywhere" if session.with_ids else None
    if group:
        return ReadChat(_KEY, PLATFORM, wxid or f"name:{title or stem}", ChatKind.GROUP, title, None, ids)
    peer = account_of(wxid) if wxid else next(iter(session.others), account_of(title or stem))
    owner = session.owner.id if session.owner else None
    name = title or session.others.get(peer, "")
    return ReadChat(_KEY, PLATFORM, peer.id, ChatKind.PRIVATE, name, owner, ids)


def _sniff(head: Head) -> Claim:
    keys = head.keys_at("")
    of_message = head.keys_at("messages.item") & {"senderUsername", "senderID", "isSend"}
    return Claim.CERTAIN if "weflow" in keys or ({"session", "messages"} <= keys and of_message) else Claim.NO


FORMAT = Format(
    "WeFlow",
    _sniff,
    read,
    Sentence(
        "In WeFlow, on the computer where WeChat is logged in, choose the chats and export them as JSON (the detailed "
        "kind or Arkme's). Import the folder that it writes.",
        "在登录了微信的电脑上打开 WeFlow，选好聊天，导出为 JSON（详细 JSON 或 Arkme JSON），然后导入它写出的文件夹。",
    ),
)
