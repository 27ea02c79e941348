"""MemoTrace (WeChat): the CSV of one chat in a folder `name(wxid)`, and the CSV with WeChat's own columns."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.message import Account, ChatKind
from training.data.importers.base import (
    DAMAGED_ROW,
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
from training.data.importers.csvfile import CutOff, Row, rows
from training.data.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of,
    kind_of_code,
    name_of,
    placeholder_of,
    reason_of,
    reason_of_code,
    server_id,
    words_of,
)

CHAT_COLUMNS = frozenset(("消息ID", "类型", "发送人", "时间", "内容"))
FULL_COLUMNS = frozenset(("localId", "IsSender", "StrContent"))
_FOLDER = re.compile(r"(.*)\(([^()]+)\)")


def _folder(source: Source) -> tuple[str, str]:
    """The name and the WeChat id of the chat as the folder tells them; "" where it does not."""
    match = _FOLDER.fullmatch(source.path.resolve().parent.name)
    return (clean_name(match[1]), match[2].strip()) if match else ("", "")


def read_chat(source: Source) -> Iterator[Event]:
    """The CSV of one chat. It does not say who exported it: in a private chat, whoever is not the contact."""
    title, wxid = _folder(source)
    title = title or clean_name(source.path.stem)
    names: dict[str, str] = {}  # to WeChat ids, where told
    for row in _all(source, quiet=True):
        if not isinstance(row, Truncated) and kind_of(row["类型"]) is not None:
            name = clean_name(row["发送人"])
            names[name] = names.get(name) or _told_id(row["更多信息"])
    names.pop("", None)
    group = is_group_id(wxid) if wxid else len(names) > 2
    senders = _group_senders(names, source) if group else _pair(names, title, wxid, source)
    number = 0
    for row in _all(source):
        if isinstance(row, Truncated):
            yield row
            continue
        number += 1
        name = clean_name(row["发送人"])
        kind, content = kind_of(row["类型"]), clean(row["内容"])
        if kind is None:
            yield Skipped(title, reason_of(row["类型"], content))
        elif not name:
            yield Skipped(title, NO_SENDER)
        else:
            called = (
                name if name != ME else next((n for c in ("备注", "昵称") if (n := _first(row[c])) not in ("", ME)), ME)
            )
            native = server_id(row["消息ID"])
            yield _message(title, source, senders[name], called, row["时间"], number, kind, content, native)
    if number and group:
        yield ReadChat(title, PLATFORM, wxid or f"name:{title}", ChatKind.GROUP, title, None, "everywhere")
    elif number:
        peer = account_of(wxid or next((a.id for n, a in senders.items() if _plain(n) == _plain(title)), title))
        owner = next((account.id for account in senders.values() if account != peer), None)
        yield ReadChat(title, PLATFORM, peer.id, ChatKind.PRIVATE, title, owner, "everywhere")


def _told_id(more: str) -> str:
    """Newer versions tell the sender's WeChat id as JSON; others write the word `more`."""
    try:
        told = json.loads(more)
    except ValueError:
        return ""
    return clean_name(told.get("wxid")) if isinstance(told, dict) else ""


def _group_senders(names: Mapping[str, str], source: Source) -> dict[str, Account]:
    mine = source.me or names.get(ME) or ME
    return {name: account_of(mine if name == ME else wxid or f"name:{name}") for name, wxid in names.items()}


def _pair(names: Mapping[str, str], title: str, wxid: str, source: Source) -> dict[str, Account]:
    """The accounts behind the names of a private chat. Folders lose characters that file systems do not take."""
    contact = next((name for name, told in names.items() if told and told == wxid), None)
    if contact is None:
        contact = next((name for name in names if _plain(name) == _plain(title)), None)
    if contact is None and len(names) == 2 and ME in names:
        contact = next(name for name in names if name != ME)
    if contact is None and ME not in names:
        return {name: account_of(told or f"name:{name}") for name, told in names.items()}
    peer = account_of(wxid or names.get(contact or "") or f"name:{contact or title}")
    own = next((name for name in names if name != contact), ME)
    me = account_of(source.me or names.get(own) or f"name:{own}")
    return {name: peer if name == contact else me for name in names}


def _plain(name: str) -> str:
    return "".join(character for character in name if character.isalnum()) or name


@dataclass(slots=True)
class _Talker:
    """Who wrote under one TalkerId."""

    mine: dict[str, str] = field(default_factory=dict)  # ids of the exporting account, to names
    others: dict[str, str] = field(default_factory=dict)
    title: str = ""
    group: bool = False


def read_full(source: Source) -> Iterator[Event]:
    """The CSV with WeChat's own columns, of one chat or of all."""
    talkers: dict[str, _Talker] = {}
    for row in _all(source, quiet=True):
        if not isinstance(row, Truncated):
            _survey(row, talkers.setdefault(row["TalkerId"], _Talker()))
    chats = _chats(source, talkers)
    number = 0
    for row in _all(source):
        if isinstance(row, Truncated):
            yield row
            continue
        number += 1
        yield _full_message(row, chats[row["TalkerId"]], source, number)
    yield from (chat for chat, _ in chats.values())


def _survey(row: Row, talker: _Talker) -> None:
    shifted = _shifted(row)
    if shifted:
        talker.title = talker.title or _first(shifted[1], shifted[2])
        talker.group = talker.group or len(row.cells) > 12
        return
    wxid = clean_name(row["Sender"])
    if wxid:
        where = talker.mine if row["IsSender"].strip() == "1" else talker.others
        where.setdefault(wxid, _first(row["Remark"], row["NickName"], wxid))


def _chats(source: Source, talkers: dict[str, _Talker]) -> dict[str, tuple[ReadChat, _Talker]]:
    """The chat of each TalkerId. One folder, one chat; without a folder's name each TalkerId is a chat."""
    folder, wxid = _folder(source)
    stem = clean_name(source.path.stem.removesuffix("_utf8"))
    chats: dict[str, tuple[ReadChat, _Talker]] = {}
    for key, talker in talkers.items():
        title = folder or talker.title or stem
        unknown = f"name:{title}" if len(talkers) == 1 or talker.title else f"name:{title}/{key}"
        others = {native: name for native, name in talker.others.items() if native not in talker.mine}
        if is_group_id(wxid) if wxid else talker.group or len(others) > 1:
            chats[key] = ReadChat(key, PLATFORM, wxid or unknown, ChatKind.GROUP, title, ids="everywhere"), talker
            continue
        peer = wxid or next(iter(others), unknown)
        own = next((native for native in talker.mine if native not in talker.others and native != wxid), None)
        owner = account_of(source.me or own or ME).id
        name = others.get(peer, title)
        chats[key] = ReadChat(key, PLATFORM, account_of(peer).id, ChatKind.PRIVATE, name, owner, "everywhere"), talker
    return chats


def _full_message(row: Row, known: tuple[ReadChat, _Talker], source: Source, number: int) -> Event:
    chat, talker = known
    content = clean(row["StrContent"])
    try:
        code, sub_code = int(row["Type"] or 0), int(row["SubType"] or 0)
    except ValueError:
        return Skipped(chat.key, DAMAGED_ROW)
    kind = kind_of_code(code, sub_code)
    if kind is None:
        return Skipped(chat.key, reason_of_code(code, sub_code, content))
    sender, name = _full_sender(row, chat, talker, source)
    if sender is None:
        return Skipped(chat.key, NO_SENDER)
    shifted = _shifted(row)
    native = server_id(shifted[0]) if shifted else None  # localId counts within one of several databases
    time = row["CreateTime"] or row["StrTime"]
    return _message(chat.key, source, sender, name, time, number, kind, content, native)


def _full_sender(row: Row, chat: ReadChat, talker: _Talker, source: Source) -> tuple[Account | None, str]:
    mine = row["IsSender"].strip() == "1"
    shifted = _shifted(row)
    wxid = "" if shifted else clean_name(row["Sender"])
    name = clean_name(row.cells[12]) if shifted and len(row.cells) > 12 else ""
    if mine:
        own = source.me or (wxid if wxid not in talker.others else "") or chat.owner or ME
        return account_of(own), _first(
            "" if shifted else _first(row["Remark"], row["NickName"]), own.removeprefix("name:")
        )
    if chat.kind is ChatKind.PRIVATE:
        return Account(PLATFORM, chat.native_id), chat.title
    if wxid:
        return account_of(wxid), _first(row["Remark"], row["NickName"], wxid)
    return (named(PLATFORM, name), name) if name else (None, "")


def _shifted(row: Row) -> tuple[str, str, str] | None:
    """Server id, remark and nickname where they stand one column to the right, as in the export of all chats."""
    cells = row.cells
    if len(cells) > 10 and cells[9].strip().isdecimal() and len(cells[9].strip()) >= 15:
        return cells[9], cells[10], cells[11] if len(cells) > 11 else ""
    return None


def _message(
    chat: str,
    source: Source,
    sender: Account,
    name: str,
    time: str,
    number: int,
    kind: str,
    content: str,
    native: str | None,
) -> ReadMessage | Skipped:
    moment = read_time(time, source.zone)
    if moment is None:
        return Skipped(chat, NO_TIME)
    text, placeholder = words_of(kind, content), placeholder_of(kind)
    if not text and placeholder is None:
        return Skipped(chat, EMPTY)
    return ReadMessage(
        chat=chat,
        sender=sender,
        sender_name=name,
        sent_ms=moment.ms,
        position=number,
        text=text,
        placeholder=placeholder,
        forwarded=kind == "forward",
        native_id=native,
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
    )


def _all(source: Source, *, quiet: bool = False) -> Iterator[Row | Truncated]:
    try:
        yield from rows(source, quiet=quiet)
    except CutOff as cut:
        yield Truncated(cut.sentence)


def _first(*names: str) -> str:
    return next((name for name in map(name_of, names) if name), "")
