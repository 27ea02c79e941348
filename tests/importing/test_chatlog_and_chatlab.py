"""chatlog's interface and ChatLab's format, each as JSON and as its other form: the same talk comes out."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, sender_of

START = 1_728_013_320  # 11:42 in Shanghai on the 4th of October 2024


def chatlog(number: int, content: str, sender: str = "wxid_xiaohong", **more: Any) -> dict[str, Any]:
    return {
        "seq": (START + number) * 1000,
        "time": f"2024-10-04T11:42:{number:02}+08:00",
        "talker": "wxid_xiaohong",
        "talkerName": "小红",
        "isChatRoom": False,
        "sender": sender,
        "senderName": "小红" if sender == "wxid_xiaohong" else "阿明",
        "isSelf": sender == "wxid_me2024",
        "type": 1,
        "subType": 0,
        "content": content,
        **more,
    }


def test_chatlog_gives_words_and_places(desk: Desk, write: Write) -> None:
    quoted = {"refer": {"sender": "wxid_xiaohong", "time": "2024-10-04T11:42:01+08:00", "type": 1, "content": "在吗"}}
    path = write(
        [
            chatlog(1, "在吗"),
            chatlog(2, "在的\n刚醒", "wxid_me2024"),
            chatlog(3, "今晚吃饭？", "wxid_me2024", type=49, subType=57, contents=quoted),
            chatlog(4, "", type=3, contents={"md5": "abc"}),
            chatlog(5, "", type=34, contents={"voice": "123"}),
            chatlog(6, "", type=47),
            chatlog(7, "", type=49, subType=19, contents={"title": "群聊的聊天记录"}),
            chatlog(8, "小红撤回了一条消息", "系统消息", type=10000),
            chatlog(9, "[转账|发送 ￥20.00]", type=49, subType=2000),
            chatlog(10, "小红拍了拍你", type=49, subType=62),
            chatlog(11, "", type=50),
        ],
        "chatlog.json",
    )
    report = desk.take(path)
    assert (report.files[0].format, report.kept) == ("chatlog", 7)
    assert dict(report.skipped) == {"recalled": 1, "payment": 1, "service message": 1, "call": 1}
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.PRIVATE, "wxid_xiaohong", "小红")
    assert desk.said == [
        ("小红", "在吗"),
        ("阿明", "在的\n刚醒"),
        ("阿明", "今晚吃饭？"),
        ("小红", "<photo>"),
        ("小红", "<voice>"),
        ("小红", "<sticker>"),
        ("小红", "<link>"),
    ]
    assert desk.messages[1].sender == Account("wechat", "wxid_me2024")
    assert desk.messages[2].reply_to == desk.messages[0].id
    assert desk.messages[6].forwarded
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 3, 42, 1, tzinfo=UTC)
    assert desk.take(path).kept == 0


def test_chatlog_of_several_chats(desk: Desk, write: Write) -> None:
    group = {"talker": "123@chatroom", "talkerName": "一家人", "isChatRoom": True}
    desk.take(write([chatlog(1, "在吗"), chatlog(2, "开会", "wxid_wang1", **group)], "chatlog.json"))
    assert {(chat.kind.value, chat.native_id, chat.title) for chat in desk.corpus.chats()} == {
        ("private", "wxid_xiaohong", "小红"),
        ("group", "123@chatroom", "一家人"),
    }


CHATLOG_CSV = """Time,SenderName,Sender,TalkerName,Talker,Content
2024-10-04 11:42:01,小红,wxid_xiaohong,小红,wxid_xiaohong,在吗
2024-10-04 11:42:02,阿明,wxid_me2024,小红,wxid_xiaohong,"> 小红(wxid_xiaohong) 11:42:01
> 在吗
在的"
2024-10-04 11:42:03,小红,wxid_xiaohong,小红,wxid_xiaohong,![图片](http://127.0.0.1:5030/image/abc)
2024-10-04 11:42:04,小红,wxid_xiaohong,小红,wxid_xiaohong,[语音](http://127.0.0.1:5030/voice/1)
2024-10-04 11:42:05,小红,wxid_xiaohong,小红,wxid_xiaohong,[链接|十个餐厅](http://example.org)
2024-10-04 11:42:06,小红,wxid_xiaohong,小红,wxid_xiaohong,[红包]
2024-10-04 11:42:07,小红,wxid_xiaohong,小红,wxid_xiaohong,[语音通话]
2024-10-04 11:42:08,,系统消息,小红,wxid_xiaohong,小红撤回了一条消息
2024-10-04 11:42:09,小红,wxid_xiaohong,小红,wxid_xiaohong,[旺柴]
"""


def test_chatlogs_table(desk: Desk, write: Write) -> None:
    report = desk.take(write(CHATLOG_CSV, "chatlog.csv"))
    assert dict(report.skipped) == {"payment": 1, "call": 1, "recalled": 1}
    assert desk.said == [
        ("小红", "在吗"),
        ("阿明", "在的"),
        ("小红", "<photo>"),
        ("小红", "<voice>"),
        ("小红", "<link>"),
        ("小红", "[旺柴]"),
    ]
    assert (desk.chat.native_id, desk.chat.kind) == ("wxid_xiaohong", ChatKind.PRIVATE)


def test_chatlogs_table_and_its_json_are_one_chat(desk: Desk, write: Write) -> None:
    desk.take(write(CHATLOG_CSV, "chatlog.csv"))
    more = [chatlog(1, "在吗"), chatlog(2, "在的", "wxid_me2024", type=49, subType=57), chatlog(20, "走吧")]
    assert desk.take(write(more, "chatlog.json")).kept == 1


HEADER = {"chatlab": {"version": "0.0.2", "exportedAt": START}}
MEMBERS: list[dict[str, Any]] = [
    {"platformId": "123456789", "accountName": "我"},
    {"platformId": "987654321", "accountName": "小明"},
]


def chatlab(number: int, content: str | None, sender: str = "987654321", **more: Any) -> dict[str, Any]:
    return {"sender": sender, "timestamp": START + number, "type": 0, "content": content, **more}


PRIVATE = {"name": "与小明的对话", "platform": "qq", "type": "private"}
TALK = [
    chatlab(1, "在吗？", platformMessageId="m1"),
    chatlab(2, "在", "123456789", type=25, replyToMessageId="m1", platformMessageId="m2"),
    chatlab(3, "[图片]", type=1),
    chatlab(4, "[笑哭]", type=5),
    chatlab(5, "[表情包]", type=5),
    chatlab(6, "[语音] 我到楼下了", type=2),
    chatlab(7, None, type=26),
    chatlab(8, "撤回了", type=81),
    chatlab(9, "加入了群聊", type=80),
    chatlab(10, "红包", type=20),
    chatlab(11, "?", type=99),
    chatlab(12, "哪天？", "unknown", timestamp=None),
]
SAID = [
    ("小明", "在吗？"),
    ("我", "在"),
    ("小明", "<photo>"),
    ("小明", "笑哭"),
    ("小明", "<sticker>"),
    ("小明", "我到楼下了"),
    ("小明", "<link>"),
]
SKIPPED = {"recalled": 1, "service message": 1, "payment": 1, "unknown kind": 1, "no time": 1}


def as_json(meta: dict[str, Any], *messages: dict[str, Any]) -> dict[str, Any]:
    return {**HEADER, "meta": meta, "members": MEMBERS, "messages": list(messages)}


def as_lines(meta: dict[str, Any], *messages: dict[str, Any]) -> str:
    lines = [{"_type": "header", **HEADER, "meta": meta}, *({"_type": "member", **one} for one in MEMBERS)]
    lines += [{"_type": "message", **message} for message in messages]
    return "\n".join(["# a note", *(json.dumps(line, ensure_ascii=False) for line in lines)]) + "\n"


@pytest.mark.parametrize("lines", [False, True])
def test_chatlab_gives_words_and_places(desk: Desk, write: Write, lines: bool) -> None:
    content = as_lines(PRIVATE, *TALK).removeprefix("# a note\n") if lines else as_json(PRIVATE, *TALK)
    path = write(content, "chat.jsonl" if lines else "chat.json")
    report = desk.take(path)
    assert (report.files[0].format, dict(report.skipped)) == ("ChatLab", SKIPPED)
    assert desk.said == SAID
    assert (desk.chat.platform, desk.chat.kind, desk.chat.native_id) == ("qq", ChatKind.PRIVATE, "987654321")
    assert desk.chat.title == "小明"
    assert desk.messages[1].reply_to == desk.messages[0].id
    assert kind(desk.messages[5]) == "voice"
    assert desk.messages[6].forwarded
    assert desk.take(path).kept == 0


def test_chatlab_of_a_wechat_group(desk: Desk, write: Write) -> None:
    meta = {"name": "一家人", "platform": "WeChat", "type": "group", "groupId": "38988428513@chatroom"}
    desk.take(write(as_json(meta, chatlab(1, "好", "wxid_aaa11", accountName="大伯")), "chat.json"))
    assert (desk.chat.platform, desk.chat.kind) == ("wechat", ChatKind.GROUP)
    assert (desk.chat.native_id, desk.chat.title) == ("38988428513@chatroom", "一家人")
    assert [(sender_of(m), m.sender_name) for m in desk.messages] == [("wxid_aaa11", "大伯")]


def test_chatlab_may_put_its_head_last(desk: Desk, write: Write) -> None:
    export = as_json(PRIVATE, chatlab(1, "在吗？"))
    desk.take(write({key: export[key] for key in ("chatlab", "messages", "members", "meta")}, "chat.json"))
    assert desk.chat.native_id == "987654321"


def test_a_damaged_line_costs_only_itself(desk: Desk, write: Write) -> None:
    text = as_lines(PRIVATE, *(chatlab(n, f"第{n}句") for n in range(1, 20))).removeprefix("# a note\n")
    report = desk.take(write(text.replace('"第7句"', '"第7句').replace('"第9句"', "[" * 9999), "chat.jsonl"))
    assert report.kept == 17
    assert "could not be read" in report.files[0].notes[0]
    cut = desk.take(write(text[: text.index("第15句")], "cut.jsonl"))
    assert "ends in the middle" in cut.files[0].notes[0]


@pytest.mark.parametrize("platform", ["", "5", "我的", "../x", "a" * 99, None, 7])
def test_any_name_of_a_platform_does_no_harm(desk: Desk, write: Write, platform: object) -> None:
    report = desk.take(write(as_json({**PRIVATE, "platform": platform}, chatlab(1, "好")), "chat.json"))
    assert (report.kept, report.problems) == (1, [])
