"""WeChat exports, three exporters in their layouts: the same talk comes out of each."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, picture, sender_of

START = int(datetime(2024, 10, 4, 3, 42, tzinfo=UTC).timestamp())  # 11:42 in Shanghai


def arkme(*messages: dict[str, Any], **session: Any) -> dict[str, Any]:
    return {
        "weflow": {"version": "1.2", "generator": "WeFlow", "format": "arkme-json"},
        "session": {"wxid": "wxid_xiaohong", "type": "私聊", "displayName": "小红", **session},
        "senders": [
            {"senderID": 1, "wxid": "wxid_me2024", "displayName": "阿明"},
            {"senderID": 2, "wxid": "wxid_xiaohong", "displayName": "小红"},
        ],
        "messages": [
            {"localId": number, "createTime": START + number, "type": "文本消息", "isSend": 0, "senderID": 2, **message}
            for number, message in enumerate(messages, 1)
        ],
    }


def test_weflow_gives_words_and_places(desk: Desk, write: Write) -> None:
    write(picture(), "export/media/images/1.png")
    report = desk.take(
        write(
            arkme(
                {"content": "在吗", "platformMessageId": "7437267147299592543"},
                {"content": "在的[旺柴]", "isSend": 1, "senderID": 1},
                {
                    "content": "今晚吃饭？[引用 小红：在吗]",
                    "type": "引用消息",
                    "isSend": 1,
                    "senderID": 1,
                    "quotedContent": "在吗",
                    "replyToMessageId": "7437267147299592543",
                },
                {"content": "media/images/1.png", "type": "图片消息"},
                {"content": "[图片]", "type": "图片消息"},
                {"content": "[表情包：哈哈]", "type": "动画表情"},
                {"content": "[语音消息] 我到楼下了", "type": "语音消息"},
                {"content": "[链接] 十个餐厅", "type": "链接消息"},
                {"content": "[聊天记录] 群聊的聊天记录", "type": "聊天记录"},
            )
        )
    )
    assert report.kept == 9
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind) == ("wechat", "wxid_xiaohong", ChatKind.PRIVATE)
    assert desk.said[:3] == [("小红", "在吗"), ("阿明", "在的[旺柴]"), ("阿明", "今晚吃饭？")]
    first, second, third, photo, *rest = desk.messages
    assert (first.sender, second.sender) == (Account("wechat", "wxid_xiaohong"), Account("wechat", "wxid_me2024"))
    assert first.sent_at == datetime(2024, 10, 4, 3, 42, 1, tzinfo=UTC)
    assert third.reply_to == first.id
    assert (len(photo.digests), photo.text, kind(photo)) == (1, "", "")
    assert [(message.text, kind(message)) for message in rest] == [
        ("", "photo"),
        ("", "sticker"),
        ("", "voice"),
        ("", "link"),
        ("", "link"),
    ]
    assert [message.forwarded for message in rest] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": "系统消息", "content": "你已添加了小红", "isSend": None}, "service message"),
        ({"type": "系统消息", "content": "小红撤回了一条消息"}, "recalled"),
        ({"type": "文本消息", "content": "以上是打招呼的内容", "isSend": None}, "service message"),
        ({"type": "转账消息", "content": "[转账] ￥20.00"}, "payment"),
        ({"type": "通话消息", "content": "[语音通话] 05:20"}, "call"),
        ({"type": "全息消息", "content": "[未知]"}, "unknown kind"),
        ({"content": None}, "empty"),
        ({"content": "x", "createTime": None}, "no time"),
        ({"content": "x", "senderID": 9}, "no sender"),
    ],
)
def test_weflow_skips_and_counts(desk: Desk, write: Write, message: dict[str, Any], reason: str) -> None:
    report = desk.take(write(arkme(message, {"content": "好"})))
    assert (report.kept, dict(report.skipped)) == (1, {reason: 1})


def test_weflow_may_put_the_senders_last(desk: Desk, write: Write) -> None:
    export = arkme({"content": "在吗"})
    desk.take(
        write(
            {"weflow": {}, "messages": export["messages"], "senders": export["senders"], "session": export["session"]}
        )
    )
    assert desk.said == [("小红", "在吗")]
    assert desk.chat.title == "小红"


def test_echotrace_writes_the_senders_out(desk: Desk, write: Write) -> None:
    people = (("wxid_aaa11", "大伯"), ("wxid_bbb22", "表妹"), ("wxid_me2024", "我"))
    messages = [
        {
            "localId": number,
            "createTime": START + number,
            "type": "文本消息",
            "localType": 49,  # not to be trusted
            "content": f"第{number}句",
            "isSend": int(name == "我"),
            "senderUsername": wxid,
            "senderDisplayName": name,
        }
        for number, (wxid, name) in enumerate(people, 1)
    ]
    desk.take(write({"session": {"wxid": "123@chatroom", "type": "群聊", "nickname": "一家人"}, "messages": messages}))
    assert (desk.chat.kind, desk.chat.title, desk.chat.native_id) == (ChatKind.GROUP, "一家人", "123@chatroom")
    assert desk.said == [("大伯", "第1句"), ("表妹", "第2句"), ("我", "第3句")]


CHAT = """消息ID,类型,发送人,时间,内容,备注,昵称,更多信息
7437267147299592543,文本,小红,2024-10-04 11:42:01,在吗,小红,红红,more
7437267147299592544,文本,我,2024-10-04 11:42:02,"在的
刚醒",我,阿明,more
7437267147299592545,引用消息,我,2024-10-04 11:42:03,"今晚吃饭？
引用：小红: 在吗",我,阿明,more
7437267147299592546,图片,小红,2024-10-04 11:42:04,【图片】,小红,红红,more
7437267147299592547,系统消息,小红,2024-10-04 11:42:05,小红撤回了一条消息,小红,红红,more
7437267147299592548,红包,小红,2024-10-04 11:42:06,【红包】,小红,红红,more
"""
CHAT_SAID = [("小红", "在吗"), ("阿明", "在的\n刚醒"), ("阿明", "今晚吃饭？"), ("小红", "<photo>")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gbk", "gb18030", "utf-16"])
def test_memotrace_in_any_encoding_that_spreadsheets_write(desk: Desk, write: Write, encoding: str) -> None:
    report = desk.take(write(CHAT, "聊天记录/小红(wxid_xiaohong)/小红.csv", encoding))
    assert desk.said == CHAT_SAID
    assert (desk.chat.native_id, desk.chat.title) == ("wxid_xiaohong", "小红")
    assert [sender_of(message) for message in desk.messages[:2]] == ["wxid_xiaohong", "name:阿明"]
    assert dict(report.skipped) == {"recalled": 1, "payment": 1}


def test_newer_memotrace_tells_the_ids_of_senders(desk: Desk, write: Write) -> None:
    told = CHAT.replace("阿明,more", '阿明,"{""wxid"": ""wxid_me2024""}"')
    desk.take(write(told, "小红(wxid_xiaohong)/小红.csv"))
    assert [sender_of(message) for message in desk.messages[:2]] == ["wxid_xiaohong", "wxid_me2024"]


def test_whose_export_it_is_can_be_said(desk: Desk, write: Write) -> None:
    desk.take(write(CHAT, "聊天记录/小红(wxid_xiaohong)/小红.csv"), me="wxid_me2024")
    assert desk.messages[1].sender == Account("wechat", "wxid_me2024")


def test_memotrace_group(desk: Desk, write: Write) -> None:
    lines = ["消息ID,类型,发送人,时间,内容,备注,昵称,更多信息"]
    lines += [
        f"74372671472995925{n},文本,{who},2024-10-04 11:42:{n},第{n}句,,," for n, who in ((41, "大伯"), (42, "我"))
    ]
    desk.take(write("\r\n".join(lines), "一家人(123@chatroom)/一家人.csv"))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.GROUP, "123@chatroom", "一家人")
    assert [sender_of(message) for message in desk.messages] == ["name:大伯", "name:我"]


FULL = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\r\n"


def test_memotrace_with_wechats_own_columns(desk: Desk, write: Write) -> None:
    rows = [
        f"1,7,1,0,0,{START + 1},3,在吗,2024-10-04 11:42:01,小红,红红,wxid_xiaohong",
        f"2,7,1,0,1,{START + 2},2,在的,2024-10-04 11:42:02,,阿明,wxid_me2024",
        f"3,7,47,0,0,{START + 3},3,<msg><emoji/></msg>,2024-10-04 11:42:03,小红,红红,wxid_xiaohong",
        f"4,7,49,57,1,{START + 4},2,,2024-10-04 11:42:04,,阿明,wxid_me2024",
        f"5,7,10000,4,0,{START + 5},4,<revokemsg>x</revokemsg>,2024-10-04 11:42:05,,,",
        f"6,9,1,0,0,{START + 6},3,开会啦,2024-10-04 11:42:06,,老王,wxid_wang1",
        f"7,9,1,0,0,{START + 7},3,收到,2024-10-04 11:42:07,,小李,wxid_li222",
        f"8,9,1,0,1,{START + 8},2,好,2024-10-04 11:42:08,,阿明,wxid_me2024",
    ]
    report = desk.take(write(FULL + "\r\n".join(rows) + "\r\n", "messages.csv", "utf-8-sig"))
    private, group = desk.corpus.chats()
    assert (private.kind, private.native_id, private.title) == (ChatKind.PRIVATE, "wxid_xiaohong", "小红")
    assert (group.kind, group.messages, group.title) == (ChatKind.GROUP, 3, "messages")
    assert [m.text or kind(m) for m in desk.corpus.messages(private)] == ["在吗", "在的", "sticker"]
    assert [sender_of(m) for m in desk.corpus.messages(group)] == [
        "wxid_wang1",
        "wxid_li222",
        "wxid_me2024",
    ]
    assert dict(report.skipped) == {"empty": 1, "recalled": 1}


def test_memotrace_with_shifted_columns(desk: Desk, write: Write) -> None:
    """The export of all chats puts WeChat's message id where the header says Remark."""
    rows = [
        f"1,7,1,0,0,{START + 1},3,在吗,2024-10-04 11:42:01,7437267147299592543,小红,红红",
        f"2,7,1,0,1,{START + 2},2,在的,2024-10-04 11:42:02,7437267147299592544,小红,红红",
        f"1,9,1,0,0,{START + 6},3,开会啦,2024-10-04 11:42:06,7437267147299592545,,工作群,老王",
        f"2,9,1,0,1,{START + 7},3,收到,2024-10-04 11:42:07,7437267147299592546,,工作群,我",
    ]
    desk.take(write(FULL + "\r\n".join(rows), "messages.csv"))
    said = {
        (chat.title, chat.kind.value): [(m.sender_name, m.text) for m in desk.corpus.messages(chat)]
        for chat in desk.corpus.chats()
    }
    assert said == {
        ("小红", "private"): [("小红", "在吗"), ("我", "在的")],
        ("工作群", "group"): [("老王", "开会啦"), ("我", "收到")],
    }


PYWXDUMP = """id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime
1,7437267147299592543,文本,0,wxid_xiaohong,wxid_xiaohong,在吗,,2024-10-04 11:42:01
2,7437267147299592544,文本,1,我,wxid_xiaohong,在的,,2024-10-04 11:42:02
3,7437267147299592545,引用回复,1,我,wxid_xiaohong,"今晚吃饭？

[引用](2024-10-04 11:42:01)小红:在吗",,2024-10-04 11:42:03
4,7437267147299592546,图片,0,wxid_xiaohong,wxid_xiaohong,图片,FileStorage\\Image\\2024-10\\a.dat,2024-10-04 11:42:04
5,7437267147299592547,动画表情,0,wxid_xiaohong,wxid_xiaohong,表情,http://example.org/e,2024-10-04 11:42:05
6,7437267147299592548,系统通知,1,我,wxid_xiaohong,<revokemsg>你撤回了一条消息</revokemsg>,,2024-10-04 11:42:06
7,7437267147299592549,合并转发的聊天记录,1,我,wxid_xiaohong,群聊的聊天记录,,2024-10-04 11:42:07
"""


def test_pywxdump(desk: Desk, write: Write) -> None:
    report = desk.take(write(PYWXDUMP, "wxid_xiaohong_0_500.csv"))
    assert (desk.chat.native_id, desk.chat.kind) == ("wxid_xiaohong", ChatKind.PRIVATE)
    assert [text for _, text in desk.said] == ["在吗", "在的", "今晚吃饭？", "<photo>", "<sticker>", "<link>"]
    assert [sender_of(message) for message in desk.messages[:2]] == ["wxid_xiaohong", "name:我"]
    assert desk.messages[-1].forwarded
    assert (dict(report.skipped), dict(report.photos_left_out)) == ({"recalled": 1}, {"not in the export": 1})


def test_pywxdump_once_kept_text_and_source_as_json(desk: Desk, write: Write) -> None:
    content = json.dumps({"src": "", "msg": "在吗"}, ensure_ascii=False).replace('"', '""')
    desk.take(
        write(
            "id,MsgSvrID,type_name,is_sender,talker,room_name,content,CreateTime\n"
            f'1,7437267147299592543,文本,0,wxid_xiaohong,wxid_xiaohong,"{content}",2024-10-04 11:42:01\n',
            "a.csv",
        )
    )
    assert desk.said == [("", "在吗")]  # an id is no name


def test_times_without_seconds_are_local_times(desk: Desk, write: Write) -> None:
    """As a spreadsheet saves them, which also rounds the ids."""
    rows = "".join(f"{n},7437267147299590000,文本,0,wxid_xiaohong,wxid_xiaohong,{text},,2024/10/4 11:42\n"
                   for n, text in enumerate(("一", "二", "二", "三")))  # fmt: skip
    path = write(PYWXDUMP.partition("\n")[0] + "\n" + rows, "a.csv")
    assert desk.take(path).kept == 4
    assert [text for _, text in desk.said] == ["一", "二", "二", "三"]
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 3, 42, tzinfo=UTC)
    assert desk.take(path).kept == 0


def test_a_telegram_table_of_weclone(desk: Desk, write: Write) -> None:
    desk.take(
        write(
            "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime,is_forward\n"
            "1,21,text,0,Ann,Ann,hello,,2024-10-04 11:42:01,False\n"
            "2,22,text,1,Ben,Ann,a poem,,2024-10-04 11:42:02,True\n"
            "3,23,animated emoji,1,Ben,Ann,🙂,,2024-10-04 11:42:03,False\n",
            "a.csv",
        )
    )
    assert (desk.chat.platform, desk.chat.kind) == ("telegram", ChatKind.PRIVATE)
    assert desk.said == [("Ann", "hello"), ("Ben", "a poem"), ("Ben", "<sticker>")]
    assert [message.forwarded for message in desk.messages] == [False, True, False]


def test_weflows_table_has_only_names(desk: Desk, write: Write) -> None:
    rows = [
        "1,7437267147299592543,text,0,Jonathan,在吗,,2024-10-04T11:42:01.000+08:00",
        "2,7437267147299592544,text,1,Ming2024,在的,,2024-10-04T11:42:02.000+08:00",
    ]
    head = "id,MsgSvrID,type_name,is_sender,talker,msg,src,CreateTime"
    desk.take(write("\r\n".join((head, *rows)), "Jonathan.csv", "utf-8-sig"))
    assert desk.said == [("Jonathan", "在吗"), ("Ming2024", "在的")]
    assert [sender_of(message) for message in desk.messages] == ["name:Jonathan", "name:Ming2024"]
    assert desk.chat.title == "Jonathan"


def test_a_name_told_in_one_chat_serves_where_only_the_id_is(desk: Desk, write: Write) -> None:
    desk.take(write(arkme({"content": "在吗"}), "weflow.json"))
    desk.take(write(PYWXDUMP.replace("在吗", "哦"), "a.csv"))
    assert ("小红", "哦") in desk.said


def test_a_pywxdump_group(desk: Desk, write: Write) -> None:
    rows = "".join(
        f"{n},743726714729959254{n},文本,{int(who == '我')},{who},123@chatroom,第{n}句,,2024-10-04 11:42:0{n}\n"
        for n, who in enumerate(("wxid_aaa11", "我", "wxid_bbb22"), 1)
    )
    desk.take(write(PYWXDUMP.partition("\n")[0] + "\n" + rows, "a.csv"))
    assert (desk.chat.kind, desk.chat.native_id) == (ChatKind.GROUP, "123@chatroom")
    assert [sender_of(message) for message in desk.messages] == ["wxid_aaa11", "name:我", "wxid_bbb22"]


NAMED = [
    f"1,3,1,0,0,{START + 1},,吃饭了吗,2024-10-04 11:42:01,妈妈,红红,红红",
    f"2,3,1,0,1,{START + 2},,吃了,2024-10-04 11:42:02,妈妈,红红,我",
    f"3,7,1,0,0,{START + 3},,大家好,2024-10-04 11:42:03,,同学群,张三",
    f"4,7,1,0,1,{START + 4},,好,2024-10-04 11:42:04,,同学群,我",
    f"5,7,1,0,0,{START + 5},,你好,2024-10-04 11:42:05,,同学群,李四",
    f"6,11,1,0,0,{START + 6},,有人吗,2024-10-04 11:42:06,,安静群,王五",
]


def test_newer_memotrace_names_the_chat_beside_the_sender(desk: Desk, write: Write) -> None:
    """Remark and NickName are the chat's there. A group in which one person wrote is a group all the same."""
    report = desk.take(write(FULL + "\r\n".join(NAMED) + "\r\n", "messages.csv", "utf-8-sig"))
    said = {
        (chat.title, chat.kind.value, chat.native_id): [
            (m.sender_name, sender_of(m), m.text) for m in desk.corpus.messages(chat)
        ]
        for chat in desk.corpus.chats()
    }
    assert said == {
        ("妈妈", "private", "name:妈妈"): [("红红", "name:妈妈", "吃饭了吗"), ("我", "name:我", "吃了")],
        ("同学群", "group", "name:同学群"): [
            ("张三", "name:张三", "大家好"),
            ("我", "name:我", "好"),
            ("李四", "name:李四", "你好"),
        ],
        ("安静群", "group", "name:安静群"): [("王五", "name:王五", "有人吗")],
    }
    assert "with --me ID" in report.files[0].notes[0]


def test_the_folders_id_tells_a_group_in_which_one_person_wrote(desk: Desk, write: Write) -> None:
    desk.take(write(FULL + NAMED[5] + "\r\n", "安静群(123@chatroom)/安静群.csv"))
    assert (desk.chat.kind, desk.chat.native_id) == (ChatKind.GROUP, "123@chatroom")


def test_a_table_that_does_not_say_who_wrote_is_refused(desk: Desk, write: Write) -> None:
    table = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime\n" + "".join(
        f"{n},1,1,0,{n % 2},{START + n},,第{n}句,2024-10-04 11:42:0{n}\n" for n in range(1, 5)
    )
    for name in ("同学群/同学群_utf8.csv", "同学群(1@chatroom)/同学群.csv"):
        (problem,) = desk.take(write(table, name)).problems
        assert "does not say who sent each message" in problem
        assert "name(wxid)" in problem
    assert desk.take(write(table, "小红(wxid_xiaohong)/小红.csv")).kept == 4
    assert {sender_of(message) for message in desk.messages} == {"wxid_xiaohong", "name:我"}


def test_two_owners_who_are_both_called_me_are_told_apart(desk: Desk, write: Write) -> None:
    desk.take(write(CHAT, "小红(wxid_xiaohong)/小红.csv"))
    mother = CHAT.replace("小红", "老李").replace("红红", "老李").replace("阿明", "桂英").replace("74372", "84372")
    report = desk.take(write(mother, "老李(wxid_li001)/老李.csv"))
    assert report.kept == 4
    assert {sender.account.id for sender in desk.corpus.senders()} == {
        "wxid_xiaohong", "name:阿明", "wxid_li001", "name:桂英"
    }  # fmt: skip
    assert report.files[0].notes == ()


def test_a_contacts_name_is_never_taken_for_the_owners(desk: Desk, write: Write) -> None:
    """Some versions write the chat's names into every row."""
    report = desk.take(write(CHAT.replace("我,阿明", "小红,红红"), "小红(wxid_xiaohong)/小红.csv"))
    assert [sender_of(message) for message in desk.messages[:2]] == ["wxid_xiaohong", "name:我"]
    assert "with --me ID" in report.files[0].notes[0]


def test_a_contact_who_never_answered_lends_no_name_to_the_owner(desk: Desk, write: Write) -> None:
    rows = CHAT.splitlines()
    mine = [rows[0], "7437267147299592544,文本,我,2024-10-04 11:42:02,在吗,小红,红红,more"]
    desk.take(write("\n".join(mine) + "\n", "小红(wxid_xiaohong)/小红.csv"))
    assert [sender_of(message) for message in desk.messages] == ["name:我"]
    assert desk.chat.native_id == "wxid_xiaohong"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("你已添加了小红，现在可以开始聊天了。", "service message"),
        ('"小红" 撤回了一条消息', "recalled"),
        ("[转账] ￥100.00", "payment"),
        ("[红包] 恭喜发财", "payment"),
        ("[语音通话] 02:30", "call"),
        ("[视频通话] 已取消", "call"),
        ("[链接] 十个餐厅", "<link>"),
        ("[聊天记录] 群聊的聊天记录", "<link>"),
        ("[图片]", "<photo>"),
        ("[语音消息] 我到楼下了", "我到楼下了"),
        ("[旺柴]", "[旺柴]"),
        ("[笑脸] 好的", "[笑脸] 好的"),
        ("[链接]里有", "[链接]里有"),
        ("他撤回了一条消息，你看到了吗", "他撤回了一条消息，你看到了吗"),
        ("昨天转账了吗", "昨天转账了吗"),
        ("他拍了拍我的肩膀", "他拍了拍我的肩膀"),
        ("小红撤回了一条消息", "小红撤回了一条消息"),
        ("他邀请我们加入了群聊", "他邀请我们加入了群聊"),
        ('"小红" 拍了拍我', "service message"),
        ('我拍了拍 "小红"', "service message"),
        ("你撤回了一条消息", "recalled"),
        ('"小红"邀请"老王"加入了群聊', "service message"),
    ],
)
def test_weflows_table_tells_service_lines_only_by_their_words(desk: Desk, write: Write, line: str, said: str) -> None:
    head = "id,MsgSvrID,type_name,is_sender,talker,msg,src,CreateTime"
    quoted = line.replace('"', '""')
    rows = [
        f'1,7437267147299592543,text,0,小红,"{quoted}",,2024-10-04T03:42:01.000Z',
        "2,7437267147299592544,text,1,阿明,在的,,2024-10-04T03:42:02.000Z",
    ]
    report = desk.take(write("\r\n".join((head, *rows)), "小红.csv", "utf-8-sig"))
    found = [text for _, text in desk.said[:-1]] or list(report.skipped)
    assert found == [said]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[语音消息] 我到楼下了", "我到楼下了"),
        ("今天晚上回家吃饭吗", "今天晚上回家吃饭吗"),
        ("[语音]", ""),
        ("[语音 12秒]", ""),
        ("media/voices/12.mp3", ""),
        ("<msg><voicemsg/></msg>", ""),
        (None, ""),
    ],
)
def test_what_a_voice_message_said_is_kept_by_weflow(desk: Desk, write: Write, content: str, words: str) -> None:
    desk.take(write(arkme({"content": content, "type": "语音消息"})))
    (message,) = desk.messages
    assert (message.text, kind(message), message.attachments[0].words) == ("", "voice", words)


def test_what_a_voice_message_said_is_kept_by_the_tables(desk: Desk, write: Write) -> None:
    voice = '9,7437267147299592999,语音,0,wxid_xiaohong,wxid_xiaohong,"语音时长：2.00秒\n翻译结果：我马上到",a.wav,'
    silent = "10,7437267147299593000,语音,0,wxid_xiaohong,wxid_xiaohong,语音时长：3.00秒,b.wav,"
    desk.take(write(f"{PYWXDUMP}{voice}2024-10-04 11:43:01\n{silent}2024-10-04 11:43:02\n", "a.csv"))
    assert [message.attachments[0].words for message in desk.messages[-2:]] == ["我马上到", ""]
    row = "7437267147299593001,语音,小红,2024-10-04 11:44:01,【语音】你好呀,小红,红红,more\n"
    desk.take(write(CHAT + row, "小红(wxid_xiaohong)/小红.csv"))
    assert desk.said[-1] == ("小红", "你好呀")
