"""WeFlow's workbook: the chat on top, then a row a message; in full, narrow, and as it writes long chats."""

import io
import zipfile
from collections.abc import Sequence

import pytest
from openpyxl import Workbook

from bot.message import ChatKind
from tests.importing.conftest import Desk, Write
from tests.importing.test_wechat import arkme
from tests.importing.test_zips import zipped
from tests.support import kind, picture, sender_of

FULL = ("序号", "时间", "发送者昵称", "发送者微信ID", "发送者备注", "发送者身份", "消息类型", "内容")
GROUP = (*FULL[:5], "群昵称", *FULL[5:])
NARROW = ("序号", "时间", "发送者身份", "消息类型", "内容")
SESSION = ("微信ID", "wxid_xiaohong", "", "昵称", "红红")
HERS, MINE = ("红红", "wxid_xiaohong", "小红", "小红"), ("阿明", "wxid_me2024", "", "我")


def workbook(*rows: Sequence[object], header: Sequence[str] = FULL, session: Sequence[str] = SESSION) -> bytes:
    """A workbook as WeFlow writes it. Row `n` stands n seconds after 11:42."""
    book = Workbook()
    sheet = book.active
    sheet.title = "聊天记录"
    for line in (("会话信息",), session, ("导出工具", "WeFlow", "导出版本", "1.0", "平台", "wechat"), header):
        sheet.append([cell or None for cell in line])
    for number, row in enumerate(rows, 1):
        sheet.append([number, f"2024-10-04 11:42:{number:02}", *row])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def long_chat(packed: bytes) -> bytes:
    """The same workbook with its files in the order in which WeFlow writes long chats: the sheet first."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = sorted(archive.namelist(), key=lambda name: (not name.startswith("xl/worksheets/"), name[0] == "["))
        return zipped(*((name, archive.read(name)) for name in names))


def test_a_talk_of_two(desk: Desk, write: Write) -> None:
    write(picture(), "export/media/images/1.png")
    rows = (
        (*HERS, "文本消息", "在吗"),
        (*MINE, "文本消息", "在的[旺柴]"),
        (*MINE, "引用消息", "今晚吃饭？[引用 小红：在吗]"),
        (*HERS, "图片消息", "media/images/1.png"),
        (*HERS, "动画表情", "[表情包：哈哈]"),
        (*HERS, "语音消息", "[语音转文字] 我到楼下了"),
        (*HERS, "系统消息", "“小红”撤回了一条消息"),
        (*MINE, "转账消息", "[转账] ￥20.00"),
    )
    path = write(workbook(*rows), "export/小红.xlsx")
    report = desk.take(path.parent)
    assert [file.format for file in report.files] == ["WeFlow (workbook)"]
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == ("wxid_xiaohong", ChatKind.PRIVATE, "红红")
    assert desk.said[:3] == [("小红", "在吗"), ("阿明", "在的[旺柴]"), ("阿明", "今晚吃饭？")]
    assert [sender_of(message) for message in desk.messages[:2]] == ["wxid_xiaohong", "wxid_me2024"]
    assert [(len(one.digests), kind(one)) for one in desk.messages[3:]] == [(1, ""), (0, "sticker"), (0, "voice")]
    assert desk.messages[5].attachments[0].words == "我到楼下了"
    assert dict(report.skipped) == {"recalled": 1, "payment": 1}
    assert desk.take(path).kept == 0


def test_the_json_of_the_same_chat_adds_nothing(desk: Desk, write: Write) -> None:
    desk.take(write(arkme({"content": "在吗"}, {"content": "在", "isSend": 1, "senderID": 1}), "x.json"))
    report = desk.take(write(workbook((*HERS, "文本消息", "在吗"), (*MINE, "文本消息", "在")), "x.xlsx"))
    assert (report.read, report.kept) == (2, 0)


def test_a_group_is_known_by_its_id_and_its_people_by_theirs(desk: Desk, write: Write) -> None:
    rows = (
        ("红红", "wxid_xiaohong", "小红", "班长", "班长", "文本消息", "大家好"),
        ("阿明", "wxid_me2024", "", "", "阿明", "文本消息", "好"),
    )
    session = ("微信ID", "123@chatroom", "", "昵称", "同学群", "备注", "")
    desk.take(write(workbook(*rows, header=GROUP, session=session), "g.xlsx"))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.GROUP, "123@chatroom", "同学群")
    assert desk.said == [("班长", "大家好"), ("阿明", "好")]
    assert [sender_of(message) for message in desk.messages] == ["wxid_xiaohong", "wxid_me2024"]


def test_a_narrow_table_knows_the_owner_as_me(desk: Desk, write: Write) -> None:
    packed = workbook(("小红", "文本消息", "在吗"), ("我", "文本消息", "在"), header=NARROW)
    desk.take(write(packed, "x.xlsx"), me="wxid_me2024")
    assert [sender_of(message) for message in desk.messages] == ["wxid_xiaohong", "wxid_me2024"]
    assert desk.said == [("红红", "在吗"), ("", "在")]


def test_a_long_chat_is_known_though_its_sheet_stands_first(desk: Desk, write: Write) -> None:
    packed = long_chat(workbook((*HERS, "文本消息", "在吗")))
    assert desk.take(write(packed, "x.xlsx")).kept == 1


def test_a_workbook_of_something_else_is_refused_with_what_to_do(desk: Desk, write: Write) -> None:
    report = desk.take(write(workbook(("x",), header=("a", "b")), "costs.xlsx"))
    assert "Export the chat as CSV instead" in report.problems[0]


@pytest.mark.parametrize("share", [50, 90, 99])
def test_a_damaged_workbook_is_said(desk: Desk, write: Write, share: int) -> None:
    packed = workbook(*((*HERS, "文本消息", f"第{n}句") for n in range(1, 50)))
    (problem,) = desk.take(write(packed[: len(packed) * share // 100], "x.xlsx")).problems
    assert "office program" in problem
    damaged = bytearray(packed)
    damaged[len(packed) // 3 : len(packed) // 3 + 40] = bytes(40)
    report = desk.take(write(bytes(damaged), "y.xlsx"))
    assert not any("mistake in Echoes" in one for one in report.problems)
    assert report.read == report.kept + report.skipped.total()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((*HERS, "文本消息", ""), "empty"),
        ((*HERS, "", "x"), "damaged row"),
        (("", "", "", "", "文本消息", "x"), "no sender"),
        ((*HERS, "将来的类型", "x"), "unknown kind"),
    ],
)
def test_the_rest_is_counted_by_reason(desk: Desk, write: Write, row: Sequence[str], reason: str) -> None:
    report = desk.take(write(workbook((*HERS, "文本消息", "在吗"), row), "x.xlsx"))
    assert (report.kept, dict(report.skipped), report.problems) == (1, {reason: 1}, [])
