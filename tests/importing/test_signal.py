"""Signal, as signal-export writes it: each message's own words, without quotes, reactions and file names."""

import pytest

from bot.chat.attachments import spoken
from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, picture

CHAT = """\
[2024-01-20 21:05:01] Ann Lee: are you home?··
[2024-01-20 21:05:09] Me:·

> are you home?

on my way
in ten minutes··
(- Ann Lee: ❤️ -)
[2024-01-20 21:06:00] Ann Lee: look  ![sky 1.jpg](./media/sky%201.jpg)··
[2024-01-20 21:06:30] Ann Lee:   [voice.aac](./media/voice.aac)··
[2024-01-20 21:07:00] Me:···
(( 😹 ))
[2024-01-20 21:08:00] Me: Outgoing call··
[2024-01-20 21:09:00] No-Sender:···
[2024-01-20 21:09:00] Me: [not](a file) and (( not a sticker )) here··
""".replace("·", " ")
"""Signal-export ends lines with blanks, which no editor would keep."""


def test_a_private_chat(desk: Desk, write: Write) -> None:
    write(picture(), "export/AnnLee/media/sky 1.jpg")
    report = desk.take(write(CHAT, "export/AnnLee/chat.md"))
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind) == ("signal", "name:Ann Lee", ChatKind.PRIVATE)
    assert [(one.sender_name, spoken(one), kind(one), len(one.digests)) for one in desk.messages] == [
        ("Ann Lee", "are you home?", "", 0),
        ("Me", "on my way\nin ten minutes", "", 0),
        ("Ann Lee", "look", "", 1),
        ("Ann Lee", "", "voice", 0),
        ("Me", "😹", "sticker", 0),
        ("Me", "[not](a file) and (( not a sticker )) here", "", 0),
    ]
    assert dict(report.skipped) == {"call": 1, "no sender": 1}
    assert desk.take(write(CHAT, "export/AnnLee/index.md")).kept == 0


def test_the_owner_can_be_said(desk: Desk, write: Write) -> None:
    desk.take(write(CHAT, "AnnLee/chat.md"), me="+491715551234")
    assert desk.messages[1].sender == Account("signal", "+491715551234")


def test_an_older_layout_with_both_names(desk: Desk, write: Write) -> None:
    desk.take(write("[2019-12-24, 12:23] Jane: Hello!\n[2020-01-17, 21:49] John: Hello\nJane!\n", "export.txt"))
    assert desk.said == [("Jane", "Hello!"), ("John", "Hello\nJane!")]
    assert (desk.chat.kind, desk.chat.native_id) == (ChatKind.PRIVATE, "name:Jane")


@pytest.mark.parametrize(
    ("folder", "more", "expected"),
    [
        ("Trip", "[2024-01-20 21:10:00] Cem: me too  \n", ChatKind.GROUP),
        ("Trip to Rome", "", ChatKind.GROUP),  # two wrote, and it is called after neither
        ("Ann Lee 🌸", "", ChatKind.PRIVATE),
        ("Ann", "", ChatKind.PRIVATE),
    ],
)
def test_groups_are_told_from_talks_of_two(
    desk: Desk, write: Write, folder: str, more: str, expected: ChatKind
) -> None:
    desk.take(write(CHAT + more, f"{folder}/chat.md"))
    assert desk.chat.kind is expected


def test_whatsapp_of_a_phone_that_writes_the_same_times_stays_whatsapp(desk: Desk, write: Write) -> None:
    text = "[2024-01-20 21:05:01] Ann: hej\n[2024-01-20 21:05:02] Ben: hej\n"
    assert desk.take(write(text, "_chat.txt")).files[0].format == "WhatsApp"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[2024-02-31 10:00:00] Ann Lee: no such day", "no time"),
        ("[1969-01-01 10:00:00] Ann Lee: too early", "no time"),
        ("[2150-01-01 10:00:00] Ann Lee: too late", "no time"),
        ("[2024-01-20 22:00:00] Ann Lee:", "empty"),
        ("[2024-01-20 22:00:00] Ann Lee: \n> only a quote", "empty"),
    ],
)
def test_the_rest_is_counted_by_reason(desk: Desk, write: Write, line: str, reason: str) -> None:
    report = desk.take(write(f"[2024-01-20 21:00:00] Me: hi  \n{line}\n", "AnnLee/chat.md"))
    assert (report.kept, dict(report.skipped), report.problems) == (1, {reason: 1}, [])


@pytest.mark.parametrize(
    "rest",
    [b"cut in ha\xe5", b"a" * 200_000, b"> " * 70_000, b"\n> x" * 30_000 + b"\nend", b"![" * 20_000, b"(( " * 20_000],
)
def test_damage_never_stops_an_import(desk: Desk, write: Write, rest: bytes) -> None:
    report = desk.take(write(CHAT.encode() + b"[2024-01-20 22:00:00] Me: " + rest, "AnnLee/chat.md"))
    assert (report.read, report.problems) == (9, [])
