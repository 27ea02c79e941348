"""iMessage's own database: words out of attributed bodies, groups, files, edits, and what is no message at all."""

import plistlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import spoken
from bot.message import Account, ChatKind
from tests.importing.conftest import NOON, Desk, Write
from tests.importing.test_zips import zipped
from tests.support import kind, picture, sender_of
from training.data.importers.typedstream import value_of, words_of

SINCE_2001 = 978_307_200
ANN, CEM, BEN = "+491701234567", "cem@example.org", "+491707654321"
SCHEMA = """
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT, display_name TEXT);
CREATE TABLE message (
    ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, attributedBody BLOB, subject TEXT, handle_id INTEGER, date INTEGER,
    is_from_me INTEGER, item_type INTEGER, associated_message_type INTEGER, balloon_bundle_id TEXT,
    thread_originator_guid TEXT, date_edited INTEGER, date_retracted INTEGER, message_summary_info BLOB,
    is_audio_message INTEGER, destination_caller_id TEXT, associated_message_guid TEXT, associated_message_emoji TEXT
);
CREATE TABLE attachment (
    ROWID INTEGER PRIMARY KEY, filename TEXT, mime_type TEXT, transfer_name TEXT, is_sticker INTEGER
);
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
INSERT INTO handle VALUES (1, '+491701234567', 'iMessage'), (2, 'cem@example.org', 'iMessage'),
    (3, '+491701234567', 'SMS');
INSERT INTO chat VALUES (1, 'iMessage;-;+491701234567', 45, '+491701234567', ''),
    (2, 'iMessage;+;chat99', 43, 'chat99', 'Trip'), (3, 'SMS;-;+491701234567', 45, '+491701234567', NULL);
INSERT INTO chat_handle_join VALUES (1, 1), (2, 1), (2, 2), (3, 3);
"""


def sized(text: str) -> bytes:
    """A text with its length, as a typedstream tells it."""
    data = text.encode()
    if len(data) < 0x80:
        return bytes([len(data)]) + data
    wide = 2 if len(data) < 0x8000 else 4
    return (b"\x81" if wide == 2 else b"\x82") + len(data).to_bytes(wide, "little") + data


def body(text: str, **attributes: str) -> bytes:
    """A text as a typedstream, in the few parts of one that are always there."""
    begin = b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\0\x84\x84\x08NSObject\0"
    begin += b"\x85\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + sized(text) + b"\x86\x84\x02iI\x01"
    for name, value in attributes.items():
        begin += b"\x92\x84\x96\x96" + sized(name) + b"\x86\x92\x84\x96\x96" + sized(value) + b"\x86"
    return begin + b"\x86\x86"


def summary(**parts: Any) -> bytes:
    return plistlib.dumps(parts, fmt=plistlib.FMT_BINARY)


def apple(seconds: float) -> int:
    """The date so many seconds after noon UTC, in nanoseconds since 2001."""
    return int((NOON + seconds - SINCE_2001) * 1_000_000_000)


Database = Callable[..., Path]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Makes a chat.db of messages told as text or as columns, from Ann in the talk of two if nothing else is said.

    files: the attachments of each message by its number, as filename, type and whether it is a sticker.
    """

    def make(
        *messages: str | dict[str, Any],
        files: dict[int, list[tuple[str | None, str | None, bool]]] | None = None,
        name: str = "Messages/chat.db",
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as db, db:
            db.executescript(SCHEMA)
            for number, told in enumerate(messages, 1):
                one = {"text": told} if isinstance(told, str) else dict(told)
                chat = one.pop("chat", 1)
                row = {"ROWID": number, "guid": f"G{number}", "handle_id": 1, "date": apple(number), "is_from_me": 0,
                       "item_type": 0, "destination_caller_id": BEN, **one}  # fmt: skip
                db.execute(
                    f"INSERT INTO message ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()]
                )
                if chat is not None:
                    db.execute("INSERT INTO chat_message_join VALUES (?, ?)", (chat, number))
            for number, attached in (files or {}).items():
                for filename, mime, sticker in attached:
                    place = db.execute(
                        "INSERT INTO attachment VALUES (NULL, ?, ?, ?, ?)", (filename, mime, filename, sticker)
                    ).lastrowid
                    db.execute("INSERT INTO message_attachment_join VALUES (?, ?)", (number, place))
        return path

    return make


def test_a_talk_of_two(desk: Desk, database: Database) -> None:
    path = database(
        "are you there?",
        {"attributedBody": body("yes, since noon 🙂"), "is_from_me": 1, "handle_id": 0},
        {"text": "good", "thread_originator_guid": "G2"},
        {"text": "by text message", "chat": 3, "handle_id": 3},
    )
    report = desk.take(path)
    assert (report.files[0].format, report.kept, report.problems) == ("iMessage (chat.db)", 4, [])
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind) == ("imessage", ANN, ChatKind.PRIVATE)
    assert [(sender_of(one), one.text) for one in desk.messages] == [
        (ANN, "are you there?"),
        (BEN, "yes, since noon 🙂"),
        (ANN, "good"),
        (ANN, "by text message"),
    ]
    first, second, third, _ = desk.messages
    assert first.sent_at == datetime(2024, 10, 4, 12, 0, 1, tzinfo=UTC)
    assert third.reply_to == second.id
    assert report.files[0].notes == ()
    assert desk.take(path).kept == 0


def test_the_database_is_not_changed_and_its_log_is_read(desk: Desk, database: Database) -> None:
    path = database("hi")
    with closing(sqlite3.connect(path)) as messages_app:
        messages_app.execute("PRAGMA journal_mode = WAL")
        before = path.read_bytes()
        with messages_app:
            messages_app.execute("INSERT INTO message (ROWID, guid, text, handle_id, date, is_from_me) VALUES (2, 'G2',"
                                 " 'just now', 1, ?, 0)", (apple(2),))  # fmt: skip
            messages_app.execute("INSERT INTO chat_message_join VALUES (1, 2)")
        desk.take(path)
        assert path.read_bytes() == before
    assert [text for _, text in desk.said] == ["hi", "just now"]


def test_a_group(desk: Desk, database: Database) -> None:
    desk.take(
        database(
            {"text": "who is in?", "chat": 2},
            {"text": "me", "chat": 2, "handle_id": 2},
            {"text": "me too", "chat": 2, "handle_id": 0, "is_from_me": 1},
            {"text": "nobody's", "chat": 2, "handle_id": 0},
        )
    )
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == ("chat99", ChatKind.GROUP, "Trip")
    assert [sender_of(one) for one in desk.messages] == [ANN, CEM, BEN]


def test_files_keep_their_place_and_photos_come_along(desk: Desk, database: Database, write: Write) -> None:
    write(picture(), "Messages/Attachments/ab/sky.png")
    home = "~/Library/Messages/Attachments"
    path = database(
        {"text": "\ufffclook\ufffc"},
        {"is_audio_message": 1, "attributedBody": body("\ufffc", IMAudioTranscription="on my way")},
        {},
        {"text": "https://example.org", "balloon_bundle_id": "com.apple.messages.URLBalloonProvider"},
        {"text": "\ufffd", "balloon_bundle_id": "com.apple.messages.MSMessageExtensionBalloonPlugin:x:game"},
        {},
        files={
            1: [(f"{home}/ab/sky.png", "image/png", False), (f"{home}/ab/gone.png", "image/png", False)],
            2: [(f"{home}/ab/Audio Message.caf", "audio/x-caf", False)],
            3: [(f"{home}/ab/cat.heic", "image/heic", True)],
            4: [(f"{home}/ab/1.pluginPayloadAttachment", None, False)],
            6: [(None, None, False)],
        },
    )
    report = desk.take(path)
    assert (report.photos, dict(report.photos_left_out)) == (1, {"not in the export": 1})
    assert [(spoken(one), kind(one), len(one.digests)) for one in desk.messages] == [
        ("look", "", 1),
        ("on my way", "voice", 0),
        ("", "sticker", 0),
        ("https://example.org", "", 0),
        ("", "unknown", 0),
        ("", "file", 0),
    ]


def test_the_last_words_of_an_edited_message_count(desk: Desk, database: Database) -> None:
    versions = [{"d": 1.0, "t": body("see you at fife")}, {"d": 2.0, "t": body("see you at five")}]
    desk.take(database("see you at fife", name="first/chat.db"))
    edited = {"date_edited": apple(60), "message_summary_info": summary(ec={"0": versions}, ep=[0])}
    report = desk.take(database(edited, name="second/chat.db"))
    assert report.skipped["already in the corpus, and edited since"] == 1
    assert [text for _, text in desk.said] == ["see you at five"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        *(
            ({"text": "Loved “hi”", "associated_message_type": number}, "reaction")
            for number in (1000, 2000, 2006, 3007)
        ),
        ({"item_type": 2}, "service message"),
        ({"message_summary_info": summary(rp=[0]), "date_edited": 1}, "recalled"),
        ({"text": "x", "date_retracted": 1}, "recalled"),
        (
            {"text": "\ufffd", "balloon_bundle_id": "com.apple.PassbookUIService.PeerPaymentMessagesExtension"},
            "payment",
        ),
        ({"text": "\ufffc"}, "empty"),
        ({"attributedBody": b"\x04\x0bstreamtyped\x81"}, "empty"),
        ({"attributedBody": b"bplist00", "message_summary_info": b"bplist00nonsense"}, "empty"),
        ({"text": "hi", "date": 0}, "no time"),
        ({"text": "hi", "date": "soon"}, "no time"),
        ({"text": "hi", "date": 2**62}, "no time"),
    ],
)
def test_what_nobody_said_is_counted(desk: Desk, database: Database, columns: dict[str, Any], reason: str) -> None:
    report = desk.take(database("hi", columns))
    assert (report.kept, dict(report.skipped), report.problems) == (1, {reason: 1}, [])


def test_codes_of_companies_are_left_out(desk: Desk, database: Database) -> None:
    path = database("the code of the door is 4711", {"text": "Your code is 123456", "handle_id": 9, "chat": 4})
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO handle VALUES (9, '72000', 'SMS')")
        db.execute("INSERT INTO chat VALUES (4, 'SMS;-;72000', 45, '72000', '')")
    report = desk.take(path)
    assert (report.kept, dict(report.skipped)) == (1, {"login code": 1})


def test_what_was_deleted_stays_gone(desk: Desk, database: Database) -> None:
    assert desk.take(database("hi", {"text": "deleted lately", "chat": None})).read == 1


def test_an_old_database_has_fewer_columns_and_counts_seconds(desk: Desk, database: Database) -> None:
    path = database({"text": "years ago", "date": NOON - SINCE_2001})
    with closing(sqlite3.connect(path)) as db, db:
        for column in ("attributedBody", "date_edited", "date_retracted", "thread_originator_guid",
                       "destination_caller_id", "message_summary_info"):  # fmt: skip
            db.execute(f"ALTER TABLE message DROP COLUMN {column}")
        db.execute("ALTER TABLE attachment DROP COLUMN is_sticker")
    desk.take(path, me="ben@example.org")
    assert desk.messages[0].sent_at == datetime(2024, 10, 4, 12, tzinfo=UTC)


def test_whose_it_is_can_be_said(desk: Desk, database: Database) -> None:
    desk.take(database("hi", {"text": "hey", "is_from_me": 1}), me="ben@example.org")
    assert desk.messages[1].sender == Account("imessage", "ben@example.org")


def test_a_zip_of_the_folder_is_read_with_its_photos(desk: Desk, database: Database, write: Write) -> None:
    path = database({}, files={1: [("/var/mobile/Library/SMS/Attachments/ab/sky.png", "image/png", False)]})
    packed = zipped(("Messages/chat.db", path.read_bytes()), ("Messages/Attachments/ab/sky.png", picture()))
    assert desk.take(write(packed, "messages.zip")).photos == 1


def test_a_damaged_database_is_said(desk: Desk, database: Database, write: Write) -> None:
    data = database(*(f"message {number} {'x' * 500}" for number in range(200))).read_bytes()
    report = desk.take(
        write(data[: len(data) // 3], "cut.db"), write(data[:4096] + b"\xff" * 9000 + data[13096:], "bad.db")
    )
    assert not any("mistake in Echoes" in problem for problem in report.problems)
    assert report.problems or any(file.notes for file in report.files)


def test_other_databases_are_refused_with_what_to_do(desk: Desk, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "msg.db")) as db, db:
        db.execute("CREATE TABLE message (id INTEGER)")
    assert "Export the chats with that program" in desk.take(tmp_path / "msg.db").problems[0]


@pytest.mark.parametrize("text", ["", "hi", "x" * 127, "x" * 128, "好" * 300, "x" * 40_000, "\x84\x01+ in the text"])
def test_texts_of_any_length_are_read_from_a_typedstream(text: str) -> None:
    assert words_of(body(text)) == text
    assert value_of(body("hi", name=text), "name") == text


@pytest.mark.parametrize("data", [b"", b"\x84\x01+", body("hi")[:60], body("hi").replace(b"\x84\x01+", b"\x84\x01-")])
def test_what_is_no_typedstream_holds_no_words(data: bytes) -> None:
    assert (words_of(data), value_of(data, "name")) == ("", "")
