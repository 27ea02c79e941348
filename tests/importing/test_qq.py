"""QQ: the exporter's JSON and chunks, and the text that QQ itself writes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import picture, sender_of

START_MS = 1_728_013_320_000  # 11:42 in Shanghai on the 4th of October 2024
ANN = {"uid": "u_ann", "uin": "22222", "name": "小安"}
ME = {"uid": "u_me", "uin": "11111", "name": "阿明"}
INFO = {"name": "小安", "type": "private", "selfUid": "u_me", "selfUin": "11111"}


def part(type_: str, **data: Any) -> dict[str, Any]:
    return {"type": type_, "data": data}


def message(number: int, *parts: dict[str, Any], sender: dict[str, str] = ANN, **more: Any) -> dict[str, Any]:
    text = "".join(one["data"].get("text", "") for one in parts)
    return {
        "id": f"75{number:015}",
        "seq": str(number),
        "timestamp": START_MS + number * 1000,
        "sender": sender,
        "type": "type_1",
        "content": {"text": text, "html": "", "elements": list(parts), "resources": []},
        "recalled": False,
        "system": False,
        **more,
    }


def export(*messages: dict[str, Any], **info: Any) -> dict[str, Any]:
    return {"metadata": {"name": "QQChatExporter V5"}, "chatInfo": {**INFO, **info}, "messages": list(messages)}


def test_a_private_chat_comes_through_as_it_was_said(desk: Desk, write: Write) -> None:
    write(picture(), "qq/images/cat.png")
    report = desk.take(
        write(
            export(
                message(1, part("text", text="在吗 "), part("face", id="178", name="[微笑]")),
                message(2, part("reply", messageId="0", referencedMessageId=f"75{1:015}", content="在吗"),
                        part("text", text="在的"), sender=ME),
                message(3, part("image", filename="cat.png", localPath="images/cat.png")),
                message(4, part("market_face", name="[doge]")),
                message(5, part("audio", filename="v.silk", duration=5)),
                message(6, part("forward", title="转发消息")),
                message(7, part("at", uid="u_me", name="阿明"), part("text", text=" 来")),
                message(8, part("text", text="说错了"), recalled=True),
                message(9, part("system", text="小安撤回了一条消息"), system=True),
                message(10, part("hologram")),
                message(11),
            ),
            "qq/chat.json",
        )
    )  # fmt: skip
    assert (report.files[0].format, report.kept, report.photos) == ("QQ Chat Exporter", 7, 1)
    assert dict(report.skipped) == {"recalled": 1, "service message": 1, "unknown kind": 1, "empty": 1}
    assert desk.said == [
        ("小安", "在吗 [微笑]"),
        ("阿明", "在的"),
        ("小安", "<photo>"),
        ("小安", "doge"),
        ("小安", "<voice>"),
        ("小安", "<link>"),
        ("小安", "@阿明 来"),
    ]
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.PRIVATE, "22222", "小安")
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 3, 42, 1, tzinfo=UTC)
    assert desk.messages[1].sender == Account("qq", "11111")
    assert desk.messages[1].reply_to == desk.messages[0].id
    assert desk.messages[5].forwarded


def test_the_chunks_of_a_group_are_one_chat(desk: Desk, write: Write, tmp_path: Path) -> None:
    """A chunk alone does not tell that it is a group: the manifest above it does."""
    manifest = {"metadata": {}, "chatInfo": {**INFO, "name": "老同学", "type": "group"}, "chunked": {"chunks": []}}
    write(manifest, "group/manifest.json")
    for chunk, messages in enumerate(
        ([message(1, part("text", text="早")), message(2, part("text", text="早啊"), sender=ME)],
         [message(3, part("text", text="吃了吗"))]), 1,
    ):  # fmt: skip
        lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in messages) + "\n"
        write(lines, f"group/chunks/chunk_{chunk:04}.jsonl")
    report = desk.take(tmp_path / "group")
    assert (report.kept, report.problems, report.other_files) == (3, [], 1)
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, "老同学")
    assert [text for _, text in desk.said] == ["早", "早啊", "吃了吗"]
    assert desk.take(tmp_path / "group").kept == 0


def test_an_export_without_parts_keeps_its_text(desk: Desk, write: Write) -> None:
    bare = message(1, content={"text": "[回复 阿明: 在吗] 在的"})
    desk.take(write(export(bare), "chat.json"))
    assert desk.said == [("小安", "在的")]


def test_the_owner_may_be_told_by_the_other_id(desk: Desk, write: Write) -> None:
    only = export(message(1, part("text", text="你好"), sender=ME), message(2, part("text", text="好")))
    only["chatInfo"] = {"name": "备注", "type": "friend", "selfUid": "u_me"}
    desk.take(write(only, "chat.json"))
    assert (desk.chat.native_id, desk.chat.title) == ("22222", "备注")


MD5 = "0123456789abcdef0123456789ABCDEF_"


@pytest.mark.parametrize(
    ("told", "file"),
    [
        ({"filename": "v.amr", "localPath": "audios/v.amr"}, "qq/resources/audios/v.amr"),
        ({"filename": "v.amr", "localPath": f"{MD5}v.amr"}, f"qq/resources/audios/{MD5}v.amr"),
        ({"filename": "v.amr", "url": "resources/audios/v.amr"}, "qq/resources/audios/v.amr"),
        ({"filename": "v.amr"}, f"qq/resources/audios/{MD5}v.silk"),
        ({"filename": "v.amr"}, "qq/resources/audios/v.wav"),
        ({"filename": "v.amr", "localPath": "sounds\\v.amr"}, "qq/sounds/v.amr"),
    ],
)
def test_a_voice_message_is_found_however_its_file_is_called(
    desk: Desk, write: Write, told: dict[str, str], file: str
) -> None:
    write(b"#!SILK_V3", file)
    report = desk.take(write(export(message(1, part("audio", duration=5, **told))), "qq/chat.json"))
    assert (report.sounds, desk.messages[0].attachments[0].seconds) == (1, 5)


def test_files_lie_above_the_chunks(desk: Desk, write: Write, tmp_path: Path) -> None:
    write({"metadata": {}, "chatInfo": INFO}, "qq/manifest.json")
    write(picture(), "qq/resources/images/cat.png")
    write(b"#!SILK_V3", "qq/resources/audios/v.silk")
    told = message(1, part("image", filename="cat.png")), message(2, part("audio", filename="v.silk"))
    write("\n".join(json.dumps(one) for one in told) + "\n", "qq/chunks/chunk_0001.jsonl")
    report = desk.take(tmp_path / "qq")
    assert (report.photos, report.sounds) == (1, 1)


def test_of_two_files_that_may_be_meant_neither_is_taken(desk: Desk, write: Write) -> None:
    for first in "01":
        write(picture(), f"qq/resources/images/{first}{MD5[1:]}a.png")
    report = desk.take(write(export(message(1, part("image", filename="a.png"))), "qq/chat.json"))
    assert (report.photos, dict(report.photos_left_out)) == (0, {"not in the export": 1})


def test_a_file_outside_of_the_export_is_not_read(desk: Desk, write: Write) -> None:
    write(b"#!SILK_V3", "secret.silk")
    report = desk.take(write(export(message(1, part("audio", localPath="../secret.silk"))), "qq/chat.json"))
    assert (report.sounds, dict(report.playing_left_out)) == (0, {"outside of the export's folder": 1})


ODD: list[dict[str, Any]] = [
    {"sender": None},
    {"sender": []},
    {"content": 7},
    {"content": {"elements": [1, {}]}},
    {"content": {"elements": [part("text", text=[1])]}},
    {"timestamp": "soon"},
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_never_stop_an_import(desk: Desk, write: Write, odd: dict[str, Any]) -> None:
    report = desk.take(
        write(export({**message(1, part("text", text="x")), **odd}, message(2, part("text", text="好"))))
    )
    assert (report.read, report.problems) == (2, [])
    assert desk.said[-1] == ("小安", "好")


TEXT = """消息记录（此消息记录为文本格式，不支持重新导入）

================================================================
消息分组:我的好友
================================================================
消息对象:小安
================================================================

2014-10-04 11:42:01 小安
在吗

2014-10-04 11:42:02 阿明
在的
刚醒

2014-10-04 9:42:03 小安
[图片]

================================================================
消息分组:我的群
================================================================
消息对象:老同学
================================================================

2014-10-04 12:00:01 【管理员】小安(22222)
开会啦

2014-10-04 12:00:02 阿明(11111)
收到

2014-10-04 12:00:03 小北<bei@example.org>
好的 2014-10-04 这天

2014-10-04 12:00:04 系统消息(10000)
小安撤回了一条消息

2014-10-04 12:00:05 系统消息(1000000)
小东加入了群。

2014-10-04 12:00:06 小安(22222)
[QQ红包]我发了一个“口令红包”
"""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gbk", "utf-16"])
def test_qqs_own_text(desk: Desk, write: Write, encoding: str) -> None:
    path = write(TEXT.replace("\n", "\r\n"), "全部消息记录.txt", encoding)
    report = desk.take(path)
    assert dict(report.skipped) == {"recalled": 1, "service message": 1, "payment": 1}
    private, group = sorted(desk.corpus.chats(), key=lambda chat: chat.kind.value, reverse=True)
    assert (private.kind, private.title, private.native_id) == (ChatKind.PRIVATE, "小安", "name:小安")
    assert [m.text for m in desk.corpus.messages(private)] == ["", "在吗", "在的\n刚醒"]
    assert (group.kind, group.title) == (ChatKind.GROUP, "老同学")
    assert [(sender_of(m), m.sender_name, m.text) for m in desk.corpus.messages(group)] == [
        ("22222", "小安", "开会啦"),
        ("11111", "阿明", "收到"),
        ("bei@example.org", "小北", "好的 2014-10-04 这天"),
    ]
    assert desk.take(path).kept == 0
