"""WeFlow and EchoTrace (WeChat): a workbook with one chat, who it is with on top, then a row a message."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.message import Account, ChatKind
from training.data.importers.base import (
    DAMAGED_ROW,
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
    clean,
    clean_name,
    read_time,
)
from training.data.importers.wechat import (
    ME,
    PLATFORM,
    account_of,
    is_group_id,
    kind_of,
    message_of,
    name_of,
    reason_of,
)
from training.data.importers.workbook import rows_of

_KEY = "chat"
_ID, _NICKNAME, _REMARK = "微信ID", "昵称", "备注"
_NUMBER, _TIME, _ROLE, _TYPE, _CONTENT = "序号", "时间", "发送者身份", "消息类型", "内容"
_SENDER_ID, _SENDER_NAMES = "发送者微信ID", ("群昵称", "发送者备注", "发送者昵称")
_HEADER = frozenset((_NUMBER, _TIME, _ROLE, _TYPE, _CONTENT))


@dataclass(slots=True)
class _Sheet:
    """What is known of the chat so far. about: what stands above the messages, by its label."""

    source: Source
    about: dict[str, str] = field(default_factory=dict)
    owner: Account | None = None
    messages: int = 0

    @property
    def session(self) -> str:
        return clean_name(self.about.get(_ID)) or f"name:{clean_name(self.source.path.stem) or '?'}"

    @property
    def title(self) -> str:
        return name_of(self.about.get(_REMARK, "")) or name_of(self.about.get(_NICKNAME, ""))

    @property
    def group(self) -> bool:
        return is_group_id(self.session)


def read(source: Source) -> Iterator[Event]:
    """Yields the chat's events. Raises DataError for a damaged workbook."""
    sheet = _Sheet(source)
    header: dict[str, int] = {}
    for row in rows_of(source.path):
        if header:
            if any(row):
                sheet.messages += 1
                yield _message({name: row[at] for name, at in header.items() if at < len(row)}, sheet)
        elif set(row) >= _HEADER:
            header = {name: at for at, name in enumerate(row) if name}
        else:
            sheet.about |= _labelled(row)
    source.progress(source.path.stat().st_size)
    if sheet.messages:
        yield _chat(sheet)


def _labelled(row: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yields what stands behind each label, which may be in the next cell or the one after it."""
    for label in (_ID, _NICKNAME, _REMARK):
        if label in row:
            at = row.index(label) + 1
            yield label, next(filter(None, row[at : at + 2]), "")


def _message(row: dict[str, str], sheet: _Sheet) -> ReadMessage | Skipped:
    type_name, content = row.get(_TYPE, ""), clean(row.get(_CONTENT))
    if not type_name:
        return Skipped(_KEY, DAMAGED_ROW)
    kind = kind_of(type_name)
    if kind is None:
        return Skipped(_KEY, reason_of(type_name, content))
    moment = read_time(row.get(_TIME), sheet.source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    sender, name = _sender(row, sheet)
    if sender is None:
        return Skipped(_KEY, NO_SENDER)
    return message_of(_KEY, kind, content, (sender, name), moment, sheet.messages)


def _sender(row: dict[str, str], sheet: _Sheet) -> tuple[Account | None, str]:
    """Returns who wrote. A narrow table tells nobody's id, and of a private chat only which messages are the owner's.

    The other person of a private chat is known by what stands above the messages.
    """
    role, native = clean_name(row.get(_ROLE)), clean_name(row.get(_SENDER_ID))
    name = next((found for column in _SENDER_NAMES if (found := name_of(row.get(column, "")))), "")
    if sheet.group:
        return (account_of(native or role), name or name_of(role)) if native or role else (None, "")
    if role == ME:
        sheet.owner = Account(PLATFORM, sheet.source.me) if sheet.source.me else account_of(native or ME)
        return sheet.owner, name
    return (account_of(sheet.session), name or sheet.title) if native or role else (None, "")


def _chat(sheet: _Sheet) -> ReadChat:
    if sheet.group:
        return ReadChat(_KEY, PLATFORM, sheet.session, ChatKind.GROUP, sheet.title)
    owner = sheet.owner.id if sheet.owner else None
    return ReadChat(_KEY, PLATFORM, account_of(sheet.session).id, ChatKind.PRIVATE, sheet.title, owner)


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if head.columns >= _HEADER else Claim.NO


FORMAT = Format(
    "WeFlow (workbook)",
    _sniff,
    read,
    Sentence(
        "In WeFlow, on the computer where WeChat is logged in, choose the chats and export them as Excel with all "
        "columns. JSON tells more, such as which message is answered.",
        "在登录了微信的电脑上打开 WeFlow，选好聊天，导出为 Excel（完整列）。JSON 含的信息更多，例如回复的是哪一条。",
    ),
)
