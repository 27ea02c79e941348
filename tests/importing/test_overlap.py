"""Exports of the same chat overlap: each message is kept once, whoever exported it with what."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from bot.errors import DataError
from tests.importing.conftest import ANN, BEN, NOON, Desk, Write, telegram_chat, telegram_message
from tests.importing.test_wechat import CHAT, PYWXDUMP, arkme
from tests.support import kind, picture, sender_of


def talk(first: int, last: int, shift: int = 0) -> list[dict[str, Any]]:
    """A stretch of one private talk; shift: the message ids of another account's export."""
    return [
        telegram_message(number, f"message {number}", ANN if number % 2 else BEN, id=number + shift)
        for number in range(first, last)
    ]


def test_importing_again_adds_nothing(desk: Desk, write: Write) -> None:
    path = write(telegram_chat(*talk(1, 30)))
    assert desk.take(path).kept == 29
    again = desk.take(path)
    assert (again.read, again.kept, dict(again.skipped)) == (29, 0, {"already in the corpus": 29})


def test_a_later_export_adds_only_what_is_new(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(*talk(1, 30)), "first/result.json"))
    assert desk.take(write(telegram_chat(*talk(20, 40)), "second/result.json")).kept == 10
    assert [text for _, text in desk.said] == [f"message {number}" for number in range(1, 40)]


def test_an_earlier_part_finds_its_place_and_its_replies(desk: Desk, write: Write) -> None:
    late = [*talk(20, 30), telegram_message(31, "about that", BEN, reply_to_message_id=5)]
    desk.take(write(telegram_chat(*late), "late/result.json"))
    assert desk.messages[-1].reply_to is None
    desk.take(write(telegram_chat(*talk(1, 20)), "early/result.json"))
    assert desk.messages[4].text == "message 5"
    assert desk.messages[-1].reply_to == desk.messages[4].id


def test_the_other_side_of_a_private_chat(desk: Desk, write: Write) -> None:
    """Ann's export names the chat after Ben, and her account numbers the messages differently."""
    desk.take(write(telegram_chat(*talk(1, 30)), "ben/result.json"))
    other = telegram_chat(*talk(10, 40, shift=5000), name="Ben", id=BEN)
    assert desk.take(write(other, "ann/result.json")).kept == 10
    assert [text for _, text in desk.said] == [f"message {number}" for number in range(1, 40)]
    assert desk.chat.title == "Ann"


def test_ids_of_another_account_are_not_mistaken(desk: Desk, write: Write) -> None:
    """The same number in another account's export is another message."""
    desk.take(write(telegram_chat(*talk(1, 10)), "ben/result.json"))
    desk.take(write(telegram_chat(*talk(10, 19, shift=-9), name="Ben", id=BEN), "ann/result.json"))
    assert [text for _, text in desk.said] == [f"message {number}" for number in range(1, 19)]


def test_the_same_words_twice_within_a_second_stay_two(desk: Desk, write: Write) -> None:
    twice = [telegram_message(n, "ha", date_unixtime=str(NOON)) for n in (1, 2)]
    path = write(telegram_chat(telegram_message(3, "?", BEN), *twice))
    assert desk.take(path).kept == 3
    assert desk.take(path).kept == 0
    other = [{**message, "id": message["id"] + 5000} for message in twice]
    mirrored = telegram_chat(telegram_message(5003, "?", BEN, date_unixtime=str(NOON + 3)), *other, name="Ben", id=BEN)
    assert desk.take(write(mirrored, "ann/result.json")).kept == 0
    third = telegram_message(4, "ha", date_unixtime=str(NOON))
    assert desk.take(write(telegram_chat(third, telegram_message(3, "?", BEN)), "later/result.json")).kept == 1


def test_two_chats_with_the_same_contact_stay_two(desk: Desk, write: Write) -> None:
    """Ben's and Cem's chats with Ann."""
    desk.take(write(telegram_chat(*talk(1, 10)), "ben/result.json"))
    desk.take(write(telegram_chat(telegram_message(1, "hi"), telegram_message(2, "hello", 888)), "cem/result.json"))
    assert sorted(chat.messages for chat in desk.corpus.chats()) == [2, 9]


def test_a_message_held_twice_in_one_file_is_kept_once(desk: Desk, write: Write) -> None:
    report = desk.take(write(telegram_chat(*talk(1, 5), *talk(3, 5))))
    assert (report.kept, dict(report.skipped)) == (4, {"twice in the file": 2})


def test_a_photo_that_was_left_out_is_filled_in(desk: Desk, write: Write) -> None:
    missing = telegram_message(1, "", photo="(File not included. Change data exporting settings to download.)")
    desk.take(write(telegram_chat(missing, telegram_message(2, "!", BEN)), "first/result.json"))
    write(picture(), "second/photos/1.jpg")
    again = telegram_chat({**missing, "photo": "photos/1.jpg"}, telegram_message(2, "!", BEN))
    assert desk.take(write(again, "second/result.json")).kept == 0
    assert (len(desk.messages[0].digests), kind(desk.messages[0])) == (1, "")


def test_the_clock_of_another_zone_does_not_double_a_chat(desk: Desk, write: Write) -> None:
    """Old exports have no epoch, and two computers of one account may have stood in two zones."""
    clock = datetime(2019, 1, 1, 12, tzinfo=UTC)

    def export(hours: int) -> dict[str, Any]:
        return telegram_chat(
            *(
                telegram_message(
                    n,
                    "ok",
                    (ANN, BEN)[n % 2],
                    date_unixtime=None,
                    date=(clock + timedelta(hours=hours, minutes=n)).strftime("%Y-%m-%dT%H:%M:%S"),
                )
                for n in range(1, 9)
            )
        )

    assert desk.take(write(export(0), "home/result.json")).kept == 8
    assert desk.take(write(export(-9), "away/result.json")).kept == 0


MEMOTRACE = "聊天记录/小红(wxid_xiaohong)/小红.csv"
WEFLOW = arkme(
    {"content": "在吗", "platformMessageId": "7437267147299592543"},
    {"content": "在的", "isSend": 1, "senderID": 1, "platformMessageId": "7437267147299592544"},
    {"content": "今晚吃饭？", "type": "引用消息", "isSend": 1, "senderID": 1},
    {"content": "[图片]", "type": "图片消息"},
)


def test_another_exporter_of_the_same_chat(desk: Desk, write: Write) -> None:
    """WeFlow knows the owner's id; PyWxDump calls them 我; both give most message ids."""
    assert desk.take(write(WEFLOW, "weflow/小红.json")).kept == 4
    report = desk.take(write(PYWXDUMP, "pywxdump/a.csv"))
    assert (report.kept, report.skipped["already in the corpus"]) == (2, 4)
    assert {sender.account.id for sender in desk.corpus.senders()} == {"wxid_xiaohong", "wxid_me2024"}


def test_another_exporter_that_came_first(desk: Desk, write: Write) -> None:
    desk.take(write(PYWXDUMP, "pywxdump/a.csv"))
    assert desk.take(write(WEFLOW, "weflow/小红.json")).kept == 0
    assert desk.take(write(CHAT.replace("在的\n刚醒", "在的"), MEMOTRACE)).kept == 0
    assert desk.chat.native_id == "wxid_xiaohong"


def test_both_sides_without_either_owner(desk: Desk, write: Write) -> None:
    """Each table calls its owner 我; WeChat's message ids tell that it is one chat."""
    desk.take(write(PYWXDUMP, "aming/a.csv"))
    other = (
        PYWXDUMP.replace(",0,wxid_xiaohong,wxid_xiaohong,", ",X,")
        .replace(",1,我,wxid_xiaohong,", ",0,wxid_me2024,wxid_me2024,")
        .replace(",X,", ",1,我,wxid_me2024,")
    )
    assert desk.take(write(other, "xiaohong/b.csv")).kept == 0
    more = "9,7437267147299592999,文本,1,我,wxid_me2024,晚安,,2024-10-04 23:42:01\n"
    assert desk.take(write(other + more, "xiaohong/c.csv")).kept == 1
    assert sender_of(desk.messages[-1]) == "wxid_xiaohong"


def test_exports_of_two_people_that_both_say_me_are_not_mixed(desk: Desk, write: Write) -> None:
    """The usual case when somebody has died: several people's chats with the same contact."""

    def table(words: str) -> str:
        return (
            PYWXDUMP.partition("\n")[0]
            + "\n"
            + "".join(
                f"{n},,文本,{n % 2},{('wxid_xiaohong', '我')[n % 2]},wxid_xiaohong,{words}{n},,2024-10-04 11:{n}:00\n"
                for n in range(10, 50)
            )
        )

    desk.take(write(table("早"), "aming/a.csv"))
    report = desk.take(write(table("哥"), "didi/a.csv"))
    assert report.kept == 0
    assert "--me" in report.problems[0]
    assert desk.take(write(table("哥"), "didi/a.csv"), me="wxid_didi1").kept == 40
    assert len(desk.corpus.chats()) == 2
    assert desk.take(write(table("早"), "aming/a.csv")).kept == 0


def test_a_chat_known_by_name_alone_is_found_by_what_was_said(desk: Desk, write: Write) -> None:
    desk.take(write(CHAT, "小红.csv"))
    assert desk.chat.native_id == "name:小红"
    desk.take(write(CHAT, MEMOTRACE))
    assert (desk.chat.native_id, desk.chat.messages) == ("wxid_xiaohong", 4)


def test_two_busy_groups_that_share_small_talk_stay_two(desk: Desk, write: Write) -> None:
    def group(words: str) -> str:
        said = {n: "好的" if n % 10 == 0 else f"{words}{n}" for n in range(10, 60)}
        lines = [f"{n},,文本,0,wxid_{'abc'[n % 3] * 5},R,{text},,2024-10-04 11:{n}:00" for n, text in said.items()]
        return PYWXDUMP.partition("\n")[0] + "\n" + "\n".join(lines) + "\n"

    desk.take(write(group("早").replace(",R,", ",123@chatroom,"), "one.csv"))
    desk.take(write(group("晚").replace(",R,", ",,"), "two.csv"))
    assert sorted((chat.native_id, chat.messages) for chat in desk.corpus.chats()) == [
        ("123@chatroom", 50),
        ("name:two", 50),
    ]


def test_a_failed_import_leaves_nothing(desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take(write(telegram_chat(*talk(1, 5)), "first/result.json"))

    def fail(*_: object) -> None:
        raise DataError("The disk is full.")

    monkeypatch.setattr("training.data.importers.merge._resolve_replies", fail)
    report = desk.take(write(telegram_chat(*talk(1, 50)), "second/result.json"))
    assert len(report.problems) == 1
    assert desk.corpus.count() == 4


@pytest.mark.parametrize("first", ["before", "after"])
def test_a_group_that_became_a_supergroup_is_one_chat(desk: Desk, write: Write, first: str) -> None:
    """What it brought with it has ids below zero there."""

    def export(id_: int, type_: str, *messages: dict[str, Any]) -> dict[str, Any]:
        chat = {"name": "Family", "type": type_, "id": id_, "messages": list(messages)}
        return {"about": "", "personal_information": {"user_id": BEN}, "chats": {"list": [chat]}}

    said = [telegram_message(n, f"number {n}", (ANN, BEN, 888)[n % 3]) for n in range(1, 6)]
    moved = [{**message, "id": message["id"] - 1_000_000_000} for message in said]
    moved[4]["reply_to_message_id"] = moved[1]["id"]
    new = telegram_message(2, "after", ANN, date_unixtime=str(NOON + 900), reply_to_message_id=1)
    exports = {"before": export(12345, "private_group", *said),
               "after": export(1234567890, "private_supergroup", *moved, new)}  # fmt: skip
    second = "after" if first == "before" else "before"
    kept = [desk.take(write(exports[name], f"{name}/result.json")).kept for name in (first, second, first, second)]
    assert kept == ([5, 1, 0, 0] if first == "before" else [6, 0, 0, 0])
    assert (desk.chat.native_id, desk.chat.messages) == ("-1001234567890", 6)
    assert [text for _, text in desk.said] == [*(f"number {n}" for n in range(1, 6)), "after"]
    assert desk.messages[5].reply_to is None, "the group's own first message is another"
    if first == "after":
        assert desk.messages[4].reply_to == desk.messages[1].id


def test_a_group_and_another_supergroup_stay_two(desk: Desk, write: Write) -> None:
    def export(id_: int, type_: str, words: str) -> dict[str, Any]:
        messages = [telegram_message(n, f"{words} {n}", (ANN, BEN, 888)[n % 3]) for n in range(1, 20)]
        return {"name": "Family", "type": type_, "id": id_, "messages": [*messages, telegram_message(30, "ok")]}

    desk.take(write(export(12345, "private_group", "milk"), "one/result.json"))
    desk.take(write(export(1234567890, "private_supergroup", "bread"), "two/result.json"))
    assert sorted(chat.messages for chat in desk.corpus.chats()) == [20, 20]


def test_an_edited_message_is_updated_when_it_comes_again(desk: Desk, write: Write) -> None:
    def export(text: str, **more: Any) -> dict[str, Any]:
        return telegram_chat(telegram_message(1, text, **more), telegram_message(2, "!", BEN))

    desk.take(write(export("at five"), "first/result.json"))
    report = desk.take(write(export("at six", edited_unixtime=str(NOON + 60)), "second/result.json"))
    assert dict(report.skipped) == {"already in the corpus": 1, "already in the corpus, and edited since": 1}
    assert [text for _, text in desk.said] == ["at six", "!"]
    desk.take(write(export("at five"), "first/result.json"))
    assert [text for _, text in desk.said] == ["at six", "!"], "an older export undoes no edit"
    desk.take(write(export("at seven", edited="2024-10-04T20:02:00"), "third/result.json"))
    assert [text for _, text in desk.said] == ["at seven", "!"]


def clocks(rows: int, id_: str = "") -> str:
    """A table whose times have no zone; without an id its messages are only known by what and when."""
    return PYWXDUMP.partition("\n")[0] + "\n" + "".join(
        f"{n},{id_ and id_ + str(n)},文本,0,wxid_xiaohong,wxid_xiaohong,第{n}句,,2024-10-04 11:{n}:00\n"
        for n in range(10, rows + 10)
    )  # fmt: skip


@pytest.mark.parametrize("id_", ["", "74372671472995925"])
def test_a_wrong_time_zone_is_said_and_then_corrected(
    desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch, id_: str
) -> None:
    monkeypatch.setattr("training.data.importers.zones.get_localzone", lambda: ZoneInfo("Europe/Berlin"))
    path = write(clocks(20, id_), "a.csv")
    told = desk.take(path, zone=None).files[0].notes[0]
    assert "read as those of Europe/Berlin" in told
    assert "--timezone" in told
    wrong = desk.messages[0].sent_at
    again = desk.take(write(clocks(25, id_), "a.csv"), zone=ZoneInfo("Asia/Shanghai"))
    assert (again.kept, again.skipped["already in the corpus"]) == (5, 20)
    assert again.files[0].notes == (
        "20 messages that were imported with another time zone have their right times now.",
    )
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 3, 10, tzinfo=UTC) != wrong
    assert [text for _, text in desk.said] == [f"第{n}句" for n in range(10, 35)]
    assert desk.take(path, zone=ZoneInfo("Asia/Shanghai")).kept == 0
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 3, 10, tzinfo=UTC)


def test_a_time_zone_that_was_named_is_kept_to_when_none_is(
    desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.data.importers.zones.get_localzone", lambda: ZoneInfo("Europe/Berlin"))
    desk.take(write(clocks(20), "a.csv"), zone=ZoneInfo("Asia/Shanghai"))
    report = desk.take(write(clocks(25), "a.csv"), zone=None)
    assert report.kept == 5
    assert "read as those of Asia/Shanghai" in report.files[0].notes[0]
    assert {message.sent_at.hour for message in desk.messages} == {3}


def test_times_that_tell_their_zone_are_never_moved(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(*talk(1, 10))), zone=None)
    first = desk.messages[0].sent_at
    report = desk.take(write(telegram_chat(*talk(1, 10))), zone=ZoneInfo("Asia/Tokyo"))
    assert (desk.messages[0].sent_at, report.files[0].notes) == (first, ())


def test_what_a_voice_message_said_is_filled_in(desk: Desk, write: Write) -> None:
    def export(content: str) -> dict[str, Any]:
        return arkme({"content": "在吗"}, {"content": content, "type": "语音消息", "isSend": 1, "senderID": 1})

    desk.take(write(export("[语音消息]"), "first.json"))
    assert desk.messages[1].attachments[0].words == ""
    for content in ("[语音消息] 我到楼下了", "[语音消息]"):
        assert desk.take(write(export(content), "second.json")).kept == 0
        assert desk.messages[1].attachments[0].words == "我到楼下了"


def test_a_machine_whose_zone_has_no_name_is_no_obstacle(
    desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> ZoneInfo:
        raise ZoneInfoNotFoundError("no such zone")

    monkeypatch.setattr("training.data.importers.zones.get_localzone", unknown)
    path = write(clocks(20), "a.csv")
    assert desk.take(path, zone=None).kept == 20
    assert desk.take(path, zone=None).kept == 0
    assert desk.take(write(clocks(21), "a.csv"), zone=ZoneInfo("Asia/Shanghai")).problems == []
