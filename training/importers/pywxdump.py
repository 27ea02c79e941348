"""PyWxDump, WeClone and WeFlow's WeClone table: one CSV row a message, of WeChat or (WeClone) of Telegram."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.types import Account, ChatKind
from training.importers.base import (
    EMPTY,
    NO_SENDER,
    NO_TIME,
    Event,
    ReadChat,
    ReadMessage,
    Skipped,
    Source,
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.importers.csvfile import CutOff, Row, rows
from training.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of,
    photo_of,
    placeholder_of,
    reason_of,
    server_id,
    words_of,
)

COLUMNS = frozenset(("type_name", "is_sender", "talker", "CreateTime"))
_TELEGRAM_ID_DIGITS = 11  # WeChat's own message ids have far more


@dataclass(slots=True)
class _Room:
    """Who wrote in a chat."""

    mine: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)
    with_ids: bool = False


def read(source: Source) -> Iterator[Event]:
    """The export's events. Reads twice: whether a chat is a group shows only at its end."""
    rooms: dict[str, _Room] = {}
    platform = PLATFORM
    for row in _all(source, quiet=True):
        if isinstance(row, Truncated):
            continue
        room = rooms.setdefault(_room(row), _Room())
        if "is_forward" in row and row["MsgSvrID"].isdecimal() and len(row["MsgSvrID"]) <= _TELEGRAM_ID_DIGITS:
            platform = "telegram"
        if kind_of(row["type_name"]) is not None and (talker := clean_name(row["talker"])):
            (room.mine if _is_mine(row) else room.others).setdefault(talker)
    chats = {key: _chat(key, room, platform, source) for key, room in rooms.items()}
    number = 0
    for row in _all(source):
        if isinstance(row, Truncated):
            yield row
            continue
        number += 1
        key = _room(row)
        yield _message(row, chats[key], rooms[key], source, number)
    yield from chats.values()


def _chat(key: str, room: _Room, platform: str, source: Source) -> ReadChat:
    others = [name for name in room.others if name not in room.mine]
    if platform == PLATFORM and key and (is_group_id(key) or len(others) <= 1):
        native = account_of(key)
    else:
        native = named(platform, key or (others[0] if len(others) == 1 else clean_name(source.path.stem)))
    ids = "everywhere" if platform == PLATFORM else None
    if is_group_id(key) or len(others) > 1:
        title = "" if is_group_id(key) else native.id.removeprefix("name:")
        return ReadChat(key, platform, native.id, ChatKind.GROUP, title, None, ids)
    title = others[0] if others else native.id.removeprefix("name:")
    return ReadChat(key, platform, native.id, ChatKind.PRIVATE, title, _owner(room, platform, source).id, ids)


def _owner(room: _Room, platform: str, source: Source) -> Account:
    own = next(iter(room.mine), ME)
    if source.me:
        return Account(platform, source.me)
    return account_of(own) if platform == PLATFORM else named(platform, own)


def _message(row: Row, chat: ReadChat, room: _Room, source: Source, number: int) -> ReadMessage | Skipped:
    text, src = _content(row)
    kind = kind_of(row["type_name"])
    if kind is None:
        return Skipped(chat.key, reason_of(row["type_name"], text))
    moment = read_time(row["CreateTime"], source.zone)
    if moment is None:
        return Skipped(chat.key, NO_TIME)
    name = clean_name(row["talker"])
    if _is_mine(row):
        sender = _owner(room, chat.platform, source)
    elif chat.kind is ChatKind.PRIVATE:  # whatever the row calls them, there is only one
        sender, name = Account(chat.platform, chat.native_id), chat.title if name in room.mine or not name else name
    elif not name:
        return Skipped(chat.key, NO_SENDER)
    else:
        sender = account_of(name) if chat.platform == PLATFORM else named(chat.platform, name)
    words, placeholder = words_of(kind, text), placeholder_of(kind)
    photos = photo_of(src) if kind == "photo" else ()
    if not words and placeholder is None:
        return Skipped(chat.key, EMPTY)
    return ReadMessage(
        chat=chat.key,
        sender=sender,
        sender_name=name or sender.id.removeprefix("name:"),
        sent_ms=moment.ms,
        position=number,
        text=words,
        photos=photos,
        placeholder=None if photos else placeholder,
        forwarded=kind == "forward" or row.get("is_forward", "").strip().lower() in ("1", "true"),
        native_id=server_id(row.get("MsgSvrID")),
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
    )


def _content(row: Row) -> tuple[str, str]:
    """Text and source; older exports hold both as JSON in one column."""
    if "msg" in row:
        return clean(row["msg"]), row.get("src", "")
    raw = row.get("content", "")
    try:
        both = json.loads(raw, strict=False)
    except ValueError:
        return clean(raw), ""
    if not isinstance(both, dict):
        return clean(raw), ""
    src = both.get("src")
    return clean(both.get("msg")), src if isinstance(src, str) else ""


def _room(row: Row) -> str:
    return clean_name(row.get("room_name", ""))


def _is_mine(row: Row) -> bool:
    return row["is_sender"].strip().lower() in ("1", "1.0", "true")


def _all(source: Source, *, quiet: bool = False) -> Iterator[Row | Truncated]:
    try:
        yield from rows(source, quiet=quiet)
    except CutOff as cut:
        yield Truncated(cut.sentence)
