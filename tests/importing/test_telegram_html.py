"""Telegram Desktop's pages: the same talk as in its JSON, with names in place of ids."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import BEN, NOON, Desk, Write, telegram_chat, telegram_message
from tests.support import kind, picture, sender_of

HEAD = """<!DOCTYPE html>
<html>
 <head>
  <meta charset="utf-8"/>
<title>Exported Data</title>
  <script src="js/script.js" type="text/javascript"></script>
 </head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
{title}
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
     <div class="message service" id="message-1">
      <div class="body details">
4 October 2024
      </div>
     </div>
"""
TAIL = "    </div>\n   </div>\n  </div>\n </body>\n</html>\n"


def said(number: int, text: str, name: str = "", *, before: str = "", time: str = "", zone: str = " UTC+08:00") -> str:
    """A message; without a name it is joined to the one before. `before`: what stands above its text."""
    from_name = f'<div class="from_name">\n{name} \n       </div>' if name else ""
    words = f'<div class="text">\n{text}\n       </div>' if text else ""
    return f"""
     <div class="message default clearfix{"" if name else " joined"}" id="message{number}">
      <div class="pull_left userpic_wrap"><div class="initials">A</div></div>
      <div class="body">
       <div class="pull_right date details" title="04.10.2024 {time or f"20:00:{number:02}"}{zone}">
20:00
       </div>
       {from_name}
       {before}
       {words}
      </div>
     </div>
"""


def media(classes: str, title: str = "", status: str = "", href: str = "") -> str:
    tag, link = ("a", f' href="{href}"') if href else ("div", "")
    return (
        f'<div class="media_wrap clearfix"><{tag} class="media clearfix pull_left {classes}"{link}>'
        f'<div class="fill pull_left"></div><div class="body"><div class="title bold">\n{title}\n</div>'
        f'<div class="status details">\n{status}\n</div></div></{tag}></div>'
    )


def page(*messages: str, title: str = "Ann") -> str:
    return HEAD.format(title=title) + "".join(messages) + TAIL


NAME = "ChatExport/messages.html"


def test_a_private_chat_comes_through_as_it_was_said(desk: Desk, write: Write) -> None:
    report = desk.take(
        write(
            page(
                said(1, "hi Ben!<br>how are &amp; you &lt;3", "Ann"),
                said(2, 'look: <a href="https://example.org">https://example.org</a> <strong>now</strong>'),
                said(
                    3,
                    "nice",
                    "Ben",
                    before='<div class="reply_to details">In reply to <a href="#go_to_message1" '
                    'onclick="return GoToMessage(1)">this message</a></div>',
                ),
                '<div class="message service" id="message4"><div class="body details">Ann pinned a message</div></div>',
            ),
            NAME,
        )
    )
    assert (report.read, report.kept, dict(report.skipped)) == (4, 3, {"service message": 1})
    assert desk.said == [
        ("Ann", "hi Ben!\nhow are & you <3"),
        ("Ann", "look: https://example.org now"),
        ("Ben", "nice"),
    ]
    assert (desk.chat.kind, desk.chat.title, desk.chat.native_id) == (ChatKind.PRIVATE, "Ann", "name:Ann")
    first, _, last = desk.messages
    assert first.sender == Account("telegram", "name:Ann")
    assert first.sent_at == datetime(2024, 10, 4, 12, 0, 1, tzinfo=UTC)
    assert last.reply_to == first.id
    assert report.files[0].notes == ()


def test_an_old_page_does_not_tell_the_zone(desk: Desk, write: Write) -> None:
    report = desk.take(write(page(said(1, "hi", "Ann", zone="")), NAME), zone=None)
    assert "without a zone" in report.files[0].notes[0]


@pytest.mark.parametrize(
    ("block", "kind_", "words"),
    [
        (media("media_voice_message", "Voice message", "00:05", "voice_messages/1.ogg"), "voice", ""),
        (media("media_video", "Video message", "00:05"), "video", ""),
        (media("media_video", "Animation", "12.0 KB"), "animation", ""),
        (media("media_photo", "Sticker", "😹, 12.3 KB"), "sticker", "😹"),
        (media("media_photo", "Sticker", "12.3 KB"), "sticker", ""),
        (media("media_photo", "Photo", "800x600, 12.3 KB"), "photo", ""),
        ('<a class="sticker_wrap clearfix pull_left" href="stickers/a.webp"><img class="sticker" src="x"/></a>',
         "sticker", ""),
        (media("media_file", "cv.pdf", "1.0 MB", "files/cv.pdf"), "file", ""),
        (media("media_audio_file", "Bach – Air", "04:00"), "audio", ""),
        (media("media_contact", "Cem", "+49 1"), "contact", ""),
        (media("media_location", "Location", "1.5, 2.5", "https://maps.google.com/"), "location", ""),
    ],
)  # fmt: skip
def test_what_is_not_words_keeps_its_place(desk: Desk, write: Write, block: str, kind_: str, words: str) -> None:
    desk.take(write(page(said(1, "", "Ann", before=block)), NAME))
    (message,) = desk.messages
    assert (kind(message), message.attachments[0].words, message.text) == (kind_, words, "")


def test_photos_come_with_their_words(desk: Desk, write: Write) -> None:
    write(picture(), "ChatExport/photos/photo_1.jpg")
    block = '<a class="photo_wrap clearfix pull_left" href="photos/photo_1.jpg"><img class="photo" src="t.jpg"/></a>'
    report = desk.take(write(page(said(1, "our garden", "Ann", before=f"<div>{block}</div>")), NAME))
    (message,) = desk.messages
    assert (message.text, len(message.digests), report.photos) == ("our garden", 1, 1)


def test_passed_on_words_are_marked_and_not_the_senders(desk: Desk, write: Write) -> None:
    forwarded = (
        '<div class="forwarded body"><div class="from_name">Poet <span class="date details" '
        'title="01.01.2020 10:00:00 UTC+08:00"> 01.01.2020</span></div><div class="text">a poem</div></div>'
    )
    desk.take(
        write(page(said(1, "", "Ann", before=forwarded), said(2, "a cat", "Ann via @gif"), said(3, "mine")), NAME)
    )
    assert desk.said == [("Ann", "a poem"), ("Ann", "a cat"), ("Ann", "mine")]
    assert [message.forwarded for message in desk.messages] == [True, True, False]
    assert desk.messages[0].sent_at.year == 2024


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(1, "", "Ann", before=media("media_call success", "Ben", "Outgoing (20 seconds)")), "call"),
        (said(1, "", "Ann", before='<div class="media_poll"><div class="question bold">when?</div></div>'),
         "unknown kind"),
        (said(1, "", "Ann"), "empty"),
        (said(1, "who?"), "no sender"),
        (said(1, "when?", "Ann", time="25:61:00"), "no time"),
    ],
)  # fmt: skip
def test_the_rest_is_counted_by_reason(desk: Desk, write: Write, message: str, reason: str) -> None:
    report = desk.take(write(page(message, said(2, "after", "Ann")), NAME))
    assert (report.read, report.kept, dict(report.skipped)) == (2, 1, {reason: 1})


def test_a_chat_of_many_pages_is_one(desk: Desk, write: Write, tmp_path: Path) -> None:
    """The tenth page comes after the second, a group is a group on every page, and a reply finds its page."""
    answer = '<div class="reply_to details">In reply to <a href="messages.html#go_to_message1">this message</a></div>'
    write(page(said(1, "one", "Ann"), said(2, "two", "Ben"), title="Trip"), NAME)
    write(page(said(3, "three", "Ann"), said(4, "four", "Ben"), title="Trip"), "ChatExport/messages2.html")
    write(page(said(5, "ten", "Cem", before=answer), title="Trip"), "ChatExport/messages10.html")
    report = desk.take(tmp_path / "ChatExport")
    assert (report.kept, report.problems, report.other_files) == (5, [], 0)
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, "Trip")
    assert [text for _, text in desk.said] == ["one", "two", "three", "four", "ten"]
    assert desk.messages[4].reply_to == desk.messages[0].id
    assert desk.take(tmp_path / "ChatExport").kept == 0


def test_the_same_chat_as_json_is_found_again(desk: Desk, write: Write) -> None:
    talk = [telegram_message(n, f"message {n}", (777, BEN)[n % 2]) for n in range(1, 8)]
    desk.take(write(telegram_chat(*talk)))
    names = ("Ann", "Ben")
    html = page(*(said(n, f"message {n}", names[n % 2]) for n in range(1, 10)))
    assert desk.take(write(html, NAME)).kept == 2
    assert {sender_of(message) for message in desk.messages} == {"777", str(BEN)}
    assert desk.messages[0].sent_at.timestamp() == NOON + 1


def test_codes_and_notes_to_self_are_left_out(desk: Desk, write: Write) -> None:
    codes = page(said(1, "Login code: 12345", "Telegram"), title="Telegram")
    notes = page(said(1, "buy milk", "Ben"), title="Saved Messages")
    report = desk.take(write(codes, "a/messages.html"), write(notes, "b/messages.html"))
    assert report.skipped == {"login code": 1, "notes to self": 1}


def test_other_pages_of_the_export_are_left_alone(desk: Desk, write: Write, tmp_path: Path) -> None:
    write(HEAD.format(title="Contacts").partition('<div class="page_body')[0] + TAIL, "x/lists/contacts.html")
    write(page(said(1, "hi", "Ann")), "x/chats/chat_1/messages.html")
    report = desk.take(tmp_path / "x")
    assert (report.kept, report.problems, report.other_files) == (1, [], 1)


@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_a_page_that_is_cut_off(desk: Desk, write: Write, share: float) -> None:
    text = page(*(said(n % 60, f"message {n}", "Ann") for n in range(1, 50)))
    cut = text[: int(len(text) * share)]
    report = desk.take(write(cut, NAME))
    assert 10 < report.kept < 50
    assert "ends in the middle" in report.files[0].notes[0]


def test_a_tag_without_end_takes_little_memory(desk: Desk, write: Write) -> None:
    report = desk.take(write(page(said(1, "hi", "Ann")) + '<a href="' + "x\n" * 4_000_000, NAME))
    assert (report.kept, report.problems) == (1, [])


def test_elements_without_end_do_no_harm(desk: Desk, write: Write) -> None:
    deep = "<div>" * 50_000
    report = desk.take(write(page(said(1, "hi", "Ann"), deep), NAME))
    assert (report.kept, report.problems) == (1, [])


def test_beside_the_same_export_as_json_its_pages_are_left_alone(desk: Desk, write: Write, tmp_path: Path) -> None:
    """Of the two, only the JSON knows people by their ids."""
    write({"about": "", "contacts": {}, "chats": {"list": [telegram_chat(telegram_message(1, "hi"))]}}, "x/result.json")
    write(page(said(1, "hi", "Ann")), "x/chats/chat_1/messages.html")
    write(page(said(2, "more", "Ann")), "x/chats/chat_1/messages2.html")
    report = desk.take(tmp_path / "x")
    assert (report.kept, report.problems) == (1, [])
    assert sender_of(desk.messages[0]) == "777"
    notes = [note for file in report.files for note in file.notes]
    assert notes == ["It was left out: result.json, of the same export, has the same chats, and everybody's ids."]
