"""LINE and KakaoTalk: what their apps export, in several languages, with names in place of ids."""

from datetime import UTC, datetime

import pytest

from bot.message import ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind

ENGLISH = """[LINE] Chat history with Ann
Saved on: 2024/10/05 10:00

2024/10/04(Fri)
20:00\tAnn\thi Ben!
20:01\tBen\t"hello
there ""friend\"""
20:02\tAnn\t[Photo]
20:03\tAnn\t[Sticker]
20:04\tBen\t☎ Call time 1:23
20:05\tBen unsent a message.
20:06\tAnn\t"unfinished

2024/10/05(Sat)
08:00\tAnn\tgood morning
"""
JAPANESE = """[LINE] あんとのトーク履歴
保存日時：2024/10/05 10:00

2024/10/04(金)
20:00\tあん\tこんばんは
午後8:01\tべん\t[写真]
20:02\tあん\tあんがメッセージの送信を取り消しました
"""
TAIWAN = """[LINE] 與小安的聊天記錄
儲存日期：2024/10/05 10:00

2024/10/04（五）
下午08:00\t小安\t嗨
下午12:01\t小安\t[貼圖]
下午08:02\t阿明\t[語音訊息]
下午08:03\t小安已收回訊息
"""
THAI = """[LINE] ประวัติการแชทกับ แอน
บันทึกเมื่อ: 05/10/2567 10:00

ศ. 04/10/2567
20:00\tแอน\tสวัสดี
20:01\tเบน\t[สติกเกอร์]
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_gives_words_and_places(desk: Desk, write: Write, encoding: str) -> None:
    path = write(ENGLISH.replace("\n", "\r\n"), "[LINE] Ann.txt", encoding)
    report = desk.take(path)
    assert (report.files[0].format, report.kept) == ("LINE", 6)
    assert dict(report.skipped) == {"call": 1, "recalled": 1}
    assert desk.said == [
        ("Ann", "hi Ben!"),
        ("Ben", 'hello\nthere "friend"'),
        ("Ann", "<photo>"),
        ("Ann", "<sticker>"),
        ("Ann", '"unfinished'),
        ("Ann", "good morning"),
    ]
    assert (desk.chat.kind, desk.chat.title, desk.chat.native_id) == (ChatKind.PRIVATE, "Ann", "name:Ann")
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 12, tzinfo=UTC)
    assert desk.messages[-1].sent_at == datetime(2024, 10, 5, 0, tzinfo=UTC)
    assert desk.take(path).kept == 0


@pytest.mark.parametrize(
    ("text", "title", "said", "skipped"),
    [
        (JAPANESE, "あん", [("あん", "こんばんは"), ("べん", "<photo>")], {"recalled": 1}),
        (TAIWAN, "小安", [("小安", "<sticker>"), ("小安", "嗨"), ("阿明", "<voice>")], {"recalled": 1}),
        (THAI, "แอน", [("แอน", "สวัสดี"), ("เบน", "<sticker>")], {}),
    ],
)
def test_line_in_other_languages(
    desk: Desk, write: Write, text: str, title: str, said: list[tuple[str, str]], skipped: dict[str, int]
) -> None:
    report = desk.take(write(text, "line.txt"))
    assert desk.said == said
    assert (desk.chat.kind, desk.chat.title, dict(report.skipped)) == (ChatKind.PRIVATE, title, skipped)
    assert {(m.sent_at.year, m.sent_at.month, m.sent_at.day) for m in desk.messages} == {(2024, 10, 4)}
    assert desk.messages[-1].sent_at.hour == 12


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ('[LINE] Chat history in "Trip"', "Trip"),
        ("[LINE] 旅行のトーク履歴", "旅行"),
        ("[LINE] 「旅行」的聊天記錄", "旅行"),
    ],
)
def test_line_tells_a_group_by_its_first_line(desk: Desk, write: Write, first: str, title: str) -> None:
    lines = "\n2024.10.04 Friday\n20:00\tAnn\thi\n20:01\t\tBen joined the group.\n"
    report = desk.take(write(f"{first}\nSaved on: 2024/10/05 10:00\n{lines}", "line.txt"))
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, title)
    assert dict(report.skipped) == {"service message": 1}


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Fri, 10/4/2024", (10, 4)),
        ("Wed, 10/04/2024", (4, 10)),
        ("Fri, 25/10/2024", (10, 25)),
        ("2024/10/4 (Fri)", (10, 4)),
        ("2024. 10. 4. 금요일", None),
    ],
)
def test_the_weekday_tells_day_from_month(desk: Desk, write: Write, line: str, day: tuple[int, int] | None) -> None:
    report = desk.take(write(f"[LINE] Chat history with Ann\nSaved on: x\n\n{line}\n20:00\tAnn\thi\n", "line.txt"))
    if day is None:
        assert dict(report.skipped) == {"no time": 1}
    else:
        (message,) = desk.messages
        assert (message.sent_at.month, message.sent_at.day) == day


WINDOWS = """안나 님과 카카오톡 대화
저장한 날짜 : 2024-10-05 10:00:00

--------------- 2024년 10월 4일 금요일 ---------------
[안나] [오후 8:00] 안녕
[벤] [오후 8:01] 반가워
잘 지내?
[안나] [오후 8:02] 사진
[안나] [오후 8:03] 이모티콘
[벤] [오후 8:04] 보이스톡 3:21
[벤] [오후 8:05] 삭제된 메시지입니다.
--------------- 2024년 10월 5일 토요일 ---------------
[안나] [오전 12:05] 잘 자
"""
ANDROID = """안나 님과 카카오톡 대화
저장한 날짜 : 2024년 10월 5일 오전 10:00


2024년 10월 4일 금요일
2024년 10월 4일 오후 8:00, 안나 : 안녕
2024년 10월 4일 오후 8:01, 벤 : 반가워
잘 지내?
2024년 10월 4일 오후 8:02, 안나 : 사진
2024년 10월 4일 오후 8:03, 안나 : 이모티콘
2024년 10월 4일 오후 8:04, 벤 : 보이스톡 3:21
2024년 10월 4일 오후 8:05, 벤 : 삭제된 메시지입니다.

2024년 10월 5일 토요일
2024년 10월 5일 오전 12:05, 안나 : 잘 자
"""
IOS = ANDROID.replace("2024년 10월 4일 오후", "2024. 10. 4. 오후").replace(
    "2024년 10월 5일 오전 12", "2024. 10. 5. 오전 12"
)
KAKAO_ENGLISH = """KakaoTalk Chats with 안나
Date Saved : Oct 5, 2024 10:00 AM

Friday, October 4, 2024
October 4, 2024, 8:00 PM, 안나 : 안녕
October 4, 2024, 8:01 PM, 벤 : 반가워
잘 지내?
October 4, 2024, 8:02 PM, 안나 : Photo
October 4, 2024, 8:03 PM, 안나 : Emoticons
October 4, 2024, 8:04 PM, 벤 : Voice Call 3:21
October 4, 2024, 8:05 PM, 벤 : This message was deleted.

Saturday, October 5, 2024
October 5, 2024, 12:05 AM, 안나 : 잘 자
"""
MAC = """Date,User,Message
2024-10-04 20:00:01,"안나","안녕"
2024-10-04 20:01:02,"벤","반가워
잘 지내?"
2024-10-04 20:02:03,"안나","사진"
2024-10-04 20:03:04,"안나","이모티콘"
2024-10-04 20:04:05,"벤","보이스톡 3:21"
2024-10-04 20:05:05,"벤","삭제된 메시지입니다."
2024-10-05 00:05:06,"안나","잘 자"
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (WINDOWS, "KakaoTalk_20241005.txt"),
        (ANDROID, "KakaoTalkChats.txt"),
        (IOS, "Talk.txt"),
        (KAKAO_ENGLISH, "chats.txt"),
        (MAC, "안나.csv"),
    ],
)
def test_kakaotalk_in_each_of_its_forms(desk: Desk, write: Write, text: str, name: str) -> None:
    path = write(text, name)
    report = desk.take(path)
    assert (report.files[0].format, dict(report.skipped)) == ("KakaoTalk", {"call": 1, "recalled": 1})
    assert desk.said == [
        ("안나", "안녕"),
        ("벤", "반가워\n잘 지내?"),
        ("안나", "<photo>"),
        ("안나", "<sticker>"),
        ("안나", "잘 자"),
    ]
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.PRIVATE, "안나")
    assert desk.messages[0].sent_at.replace(second=0) == datetime(2024, 10, 4, 12, tzinfo=UTC)
    assert desk.messages[-1].sent_at.replace(second=0) == datetime(2024, 10, 4, 16, 5, tzinfo=UTC)
    assert desk.take(path).kept == 0


def test_a_kakaotalk_group_and_what_the_app_says_in_it(desk: Desk, write: Write) -> None:
    text = WINDOWS.replace("안나 님과 카카오톡 대화", "여행 3 카카오톡 대화").replace(
        "[안나] [오후 8:02]", "찰리님이 들어왔습니다.\n벤님이 찰리님을 초대했습니다.\n[안나] [오후 8:02]"
    )
    report = desk.take(write(text, "talk.txt"))
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, "여행")
    assert report.skipped["service message"] == 2
    assert ("벤", "반가워\n잘 지내?") in desk.said


def test_a_date_within_a_message_is_no_new_day(desk: Desk, write: Write) -> None:
    text = WINDOWS.replace("잘 지내?\n", "2024년 10월 20일\n\n만나자\n")
    desk.take(write(text, "talk.txt"))
    assert desk.said[1] == ("벤", "반가워\n2024년 10월 20일\n\n만나자")
    assert kind(desk.messages[2]) == "photo"


def test_what_people_say_of_others_is_no_service_line(desk: Desk, write: Write) -> None:
    said = ("Tom invited me to his party", "벤님이 나갔습니다.", "She left the group of friends")
    rows = "".join(f'2024-10-04 20:0{n}:01,"안나","{text}"\n' for n, text in enumerate(said))
    gone = '2024-10-04 20:09:01,"벤","벤님이 나갔습니다."\n'
    report = desk.take(write("Date,User,Message\n" + rows + gone, "안나.csv"))
    assert [text for _, text in desk.said] == list(said)
    assert dict(report.skipped) == {"service message": 1}


def test_nobody_is_taken_for_the_owner_where_the_chat_is_called_otherwise(desk: Desk, write: Write) -> None:
    """The name that one gives to a contact is not always what they call themselves."""
    desk.take(write(ENGLISH.replace("history with Ann", "history with Mum"), "line.txt"))
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.PRIVATE, "Mum")
    assert desk.corpus.db.execute("SELECT owner FROM chats").fetchall() == [(None,)]
    later = ENGLISH.replace("history with Ann", "history with Mum") + "09:00\tBen\tmorning\n"
    assert desk.take(write(later, "later.txt")).kept == 1
