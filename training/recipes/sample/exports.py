# SPDX-License-Identifier: Apache-2.0
"""Writes the Chinese sample subject's talks as the export files that people have; the same bytes each time.

Run `python -m training.recipes.sample.exports`, and then `python -m training.recipes.sample.draw` for the photos.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from training.recipes.sample.draw import SAMPLE
from training.recipes.sample.talks import Line, Person, Talk, talks

EXPORTS = "zh/exports"

_WEFLOW = {
    "text": "文本消息", "图": "图片消息", "语音": "语音消息", "表情": "动画表情", "红包": "红包消息",
    "转账": "转账消息", "通话": "通话消息", "链接": "链接消息", "位置": "位置消息", "文件": "文件消息",
    "系统": "系统消息",
}  # fmt: skip
_TABLE = {kind: name.removesuffix("消息") for kind, name in _WEFLOW.items()} | {"系统": "系统消息"}
_CODES = {
    "text": (1, 0), "图": (3, 0), "语音": (34, 0), "表情": (47, 0), "位置": (48, 0), "链接": (49, 5), "文件": (49, 6),
    "红包": (49, 2001), "转账": (49, 2000), "通话": (50, 0), "系统": (10000, 0),
}  # fmt: skip
_CHATLAB = {
    "text": 0, "图": 1, "语音": 2, "文件": 4, "表情": 5, "链接": 7, "位置": 8, "红包": 20, "转账": 21,
    "通话": 23, "系统": 80,
}  # fmt: skip


def files() -> dict[str, str]:
    """Every export file by its path below `zh/exports`."""
    return {talk.file: _WRITERS[talk.format](talk) for talk in talks()}


def pictures() -> list[str]:
    """The lines of `pictures.tsv` for the photos in them, in the order of time."""
    sent = sorted(
        (line.at, f"{EXPORTS}/{Path(talk.file).parent.as_posix()}/{photo(talk, line)}\t{line.about}")
        for talk in talks()
        for line in talk.lines
        if line.kind == "图"
    )
    return [row for _, row in sent]


def photo(talk: Talk, line: Line) -> str:
    """Where a photo lies, beside its export file; named as that exporter names them."""
    place = sum(one.kind == "图" for one in talk.lines[: line.number])
    if talk.format == "telegram":
        return f"photos/photo_{place}@{line.at:%d-%m-%Y_%H-%M-%S}.png"
    folder = "media/images" if talk.format in ("weflow", "pywxdump") else "images"
    return f"{folder}/{place}_{_digest(talk, line)[:8]}.png"


def _digest(talk: Talk, line: Line) -> str:
    return hashlib.sha256(f"{talk.file} {line.number}".encode()).hexdigest()


def _server_id(talk: Talk, line: Line) -> str:
    """A number of nineteen digits, as WeChat's own."""
    return str(7 * 10**18 + int(_digest(talk, line), 16) % (3 * 10**16) * 10 + 7)


def _answered(talk: Talk, line: Line) -> Line | None:
    return talk.lines[line.answers - 1] if line.answers else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _table(head: str, rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([head.split(","), *rows])
    return written.getvalue()


def _weflow(talk: Talk) -> str:
    numbers = {key: number for number, key in enumerate(talk.people, 1)}

    def message(line: Line) -> dict[str, Any]:
        quoted = _answered(talk, line)
        content = {
            "text": f"{line.text}[引用 {talk.people[quoted.who].name}：{quoted.text}]" if quoted else line.text,
            "图": photo(talk, line) if line.kind == "图" else "",
            "语音": f"[语音消息] {line.text}",
            "系统": line.text,
        }.get(line.kind, f"[{line.kind}] {line.about or line.text}".strip())
        made: dict[str, Any] = {
            "localId": line.number,
            "createTime": int(line.at.timestamp()),
            "type": "引用消息" if quoted else _WEFLOW[line.kind],
            "content": content,
            "isSend": None if line.kind == "系统" else int(line.own),
            "senderID": numbers.get(line.who),
            "platformMessageId": _server_id(talk, line),
        }
        if quoted:
            made |= {"replyToMessageId": _server_id(talk, quoted), "quotedContent": quoted.text}
        return made

    group = talk.chat.id.endswith("@chatroom")
    return _json(
        {
            "weflow": {"version": "2.1.0", "generator": "WeFlow", "format": "arkme-json"},
            "session": {
                "wxid": talk.chat.id,
                "type": "群聊" if group else "私聊",
                "displayName": talk.chat.name,
            },
            "senders": [
                {"senderID": numbers[key], "wxid": one.id, "displayName": one.name} for key, one in talk.people.items()
            ],
            "messages": [message(line) for line in talk.lines],
        }
    )


def _memotrace(talk: Talk) -> str:
    """With a byte order mark. The owner's remark is 我, whatever they are called; a system line has no sender."""

    def row(line: Line) -> list[object]:
        who = talk.people.get(line.who, Person("", ""))
        called = "我" if line.own else talk.chat.name if who.id else ""
        content = line.text if line.kind in ("text", "系统") else f"【{line.kind}】{line.text}"
        more = json.dumps({"wxid": who.id}) if who.id else "{}"
        return [_server_id(talk, line), _TABLE[line.kind], called, f"{line.at:%F %T}", content, called, who.name, more]

    return "\ufeff" + _table("消息ID,类型,发送人,时间,内容,备注,昵称,更多信息", map(row, talk.lines))


def _pywxdump(talk: Talk) -> str:
    def row(line: Line) -> list[object]:
        talker = talk.people.get(line.who, talk.chat).id
        said = {
            "语音": f"语音时长：{line.about}.00秒\n翻译结果：{line.text}",
            "图": "图片",
            "通话": f"语音通话 {line.about}",
        }
        source = photo(talk, line) if line.kind == "图" else ""
        words = said.get(line.kind, line.text or line.about)
        kind = _TABLE[line.kind]
        sent = f"{line.at:%F %T}"
        return [line.number, _server_id(talk, line), kind, int(line.own), talker, talk.chat.id, words, source, sent]

    return _table("id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime", map(row, talk.lines))


def _chatlog(talk: Talk) -> str:
    def message(line: Line) -> dict[str, Any]:
        code, sub_code = _CODES[line.kind]
        contents = {"链接": {"title": line.about}, "转账": {"paySubType": 1}}.get(line.kind)
        who = talk.people.get(line.who, Person("系统消息", ""))
        return {
            "seq": int(line.at.timestamp()) * 1000,
            "time": line.at.isoformat(),
            "talker": talk.chat.id,
            "talkerName": talk.chat.name,
            "isChatRoom": False,
            "sender": who.id,
            "senderName": who.name,
            "isSelf": line.own,
            "type": code,
            "subType": sub_code,
            "content": line.text if line.kind in ("text", "系统") else "",
            **({"contents": contents} if contents else {}),
        }

    return _json([message(line) for line in talk.lines])


def _chatlab(talk: Talk) -> str:
    def message(line: Line) -> dict[str, Any]:
        who = talk.people.get(line.who, talk.chat)
        return {
            "platformMessageId": _server_id(talk, line),
            "sender": who.id,
            "accountName": who.name,
            "timestamp": int(line.at.timestamp()),
            "type": _CHATLAB[line.kind],
            "content": photo(talk, line) if line.kind == "图" else line.text or line.about,
        }

    me = talk.people["我"].id
    return _json(
        {
            "chatlab": {"version": "0.0.2", "exportedAt": int(talk.lines[-1].at.timestamp()), "generator": "ChatLab"},
            "meta": {"name": talk.chat.name, "platform": "qq", "type": "private", "ownerId": me},
            "members": [{"platformId": one.id, "accountName": one.name} for one in talk.people.values()],
            "messages": [message(line) for line in talk.lines],
        }
    )


def _qq(talk: Talk) -> str:
    def part(line: Line) -> dict[str, Any]:
        if line.kind == "图":
            path = photo(talk, line)
            return {"type": "image", "data": {"filename": Path(path).name, "localPath": path}}
        return {"type": "text", "data": {"text": line.text}}

    def message(line: Line) -> dict[str, Any]:
        who = talk.people.get(line.who, talk.chat)
        sender = {"uid": f"u_{hashlib.md5(who.id.encode()).hexdigest()[:22]}", "uin": who.id, "name": who.name}
        return {
            "id": _server_id(talk, line),
            "seq": str(line.number),
            "timestamp": int(line.at.timestamp()) * 1000,
            "time": f"{line.at:%F %T}",
            "sender": sender,
            "type": "system" if line.kind == "系统" else "type_1",
            "content": {"text": line.text, "html": "", "elements": [part(line)], "resources": [], "mentions": []},
            "recalled": False,
            "system": line.kind == "系统",
        }

    me = talk.people["我"]
    return _json(
        {
            "metadata": {"name": "QQChatExporter V5", "version": "5.0.0"},
            "chatInfo": {"name": talk.chat.name, "type": "private", "selfUin": me.id, "selfName": me.name},
            "messages": [message(line) for line in talk.lines],
        }
    )


def _telegram(talk: Talk) -> str:
    first = 8801

    def message(line: Line) -> dict[str, Any]:
        who = talk.people.get(line.who, talk.chat)
        made: dict[str, Any] = {
            "id": first + line.number,
            "type": "message",
            "date": f"{line.at:%FT%T}",
            "date_unixtime": str(int(line.at.timestamp())),
            "from": who.name,
            "from_id": f"user{who.id}",
        }
        if line.answers:
            made["reply_to_message_id"] = first + line.answers
        if line.kind == "图":
            made |= {"photo": photo(talk, line), "width": 320, "height": 240}
        if line.kind == "表情":
            left_out = "(File not included. Change data exporting settings to download.)"
            made |= {
                "file": left_out,
                "media_type": "sticker",
                "sticker_emoji": line.about,
                "width": 512,
                "height": 512,
            }
        plain = [{"type": "plain", "text": line.text}] if line.text else []
        return made | {"text": line.text, "text_entities": plain}

    begun = talk.lines[0]
    joined = {
        "id": first,
        "type": "service",
        "date": f"{begun.at:%FT%T}",
        "date_unixtime": str(int(begun.at.timestamp())),
        "actor": talk.chat.name,
        "actor_id": f"user{talk.chat.id}",
        "action": "joined_telegram",
        "text": "",
        "text_entities": [],
    }
    messages = [joined, *map(message, talk.lines)]
    return _json({"name": talk.chat.name, "type": "personal_chat", "id": int(talk.chat.id), "messages": messages})


_WRITERS: dict[str, Callable[[Talk], str]] = {
    "weflow": _weflow, "memotrace": _memotrace, "pywxdump": _pywxdump, "chatlog": _chatlog, "chatlab": _chatlab,
    "qq": _qq, "telegram": _telegram,
}  # fmt: skip


def main() -> None:
    exports = SAMPLE / EXPORTS
    if exports.exists():
        shutil.rmtree(exports)
    for file, content in files().items():
        target = exports / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
    listed = SAMPLE / "pictures.tsv"
    others = [row for row in listed.read_text("utf-8").splitlines() if not row.startswith(f"{EXPORTS}/")]
    listed.write_text("\n".join([*others, *pictures()]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
