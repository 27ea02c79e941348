"""MemoTrace (WeChat) of older versions: the CSV with WeChat's own columns, of one chat or of all."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.errors import DataError
from bot.message import Account, ChatKind
from training.data.importers.base import (
    DAMAGED_ROW,
    NO_SENDER,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    Sentence,
    Skipped,
    Source,
    Truncated,
    clean,
    clean_name,
    is_named,
    named,
)
from training.data.importers.csvfile import Row, rows_and_cut
from training.data.importers.memotrace import chat_of_folder, first_name, message
from training.data.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of_code,
    reason_of_code,
    server_id,
)

_COLUMNS = frozenset(("localId", "IsSender", "StrContent"))


@dataclass(slots=True)
class _Talker:
    """Who wrote under one TalkerId, as a first pass over the file finds."""

    mine: dict[str, str] = field(default_factory=dict)  # ids of the exporting account, to names
    others: dict[str, str] = field(default_factory=dict)
    called: dict[str, None] = field(default_factory=dict)  # all that stands in Remark and NickName
    title: str = ""
    group: bool = False
    by_name: bool = False  # since January 2024: Sender is a name, Remark and NickName are the chat's

    @property
    def senders(self) -> tuple[str, ...]:
        return (*self.mine, *self.others)


def read(source: Source) -> Iterator[Event]:
    """Yields the events of one chat or of all. It reads twice, because only the end shows whether a chat is a group."""
    talkers: dict[str, _Talker] = {}
    for row in rows_and_cut(source, quiet=True):
        if isinstance(row, Truncated):
            continue
        if not ("Sender" in row or _shifted(row) or _told_private(source)):
            raise DataError(
                "This table does not say who sent each message. If it is a group, export it again with a newer "
                "MemoTrace. If it is a private chat, put the file into a folder that is called name(wxid), with the "
                "contact's name and WeChat id."
            )
        _survey(row, talkers.setdefault(row["TalkerId"], _Talker()))
    by_name = any(wxid == ME or is_named(account_of(wxid).id) for one in talkers.values() for wxid in one.senders)
    for talker in talkers.values():
        talker.by_name = by_name
    chats = _chats(source, talkers)
    number = 0
    for row in rows_and_cut(source):
        if isinstance(row, Truncated):
            yield row
            continue
        number += 1
        yield _message(row, chats[row["TalkerId"]], source, number)
    yield from (chat for chat, _ in chats.values())


def _told_private(source: Source) -> bool:
    """Says whether the folder's name tells that the chat is with one person."""
    _, wxid = chat_of_folder(source)
    return bool(wxid) and not is_group_id(wxid)


def _survey(row: Row, talker: _Talker) -> None:
    shifted = _shifted(row)
    if shifted:
        talker.title = talker.title or first_name(shifted[1], shifted[2])
        talker.group = talker.group or len(row.cells) > 12
        return
    talker.called |= dict.fromkeys(filter(None, map(first_name, (row["Remark"], row["NickName"]))))
    wxid = clean_name(row["Sender"])
    if wxid:
        where = talker.mine if row["IsSender"].strip() == "1" else talker.others
        where.setdefault(wxid, first_name(row["Remark"], row["NickName"], wxid))


def _chats(source: Source, talkers: dict[str, _Talker]) -> dict[str, tuple[ReadChat, _Talker]]:
    """Returns the chat of each TalkerId. A folder is one chat; without a folder's name each TalkerId is one."""
    folder, wxid = chat_of_folder(source)
    stem = clean_name(source.path.stem.removesuffix("_utf8"))
    chats: dict[str, tuple[ReadChat, _Talker]] = {}
    for key, talker in talkers.items():
        own_title = talker.title or (next(iter(talker.called), "") if talker.by_name else "")
        title = folder or own_title or stem
        unknown = f"name:{title}" if len(talkers) == 1 or own_title else f"name:{title}/{key}"
        others = {native: name for native, name in talker.others.items() if native not in talker.mine}
        stranger = talker.by_name and not others.keys() <= talker.called.keys() | {title}
        if is_group_id(wxid) if wxid else talker.group or stranger or len(others) > 1:
            chats[key] = ReadChat(key, PLATFORM, wxid or unknown, ChatKind.GROUP, title, ids="everywhere"), talker
            continue
        if talker.by_name:
            peer = wxid or unknown
            owner = account_of(source.me or ME).id
            chats[key] = (
                ReadChat(key, PLATFORM, account_of(peer).id, ChatKind.PRIVATE, title, owner, "everywhere"),
                talker,
            )
            continue
        peer = wxid or next(iter(others), unknown)
        own = next((native for native in talker.mine if native not in talker.others and native != wxid), None)
        owner = account_of(source.me or own or ME).id
        name = others.get(peer, title)
        chats[key] = ReadChat(key, PLATFORM, account_of(peer).id, ChatKind.PRIVATE, name, owner, "everywhere"), talker
    return chats


def _message(row: Row, known: tuple[ReadChat, _Talker], source: Source, number: int) -> Event:
    chat, talker = known
    content = clean(row["StrContent"])
    try:
        code, sub_code = int(row["Type"] or 0), int(row["SubType"] or 0)
    except ValueError:
        return Skipped(chat.key, DAMAGED_ROW)
    kind = kind_of_code(code, sub_code)
    if kind is None:
        return Skipped(chat.key, reason_of_code(code, sub_code, content))
    sender, name = _sender(row, chat, talker, source)
    if sender is None:
        return Skipped(chat.key, NO_SENDER)
    shifted = _shifted(row)
    native = server_id(shifted[0]) if shifted else None  # localId counts within one of several databases
    time = row["CreateTime"] or row["StrTime"]
    return message(chat.key, source, sender, name, time, number, kind, content, native)


def _sender(row: Row, chat: ReadChat, talker: _Talker, source: Source) -> tuple[Account | None, str]:
    mine = row["IsSender"].strip() == "1"
    shifted = _shifted(row)
    if talker.by_name and not shifted:
        name = clean_name(row["Sender"])
        if mine:
            return account_of(source.me or ME), name or ME
        if chat.kind is ChatKind.PRIVATE:
            return Account(PLATFORM, chat.native_id), name or chat.title
        return (named(PLATFORM, name), name) if name else (None, "")
    wxid = "" if shifted else clean_name(row["Sender"])
    name = clean_name(row.cells[12]) if shifted and len(row.cells) > 12 else ""
    if mine:
        own = source.me or (wxid if wxid not in talker.others else "") or chat.owner or ME
        return account_of(own), first_name(
            "" if shifted else first_name(row["Remark"], row["NickName"]), own.removeprefix("name:")
        )
    if chat.kind is ChatKind.PRIVATE:
        return Account(PLATFORM, chat.native_id), chat.title
    if wxid:
        return account_of(wxid), first_name(row["Remark"], row["NickName"], wxid)
    return (named(PLATFORM, name), name) if name else (None, "")


def _shifted(row: Row) -> tuple[str, str, str] | None:
    """Returns server id, remark and nickname if they stand one column to the right, as in the export of all chats."""
    cells = row.cells
    if len(cells) > 10 and cells[9].strip().isdecimal() and len(cells[9].strip()) >= 15:
        return cells[9], cells[10], cells[11] if len(cells) > 11 else ""
    return None


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if head.columns >= _COLUMNS else Claim.NO


FORMAT = Format(
    "MemoTrace (WeChat's columns)",
    _sniff,
    read,
    Sentence(
        "In an older MemoTrace (WeChatMsg), on the computer where WeChat is logged in, export one chat or all chats as "
        "CSV.",
        "在登录了微信的电脑上打开旧版留痕（WeChatMsg），把一个聊天或全部聊天导出为 CSV。",
    ),
)
