"""Telegram Desktop: what people wrote comes through, and the rest is counted."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import spoken
from bot.message import Account, ChatKind
from tests.importing.conftest import ANN, BEN, NOON, Desk, Write, telegram_chat, telegram_message
from tests.support import kind, picture, sender_of


def test_a_private_chat_comes_through_as_it_was_said(desk: Desk, write: Write) -> None:
    report = desk.take(
        write(
            telegram_chat(
                telegram_message(1, "hi Ben!", ANN),
                telegram_message(2, "hey\nhow are you", BEN),
                telegram_message(3, ["look: ", {"type": "link", "text": "https://example.org"}, " ", "🙂"], ANN),
                telegram_message(4, "nice", BEN, reply_to_message_id=3),
            )
        )
    )
    assert (report.read, report.kept) == (4, 4)
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == (str(ANN), ChatKind.PRIVATE, "Ann")
    assert desk.said == [
        ("Ann", "hi Ben!"),
        ("Ben", "hey\nhow are you"),
        ("Ann", "look: https://example.org 🙂"),
        ("Ben", "nice"),
    ]
    first, _, third, last = desk.messages
    assert first.sender == Account("telegram", "777")
    assert first.sent_at == datetime(2024, 10, 4, 12, 0, 1, tzinfo=UTC)
    assert (last.reply_to, last.replied) == (third.id, third.sender)


def test_all_chats_of_an_account_are_read(desk: Desk, write: Write) -> None:
    group = {
        "name": "Trip",
        "type": "private_supergroup",
        "id": 1234,
        "messages": [telegram_message(number, f"{number}", who) for number, who in ((1, ANN), (2, BEN), (3, 888))],
    }
    notes = {"type": "saved_messages", "id": BEN, "messages": [telegram_message(9, "buy milk", BEN)]}
    report = desk.take(
        write(
            {
                "about": "Here is the data you requested.",
                "personal_information": {"user_id": BEN, "first_name": "Ben"},
                "contacts": {"about": "", "list": [{"first_name": "Ann", "date": "2020-01-01T00:00:00"}]},
                "chats": {"about": "", "list": [telegram_chat(telegram_message(1, "hi", BEN)), group, notes]},
                "left_chats": {"list": [{**group, "name": "Old", "id": 99}]},
            }
        )
    )
    assert {(chat.title, chat.native_id, chat.messages) for chat in desk.corpus.chats()} == {
        ("Trip", "-1001234", 3),  # as Telegram's bot interface numbers a supergroup
        ("Old", "-10099", 3),
        ("Ann", "777", 1),
    }
    assert report.skipped == {"notes to self": 1}


@pytest.mark.parametrize(
    ("more", "text", "placeholder"),
    [
        ({"media_type": "sticker", "sticker_emoji": "😹", "file": "s.webp"}, "😹", "sticker"),
        ({"media_type": "sticker", "file": "s.tgs"}, "", "sticker"),
        ({"media_type": "voice_message", "file": "v.ogg"}, "", "voice"),
        ({"media_type": "video_message", "file": "(File not included.)"}, "", "video"),
        ({"media_type": "video_file", "file": "v.mp4"}, "", "video"),
        ({"media_type": "animation", "file": "g.mp4"}, "", "animation"),
        ({"media_type": "audio_file", "file": "a.mp3"}, "", "audio"),
        ({"file": "cv.pdf", "mime_type": "application/pdf"}, "", "file"),
        ({"location_information": {"latitude": 1.5, "longitude": 2.5}}, "", "location"),
        ({"contact_information": {"first_name": "Cem"}}, "", "contact"),
        ({"photo": "(File not included. Change data exporting settings to download.)"}, "", "photo"),
    ],
)
def test_what_is_not_words_keeps_its_place(
    desk: Desk, write: Write, more: dict[str, Any], text: str, placeholder: str
) -> None:
    desk.take(write(telegram_chat(telegram_message(1, "", **more))))
    (message,) = desk.messages
    assert (spoken(message), kind(message)) == (text, placeholder)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"id": 1, "type": "service", "date_unixtime": "1", "actor": "Ann", "action": "phone_call"}, "service message"),
        ({"id": 1, "type": "unsupported"}, "unknown kind"),
        (telegram_message(1, "", poll={"question": "when?"}), "unknown kind"),
        (telegram_message(1, "", media_type="hologram"), "unknown kind"),
        (telegram_message(1, " \n"), "empty"),
        (telegram_message(1, "x", name=None, from_id=None), "no sender"),
        (telegram_message(1, "x", date=None, date_unixtime=None), "no time"),
        (telegram_message(1, "x", date="yesterday", date_unixtime="soon"), "no time"),
    ],
)
def test_the_rest_is_counted_by_reason(desk: Desk, write: Write, message: dict[str, Any], reason: str) -> None:
    report = desk.take(write(telegram_chat(message, telegram_message(2, "after"))))
    assert (report.read, report.kept, dict(report.skipped)) == (2, 1, {reason: 1})


def test_a_message_may_tell_its_time_in_either_way(desk: Desk, write: Write) -> None:
    desk.take(
        write(
            telegram_chat(
                telegram_message(1, "epoch alone", date=None),
                telegram_message(2, "clock alone", date_unixtime=None, date="2024-10-04T20:00:02"),  # in Shanghai
                telegram_message(3, "epoch as a number", date_unixtime=NOON + 3),
            )
        )
    )
    assert [int(message.sent_at.timestamp()) - NOON for message in desk.messages] == [1, 2, 3]


def test_passed_on_words_are_marked(desk: Desk, write: Write) -> None:
    desk.take(
        write(
            telegram_chat(
                telegram_message(1, "a poem", forwarded_from="Someone"),
                telegram_message(2, "a meme", via_bot="@gif"),
                telegram_message(3, "mine", edited="2024-10-04T21:00:00"),
            )
        )
    )
    assert [message.forwarded for message in desk.messages] == [True, True, False]


def test_senders_without_a_usual_id(desk: Desk, write: Write) -> None:
    desk.take(
        write(
            telegram_chat(
                telegram_message(1, "old export", from_id=ANN),
                telegram_message(2, "no id", BEN, from_id=None),
                telegram_message(3, "a channel", from_id="channel42", name="News"),
                telegram_message(4, "a deleted account", 31, name=None),
                telegram_message(5, "an old group", from_id=(1 << 32) + 12),
                type="private_supergroup",
            )
        )
    )
    ids = ["777", "name:Ben", "-10042", "31", "-12"]
    assert [sender_of(message) for message in desk.messages] == ids
    assert desk.messages[3].sender_name == ""


def test_bots_are_recognised(desk: Desk, write: Write) -> None:
    desk.take(
        write(
            telegram_chat(
                *(
                    telegram_message(number, "hello", 100 + number, name=name)
                    for number, name in enumerate(("HelpBot", "news_bot", "小助手机器人", "Talbot", "Ann"))
                ),
                type="public_supergroup",
            )
        )
    )
    assert [message.from_bot for message in desk.messages] == [True, True, True, False, False]


def test_the_other_end_of_a_bot_chat_is_a_bot(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(telegram_message(1, "/start", BEN), telegram_message(2, "Welcome"), type="bot_chat")))
    assert [message.from_bot for message in desk.messages] == [False, True]


def test_photos_are_copied_by_content(desk: Desk, write: Write, tmp_path: Path) -> None:
    write(picture("red"), "export/photos/photo_1.jpg")
    write(picture("red"), "export/photos/photo_2.jpg")
    write(picture("blue"), "export/files/scan.png")
    report = desk.take(
        write(
            telegram_chat(
                telegram_message(1, "look", photo="photos/photo_1.jpg"),
                telegram_message(2, "", photo="photos\\photo_2.jpg"),
                telegram_message(3, "", file="files/scan.png", mime_type="image/png"),
            )
        )
    )
    shutil.rmtree(tmp_path / "export")
    one, two, three = desk.messages
    assert (one.text, len(one.digests), kind(one)) == ("look", 1, "")
    assert one.digests == two.digests != three.digests
    assert desk.store.open(three.digests[0]).getpixel((0, 0)) == (0, 0, 255)
    assert report.photos == 2


def test_control_characters_written_the_wrong_way_are_mended(desk: Desk, write: Write) -> None:
    text = (
        r'{"name": "Ann", "type": "personal_chat", "id": 777, "messages": [{"id": 1, "type": "message",'
        r' "date_unixtime": "1700000000", "from": "Ann", "from_id": "user777",'
        r' "text": "bell\x07 and a path C:\\x41 and \q and \u4f60\u597d \"quoted\" \\\x1f."}]}'
    )
    report = desk.take(write(text))
    assert not report.problems
    assert desk.said == [("Ann", 'bell and a path C:\\x41 and \\q and 你好 "quoted" \\.')]


def test_a_chat_that_does_not_say_its_kind(desk: Desk, write: Write) -> None:
    bare = {"messages": [telegram_message(1, "hi", from_id=None, id=None)]}
    desk.take(write(bare))
    assert (desk.chat.kind, desk.chat.native_id) == (ChatKind.PRIVATE, "name:Ann")


def test_names_change_over_the_years(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(telegram_message(1, "a"), telegram_message(2, "b", name="Ann Lee"))))
    (ann,) = desk.corpus.senders()
    assert ann.names == ("Ann Lee", "Ann")
    assert [message.sender_name for message in desk.messages] == ["Ann", "Ann Lee"]


def test_a_rich_message_is_read_as_its_text(desk: Desk, write: Write) -> None:
    line = {"type": "paragraph", "text": ["milk, ", {"type": "bold", "text": "fresh"}]}
    blocks = [
        {"type": "heading", "text": "Shopping"},
        {"type": "list", "items": [{"blocks": [line]}, {"text": "bread"}]},
    ]
    desk.take(write(telegram_chat(telegram_message(1, None, rich_message={"blocks": blocks}))))
    assert desk.said == [("Ann", "Shopping\nmilk, fresh\nbread")]


def test_a_name_like_a_bots_makes_nobody_a_bot_where_telegram_tells(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(telegram_message(1, "hi", name="Ann Bot"), telegram_message(2, "yo", BEN))))
    assert [message.from_bot for message in desk.messages] == [False, False]


def test_a_name_in_capitals_that_ends_in_bot_is_a_name(desk: Desk, write: Write) -> None:
    names = ("JOHN ABBOT", "QUIZ_BOT")
    messages = [telegram_message(n, "hi", 100 + n, name=name) for n, name in enumerate(names)]
    desk.take(write(telegram_chat(*messages, type="private_supergroup")))
    assert [message.from_bot for message in desk.messages] == [False, True]


def test_codes_to_log_in_with_are_left_out_and_counted(desk: Desk, write: Write) -> None:
    def code(number: int, who: int, **chat: Any) -> dict[str, Any]:
        return telegram_chat(telegram_message(number, "Login code: 54321", who, name="Telegram"), id=who, **chat)

    chats = [
        code(1, 777000, name="Telegram"),
        code(2, 489000, type="verification_codes", name=None),
        telegram_chat(telegram_message(3, "hi")),
    ]
    report = desk.take(write({"about": "", "contacts": {}, "chats": {"list": chats}}))
    assert desk.said == [("Ann", "hi")]
    assert report.skipped == {"login code": 2}


def test_what_a_channel_passes_on_to_its_group_is_no_code(desk: Desk, write: Write) -> None:
    """Telegram's own account stands beside it as the sender."""
    desk.take(write(telegram_chat(telegram_message(1, "news", 777000, name="Telegram"), type="public_supergroup")))
    assert desk.said == [("Telegram", "news")]


def test_an_old_export_with_files_is_no_other_tools(desk: Desk, write: Write) -> None:
    """Before 2021 the time stood there as a date alone."""
    sent: dict[str, Any] = {"date": "2019-10-04T20:00:00", "date_unixtime": None, "text_entities": None}
    messages = [
        telegram_message(1, "hi", from_id=ANN, **sent),
        telegram_message(2, "", file="cv.pdf", mime_type="application/pdf", from_id=ANN, **sent),
    ]
    report = desk.take(write(telegram_chat(*messages)))
    assert (report.kept, report.problems, report.files[0].format) == (2, [], "Telegram Desktop")
