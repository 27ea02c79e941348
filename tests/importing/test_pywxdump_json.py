"""PyWxDump's JSON: the rows of its table as objects, and users.json beside them with what people are called."""

from pathlib import Path
from typing import Any

from bot.message import ChatKind
from tests.importing.conftest import Desk, Write
from tests.importing.test_wechat import PYWXDUMP
from tests.support import kind, sender_of

USERS = {
    "wxid_xiaohong": {
        "wxid": "wxid_xiaohong",
        "nickname": "红红",
        "remark": "小红",
        "account": "hh",
        "LabelIDList": [],
    },
    "wxid_bbb22": {"wxid": "wxid_bbb22", "nickname": "老王", "remark": "", "account": None},
    "123@chatroom": {"wxid": "123@chatroom", "nickname": "同学群", "remark": ""},
    "odd": "nobody",
}


def row(number: int, msg: object, *, mine: bool = False, **more: Any) -> dict[str, Any]:
    """The row `number`, that many seconds after 11:42, as Xiaohong's unless it is the owner's."""
    return {
        "id": number,
        "MsgSvrID": f"743726714729959254{number}",
        "type_name": "文本",
        "is_sender": int(mine),
        "talker": "我" if mine else "wxid_xiaohong",
        "room_name": "wxid_xiaohong",
        "msg": msg,
        "src": "",
        "extra": {},
        "CreateTime": f"2024-10-04 11:42:0{number}",
        **more,
    }


def test_a_talk_of_two(desk: Desk, write: Write) -> None:
    write(USERS, "wxid_xiaohong/users.json")
    rows = (
        row(1, "在吗"),
        row(2, "在的", mine=True),
        row(3, "今晚吃饭？\n\n[引用](2024-10-04 11:42:01)小红:在吗", mine=True, type_name="引用回复"),
        row(4, "图片", type_name="图片", src="FileStorage/Image/2024-10/a.dat"),
        row(5, "表情", type_name="动画表情", src="http://example.org/e"),
        row(6, "<revokemsg>你撤回了一条消息</revokemsg>", type_name="系统通知"),
        row(7, "群聊的聊天记录", type_name="合并转发的聊天记录", src={"recordinfo": {}}),
        row(8, None),
    )
    folder = write(list(rows), "wxid_xiaohong/wxid_xiaohong_0_9.json").parent
    report = desk.take(folder)
    assert [file.format for file in report.files] == ["PyWxDump / WeClone"]
    assert (report.other_files, report.problems) == (1, [])
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == ("wxid_xiaohong", ChatKind.PRIVATE, "小红")
    assert desk.said[:3] == [("小红", "在吗"), ("我", "在的"), ("我", "今晚吃饭？")]
    assert [kind(message) for message in desk.messages[3:]] == ["photo", "sticker", "link"]
    assert (dict(report.skipped), dict(report.photos_left_out)) == (
        {"recalled": 1, "empty": 1},
        {"not in the export": 1},
    )


def test_the_table_of_the_same_chat_adds_nothing(desk: Desk, write: Write) -> None:
    desk.take(write([row(3, "在吗"), row(4, "在的", mine=True)], "a/wxid_xiaohong_0_9.json"))
    same = (
        PYWXDUMP.partition("\n")[0]
        + "\n3,7437267147299592543,文本,0,wxid_xiaohong,wxid_xiaohong,在吗,,2024-10-04 11:42:03\n"
    )
    assert desk.take(write(same, "b/wxid_xiaohong_0_9.csv")).kept == 0


def test_a_group_and_its_people_have_their_names(desk: Desk, write: Write) -> None:
    rows = [
        row(1, "大家好", talker="wxid_xiaohong", room_name="123@chatroom"),
        row(2, "好", talker="wxid_me2024", room_name="123@chatroom", mine=True),  # newer ones write the owner's id
        row(3, "你好", talker="wxid_bbb22", room_name="123@chatroom"),
    ]
    write(USERS, "g/users.json")
    desk.take(write(rows, "g/123@chatroom_0_9.json"))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.GROUP, "123@chatroom", "同学群")
    assert desk.said == [("小红", "大家好"), ("", "好"), ("老王", "你好")]
    assert [sender_of(message) for message in desk.messages] == ["wxid_xiaohong", "wxid_me2024", "wxid_bbb22"]


def test_it_is_read_without_users_and_cut_off(desk: Desk, write: Write, tmp_path: Path) -> None:
    path = write([row(n, f"第{n}句") for n in range(1, 9)], "wxid_xiaohong_0_9.json")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.7)])
    report = desk.take(path)
    assert report.kept == 5
    assert "ends in the middle" in report.files[0].notes[0]
    assert desk.said[0] == ("", "第1句")


def test_text_and_source_may_lie_in_one_object(desk: Desk, write: Write) -> None:
    old = {**row(1, None), "content": {"src": "", "msg": "在吗"}}
    del old["msg"], old["src"]
    desk.take(write([old], "a.json"))
    assert [text for _, text in desk.said] == ["在吗"]
