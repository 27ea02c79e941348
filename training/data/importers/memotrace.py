"""MemoTrace (WeChat): the CSV of one chat in a folder `name(wxid)`."""

import json
import re
from collections.abc import Iterator, Mapping

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
    read_time,
)
from training.data.importers.csvfile import rows_and_cut
from training.data.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of,
    name_of,
    placeholder_of,
    reason_of,
    server_id,
    transcript_of,
    words_of,
)

_COLUMNS = frozenset(("消息ID", "类型", "发送人", "时间", "内容"))
_FOLDER = re.compile(r"(.*)\(([^()]+)\)")


def chat_of_folder(source: Source) -> tuple[str, str]:
    """Returns the name and the WeChat id of the chat from the name of its folder; "" where it holds none."""
    match = _FOLDER.fullmatch(source.path.resolve().parent.name)
    return (clean_name(match[1]), match[2].strip()) if match else ("", "")


def read(source: Source) -> Iterator[Event]:
    """Yields the events of one chat.

    The file does not say who exported it; in a private chat it is who is not the contact.
    """
    title, wxid = chat_of_folder(source)
    title = title or clean_name(source.path.stem)
    names: dict[str, str] = {}  # to WeChat ids, where told
    own: dict[str, None] = {}  # what the owner is called
    theirs: set[str] = set()
    for row in rows_and_cut(source, quiet=True):
        if not isinstance(row, Truncated) and kind_of(row["类型"]) is not None:
            name = clean_name(row["发送人"])
            names[name] = names.get(name) or _told_id(row["更多信息"])
            beside = [other for column in ("备注", "昵称") if (other := first_name(row[column])) not in ("", ME)]
            if name == ME:
                own |= dict.fromkeys(beside)
            else:
                theirs |= {name, *beside}
    names.pop("", None)
    told = (
        name for name in own if name not in theirs and title not in own
    )  # some versions write the chat's names there
    me = next(told, ME)
    if me != ME and names.get(ME) == "":
        names[ME] = f"name:{me}"
    group = is_group_id(wxid) if wxid else len(names) > 2
    senders = _group_senders(names, source) if group else _pair(names, title, wxid, source)
    number = 0
    for row in rows_and_cut(source):
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
            native = server_id(row["消息ID"])
            called = me if name == ME else name
            yield message(title, source, senders[name], called, row["时间"], number, kind, content, native)
    if number and group:
        yield ReadChat(title, PLATFORM, wxid or f"name:{title}", ChatKind.GROUP, title, None, "everywhere")
    elif number:
        peer = account_of(wxid or next((a.id for n, a in senders.items() if _plain(n) == _plain(title)), title))
        owner = next((account.id for account in senders.values() if account != peer), None)
        yield ReadChat(title, PLATFORM, peer.id, ChatKind.PRIVATE, title, owner, "everywhere")


def _told_id(more: str) -> str:
    """Returns the sender's WeChat id, which newer versions write as JSON; others write the word `more`."""
    try:
        told = json.loads(more)
    except ValueError:
        return ""
    return clean_name(told.get("wxid")) if isinstance(told, dict) else ""


def _group_senders(names: Mapping[str, str], source: Source) -> dict[str, Account]:
    mine = source.me or names.get(ME) or ME
    return {name: account_of(mine if name == ME else wxid or f"name:{name}") for name, wxid in names.items()}


def _pair(names: Mapping[str, str], title: str, wxid: str, source: Source) -> dict[str, Account]:
    """Returns the account of each name in a private chat.

    A folder's name lacks the characters that disks do not take.
    """
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


def message(
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
    """Makes a message out of a row of a kind that is kept; Skipped if a part is missing.

    native: WeChat's message id.
    """
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
        local_time=moment.local,
        transcript=transcript_of(kind, content),
    )


def first_name(*names: str) -> str:
    """Returns the first of these that is a display name and not an id; "" if none is."""
    return next((name for name in map(name_of, names) if name), "")


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if head.columns >= _COLUMNS else Claim.NO


FORMAT = Format(
    "MemoTrace",
    _sniff,
    read,
    Sentence(
        "In MemoTrace, on the computer where WeChat is logged in, export a chat as CSV. Import the folder with it: "
        "the folder's name says whose chat it is.",
        "在登录了微信的电脑上打开留痕（MemoTrace），把聊天导出为 CSV，"
        "然后导入 CSV 所在的文件夹：文件夹的名字说明是和谁的聊天。",
    ),
)
