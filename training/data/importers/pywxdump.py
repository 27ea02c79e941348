"""PyWxDump, WeClone, and WeFlow's table for WeClone: a row a message, of WeChat or (WeClone) of Telegram.

It is a CSV, or PyWxDump's JSON with the same names, beside which users.json says what people are called.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
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
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.csvfile import Row
from training.data.importers.jsonstream import object_at
from training.data.importers.pywxdump_rows import rows
from training.data.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of,
    name_of,
    photo_of,
    placeholder_of,
    playing_of,
    reason_of,
    server_id,
    told_in_words,
    transcript_of,
    words_of,
)

_COLUMNS = frozenset(("type_name", "is_sender", "talker", "CreateTime"))
_TITLE = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")  # a file's name that may be the group's, and not test_0_500
_TELEGRAM_ID_DIGITS = 11  # WeChat's own message ids have far more


@dataclass(slots=True)
class _Room:
    """Who wrote in a chat, as a first pass over the file finds."""

    mine: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Table:
    """What a first pass over the table finds.

    names: what people and groups are called, by id. with_ids: a talker that looks like an id is one, and not a name.
    """

    source: Source
    names: Mapping[str, str]
    platform: str = PLATFORM
    with_ids: bool = True
    rooms: dict[str, _Room] = field(default_factory=dict)

    def account(self, talker: str) -> Account:
        by_id = self.platform == PLATFORM and self.with_ids
        return account_of(talker) if by_id else named(self.platform, talker)

    def name(self, talker: str) -> str:
        return self.names.get(talker) or name_of(talker)

    def owner(self, room: _Room) -> Account:
        me = self.source.me
        return Account(self.platform, me) if me else self.account(next(iter(room.mine), ME))


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events. It reads twice, because only the end shows whether a chat is a group."""
    table = _survey(source)
    chats = {key: _chat(key, room, table) for key, room in table.rooms.items()}
    number = 0
    for row in rows(source):
        if isinstance(row, Truncated):
            yield row
            continue
        number += 1
        key = _room(row)
        yield _message(row, chats[key], table.rooms[key], table, number)
    yield from chats.values()


def _survey(source: Source) -> _Table:
    table = _Table(source, _names(source))
    for row in rows(source, quiet=True):
        if isinstance(row, Truncated):
            continue
        room = table.rooms.setdefault(_room(row), _Room())
        table.with_ids = "room_name" in row  # WeFlow writes neither the chat nor any id
        if "is_forward" in row and row["MsgSvrID"].isdecimal() and len(row["MsgSvrID"]) <= _TELEGRAM_ID_DIGITS:
            table.platform = "telegram"
        if kind_of(row["type_name"]) is not None and (talker := clean_name(row["talker"])):
            (room.mine if _is_mine(row) else room.others).setdefault(talker)
    return table


def _names(source: Source) -> dict[str, str]:
    """Returns what users.json calls people and groups, by id; empty where there is none."""
    told = object_at(source.path.with_name("users.json"), "")
    found = {str(key): one.get("remark") or one.get("nickname") for key, one in told.items() if isinstance(one, dict)}
    return {key: name for key, value in found.items() if (name := name_of(clean(value)))}


def _chat(key: str, room: _Room, table: _Table) -> ReadChat:
    others = [name for name in room.others if name not in room.mine]
    stem = clean_name(table.source.path.stem)
    ids = "everywhere" if table.platform == PLATFORM else None
    if is_group_id(key) or len(others) > 1:
        native = key if is_group_id(key) else named(table.platform, key or stem).id
        called = table.names.get(key) or (stem if _TITLE.fullmatch(stem) else "")
        title = key if key and not is_group_id(key) else called
        return ReadChat(key, table.platform, native, ChatKind.GROUP, title, None, ids)
    peer = table.account(key or next(iter(others), stem))
    title = table.name(others[0] if others else peer.id.removeprefix("name:"))
    return ReadChat(key, table.platform, peer.id, ChatKind.PRIVATE, title, table.owner(room).id, ids)


def _message(row: Row, chat: ReadChat, room: _Room, table: _Table, number: int) -> ReadMessage | Skipped:
    text, src = _content(row)
    kind, reason, text = _kind(row, text, table)
    if kind is None:
        return Skipped(chat.key, reason)
    moment = read_time(row["CreateTime"], table.source.zone)
    if moment is None:
        return Skipped(chat.key, NO_TIME)
    talker = clean_name(row["talker"])
    name = table.name(talker)
    if _is_mine(row):
        sender = table.owner(room)
    elif chat.kind is ChatKind.PRIVATE:  # whatever the row calls them, there is only one
        sender, name = Account(chat.platform, chat.native_id), chat.title if talker in room.mine else name
    elif not talker:
        return Skipped(chat.key, NO_SENDER)
    else:
        sender = table.account(talker)
    words, placeholder = words_of(kind, text), placeholder_of(kind)
    photos = photo_of(src) if kind == "photo" else ()
    if not words and placeholder is None:
        return Skipped(chat.key, EMPTY)
    return ReadMessage(
        chat=chat.key,
        sender=sender,
        sender_name=name,
        sent_ms=moment.ms,
        position=number,
        text=words,
        photos=photos,
        placeholder=None if photos else placeholder,
        forwarded=kind == "forward" or row["is_forward"].strip().lower() in ("1", "true"),
        native_id=server_id(row["MsgSvrID"]),
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        transcript=transcript_of(kind, text),
        plays=playing_of(kind, src),
    )


def _kind(row: Row, text: str, table: _Table) -> tuple[str | None, str, str]:
    """Returns the kind, or None and the reason why the row is skipped; and the text that is left of it."""
    kind = kind_of(row["type_name"])
    if kind is None:
        return None, reason_of(row["type_name"], text), text
    # WeFlow's table calls everything text, also what WeChat says itself
    return (kind, "", text) if table.with_ids or kind != "text" else told_in_words(text)


def _content(row: Row) -> tuple[str, str]:
    """Returns text and source. Older exports hold both as JSON in one column."""
    if "msg" in row:
        return clean(row["msg"]), row["src"]
    raw = row["content"]
    try:
        both = json.loads(raw, strict=False)
    except ValueError:
        return clean(raw), ""
    if not isinstance(both, dict):
        return clean(raw), ""
    src = both.get("src")
    return clean(both.get("msg")), src if isinstance(src, str) else ""


def _room(row: Row) -> str:
    return clean_name(row["room_name"])


def _is_mine(row: Row) -> bool:
    return row["is_sender"].strip().lower() in ("1", "1.0", "true")


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if head.columns >= _COLUMNS or head.keys_at("item") >= _COLUMNS else Claim.NO


FORMAT = Format(
    "PyWxDump / WeClone",
    _sniff,
    read,
    Sentence(
        "Export the chats with PyWxDump as CSV or JSON, or take the CSV that WeClone works with (of WeChat or "
        "Telegram), or export from WeFlow as a table for WeClone.",
        "用 PyWxDump 把聊天导出为 CSV 或 JSON，或使用 WeClone 的 CSV（微信或 Telegram），"
        "也可以在 WeFlow 中导出为 WeClone 表格。",
    ),
)
