"""Text messages: imessage-exporter's files, and the backup of an Android phone."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, picture, sender_of

TALK = """May 17, 2022  5:29:42 PM (Read by you after 1 hour, 49 seconds)
Ann
are you there?
    May 17, 2022  5:31:00 PM
    Me
    yes, since noon

May 17, 2022  5:30:00 PM
Me
hi
there

May 17, 2022  5:31:00 PM
Me
yes, since noon
Sent with Confetti
This message responded to an earlier message.

May 17, 2022  5:32:00 PM
Ann
attachments/3/cat.png
Tapbacks:
Loved by Me

May 17, 2022  5:33:00 PM
Ann
attachments/3/Audio Message.caf
Transcription: on my way

May 17, 2022  5:34:00 PM
Ann
May 17, 2022  5:34:00 PM see you at fife
Edited 15 seconds later: see you at five
Edited 1 minute, 2 seconds later: see you at six

May 17, 2022  5:35:00 PM Ann renamed the conversation to Trip

May 17, 2022  5:36:00 PM
Ann
Ann unsent this message part 5 seconds after sending!

May 17, 2022  5:37:00 PM
Ann
first part

second part: May 17, 2022  5:29:42 PM

May 17, 2022 12:05:00 AM
Me
Apple Pay transaction: $5
"""


def test_imessage_gives_words_and_places(desk: Desk, write: Write) -> None:
    write(picture(), "messages/attachments/3/cat.png")
    path = write(TALK, "messages/Ann.txt")
    report = desk.take(path)
    assert (report.files[0].format, report.kept, report.photos) == ("iMessage (imessage-exporter)", 7, 1)
    assert dict(report.skipped) == {"service message": 1, "recalled": 1, "payment": 1}
    assert desk.said == [
        ("Ann", "are you there?"),
        ("Me", "hi\nthere"),
        ("Me", "yes, since noon"),
        ("Ann", "<photo>"),
        ("Ann", "on my way"),
        ("Ann", "see you at six"),
        ("Ann", "first part\n\nsecond part: May 17, 2022  5:29:42 PM"),
    ]
    assert (desk.chat.kind, desk.chat.title, desk.chat.native_id) == (ChatKind.PRIVATE, "Ann", "name:Ann")
    assert desk.messages[0].sent_at == datetime(2022, 5, 17, 9, 29, 42, tzinfo=UTC)
    assert desk.messages[2].reply_to == desk.messages[0].id
    assert kind(desk.messages[4]) == "voice"
    assert "with --me ID" in report.files[0].notes[0]
    assert desk.take(path).kept == 0


def test_an_imessage_that_was_edited_since_is_updated(desk: Desk, write: Write) -> None:
    before = TALK.replace("Edited 1 minute, 2 seconds later: see you at six\n", "")
    desk.take(write(before, "first/Ann.txt"))
    assert desk.messages[5].text == "see you at five"
    report = desk.take(write(TALK, "second/Ann.txt"))
    assert report.skipped["already in the corpus, and edited since"] == 1
    assert desk.messages[5].text == "see you at six"


def test_what_people_say_of_messages_is_kept(desk: Desk, write: Write) -> None:
    desk.take(write(TALK.replace("hi\nthere", "I deleted a message. The transaction: done"), "Ann.txt"))
    assert desk.said[1] == ("Me", "I deleted a message. The transaction: done")


def test_imessage_may_know_whose_it_is(desk: Desk, write: Write) -> None:
    report = desk.take(write(TALK, "+491701234567.txt"), me="ben@example.org")
    assert sender_of(desk.messages[1]) == "ben@example.org"
    assert report.files[0].notes == ()


def test_people_without_a_name_are_their_numbers(desk: Desk, write: Write) -> None:
    desk.take(write(TALK.replace("\nAnn\n", "\n+491701234567\n"), "+491701234567.txt"))
    assert (desk.chat.native_id, desk.messages[0].sender_name) == ("+491701234567", "")


def test_an_imessage_group(desk: Desk, write: Write) -> None:
    desk.take(write(TALK.replace("5:32:00 PM\nAnn", "5:32:00 PM\nCem"), "Ann, Cem.txt"))
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, "Ann, Cem")


def sms(number: int, body: str, box: int = 1, address: str = "+49 170 1234567", name: str = "Ann") -> str:
    return (
        f'  <sms protocol="0" address="{address}" date="{1_728_043_200_000 + number * 1000}" type="{box}" '
        f'subject="null" body="{body}" read="1" status="-1" contact_name="{name}" />\n'
    )


PICTURE_MESSAGE = """
  <mms date="1728043210000" msg_box="1" address="+491701234567~+491707654321" contact_name="Ann, Cem">
    <parts>
      <part seq="-1" ct="application/smil" text="&lt;smil/&gt;" />
      <part seq="0" ct="image/jpeg" text="null" data="AAAA" />
      <part seq="0" ct="text/plain" text="our garden" />
    </parts>
    <addrs>
      <addr address="+491707654321" type="137" charset="106" />
      <addr address="+491701234567" type="151" charset="106" />
    </addrs>
  </mms>
"""


def backup(*messages: str) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
        f'<smses count="{len(messages)}" backup_set="x">\n{"".join(messages)}</smses>\n'
    )


def test_sms_gives_words_and_places(desk: Desk, write: Write) -> None:
    path = write(
        backup(
            sms(1, "hi &amp; hello&#10;there &#55357;&#56832;"),
            sms(2, "hey &#55357; you", box=2),
            sms(3, "not sent", box=3),
            sms(4, "Your code is 123456", address="12345", name="(Unknown)"),
            sms(5, "the code of the door is 4711"),
            sms(6, "【某某】验证码 987654，请勿泄露", address="1069000", name="(Unknown)"),
            sms(7, "", box=1),
            PICTURE_MESSAGE,
        ),
        "sms-20241005.xml",
    )
    report = desk.take(path)
    assert (report.files[0].format, report.kept) == ("SMS Backup & Restore", 4)
    assert dict(report.skipped) == {"draft or not sent": 1, "login code": 2, "empty": 1}
    private, group = sorted(desk.corpus.chats(), key=lambda chat: chat.kind.value, reverse=True)
    assert (private.native_id, private.title) == ("+491701234567", "Ann")
    said = list(desk.corpus.messages(private))
    assert [(m.sender_name, m.text) for m in said] == [
        ("Ann", "hi & hello\nthere 😀"),
        ("", "hey � you"),
        ("Ann", "the code of the door is 4711"),
    ]
    assert said[0].sent_at == datetime(2024, 10, 4, 12, 0, 1, tzinfo=UTC)
    assert (group.kind, group.title) == (ChatKind.GROUP, "Ann, Cem")
    (photo,) = desk.corpus.messages(group)
    assert (photo.sender, photo.text, kind(photo)) == (Account("sms", "+491707654321"), "our garden", "photo")
    assert desk.take(path).kept == 0


@pytest.mark.parametrize("piece", range(1, 30))
def test_emoji_in_halves_are_mended_wherever_the_pieces_end(
    desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr("training.data.importers.sms._CHUNK", piece)
    path = write(backup(sms(1, "&#55357;&#56832;&#65;&#xD83D;&#xDE00;&#56832;")), "sms.xml")
    desk.take(path)
    assert [text for _, text in desk.said] == ["😀A😀�"]


def test_a_backup_that_is_cut_off(desk: Desk, write: Write) -> None:
    text = backup(*(sms(n, f"message {n}") for n in range(1, 50)))
    report = desk.take(write(text[: int(len(text) * 0.7)], "sms.xml"))
    assert 20 < report.kept < 49
    assert "ends in the middle" in report.files[0].notes[0]
    damaged = desk.take(write(text.replace('body="message 30"', 'body="message <30"'), "sms2.xml"))
    assert "damaged in the middle" in damaged.files[0].notes[0]


def test_xml_that_would_fill_the_memory_is_refused(desk: Desk, write: Write, tmp_path: Path) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(2, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE smses [<!ENTITY l1 "lol">{lol}]><smses>{sms(1, "&l11;")}</smses>'
    secret = '<!DOCTYPE smses [<!ENTITY x SYSTEM "file:///etc/passwd">]><smses count="1">' + sms(1, "&x;") + "</smses>"
    tracemalloc.start()
    report = desk.take(write(bomb, "bomb.xml"), write(secret, "secret.xml"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [("entities" in problem, report.kept) for problem in report.problems] == [(True, 0)] * 2
    assert peak < 20_000_000
