"""Slack: channels and talks of two come through with names, threads and files, and apps are told from people."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.importing.test_zips import zipped
from tests.support import kind, picture, sender_of

USERS = [
    {"id": "UANN", "name": "ann", "real_name": "Ann Lee", "profile": {"display_name": "Annie", "real_name": "Ann Lee"}},
    {"id": "UBEN", "name": "ben", "real_name": "Ben Ko", "profile": {"display_name": "", "real_name": "Ben Ko"}},
    {"id": "UCEM", "name": "cem", "profile": {}},
    {"id": "UPOLL", "name": "pollbot", "is_bot": True, "profile": {"real_name": "Poll"}},
]
CHANNELS = [{"id": "C1", "name": "general", "members": ["UANN", "UBEN", "UCEM"]}]
DMS = [{"id": "D1", "members": ["UANN", "UBEN"]}, {"id": "D2", "members": ["UBEN", "UCEM"]}]
MPIMS = [{"id": "G9", "name": "mpdm-ann--ben--cem-1", "members": ["UANN", "UBEN", "UCEM"]}]

Export = Callable[..., Path]


@pytest.fixture
def export(write: Write) -> Export:
    """Writes an export with the messages of one day, told as text or as keys, by Ann where nothing else is said."""

    def export(*messages: str | dict[str, Any], channel: str = "general", name: str = "export") -> Path:
        for file, content in (("users", USERS), ("channels", CHANNELS), ("dms", DMS), ("mpims", MPIMS)):
            write(content, f"{name}/{file}.json")
        told = [{"text": one} if isinstance(one, str) else one for one in messages]
        day = [
            {"type": "message", "user": "UANN", "ts": f"17000000{n:02}.000100", **one} for n, one in enumerate(told, 1)
        ]
        return write(json.dumps(day), f"{name}/{channel}/2023-11-14.json").parents[1]

    return export


def test_a_channel(desk: Desk, export: Export) -> None:
    folder = export(
        "who is in?",
        {"user": "UBEN", "text": "me", "thread_ts": "1700000001.000100"},
        {"user": "UCEM", "text": "me too", "edited": {"user": "UCEM", "ts": "1700000009.000000"}},
    )
    report = desk.take(folder)
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind, desk.chat.title) == (
        "slack",
        "C1",
        ChatKind.GROUP,
        "general",
    )
    assert desk.said == [("Annie", "who is in?"), ("Ben Ko", "me"), ("cem", "me too")]
    first, second, _ = desk.messages
    assert (first.sender, first.sent_at) == (
        Account("slack", "UANN"),
        datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC),
    )
    assert second.reply_to == first.id
    assert (report.problems, report.other_files) == ([], 4)
    assert desk.take(folder).kept == 0


def test_an_answer_on_the_next_day_finds_its_thread(desk: Desk, export: Export, write: Write) -> None:
    folder = export("who is in?")
    late = {
        "type": "message",
        "user": "UBEN",
        "text": "me",
        "ts": "1700090000.000000",
        "thread_ts": "1700000001.000100",
    }
    write([late], "export/general/2023-11-15.json")
    desk.take(folder)
    first, second = desk.messages
    assert second.reply_to == first.id


def test_days_of_which_nothing_is_kept_are_told_with_their_channel(desk: Desk, export: Export, write: Write) -> None:
    joined = {"type": "message", "subtype": "channel_join", "user": "UBEN", "text": "", "ts": "1690000000.0"}
    folder = export("hi")
    write([joined], "export/general/2023-07-22.json")
    write([joined], "export/general/2023-12-01.json")
    (told,) = desk.take(folder).chats.values()
    assert (told.title, told.read, told.kept) == ("general", 3, 1)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("<@UANN> and <@UBEN|ben>: hi", "@Annie and @Ben Ko: hi"),
        ("ask <@UGONE>", "ask @UGONE"),
        ("in <#C1|general> or <#C1>", "in #general or #general"),
        ("<!here> <!subteam^S1|@team>", "@here @team"),
        (
            "see <http://example.org|example.org> and <https://x.org/a?b=1&amp;c=2>",
            "see example.org and https://x.org/a?b=1&c=2",
        ),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        ("好的 :joy:", "好的 :joy:"),
    ],
)
def test_what_was_typed_is_told_from_markup(desk: Desk, export: Export, written: str, typed: str) -> None:
    desk.take(export(written))
    assert desk.said == [("Annie", typed)]


def test_emoji_become_letters_where_the_export_has_them(desk: Desk, export: Export) -> None:
    emoji = [
        {"type": "emoji", "name": "joy", "unicode": "1f602"},
        {"type": "emoji", "name": "+1", "unicode": "1f44d-1f3fb", "skin_tone": 2},
        {"type": "emoji", "name": "parrot"},
        {"type": "emoji", "name": "odd", "unicode": "5c"},
    ]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": emoji}]}]
    desk.take(export({"text": "ha :joy: :+1::skin-tone-2: :parrot: :odd:", "blocks": blocks}))
    assert desk.said == [("Annie", "ha 😂 👍🏻 :parrot: \\")]


def test_a_talk_of_two_belongs_to_who_is_in_all_of_them(desk: Desk, export: Export) -> None:
    desk.take(export("hi", {"user": "UBEN", "text": "hello"}, channel="D1"))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.PRIVATE, "UANN", "Annie")


def test_whose_export_it_is_can_be_said(desk: Desk, export: Export) -> None:
    desk.take(export("hi", channel="D1"), me="UANN")
    assert desk.chat.native_id == "UBEN"


def test_a_talk_of_three_is_called_after_them(desk: Desk, export: Export) -> None:
    desk.take(export("hi", channel="mpdm-ann--ben--cem-1"))
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, "Annie, Ben Ko, cem")


def test_apps_are_told_from_people(desk: Desk, export: Export) -> None:
    desk.take(
        export(
            {"user": "UPOLL", "text": "vote"},
            {"user": None, "subtype": "bot_message", "bot_id": "B1", "username": "deploy", "text": "done"},
            {
                "user": None,
                "subtype": "bot_message",
                "bot_id": "B1",
                "text": "",
                "attachments": [{"fallback": "built"}],
            },
            {"user": "UX", "bot_id": "B2", "bot_profile": {"name": "gif"}, "text": "gif!"},
            "hi",
        )
    )
    assert [(sender_of(one), one.text, one.from_bot) for one in desk.messages] == [
        ("UPOLL", "vote", True),
        ("B1", "done", True),
        ("B1", "built", True),
        ("UX", "gif!", True),
        ("UANN", "hi", False),
    ]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"subtype": "channel_join", "text": "<@UANN> has joined"}, "service message"),
        ({"subtype": "message_changed", "hidden": True, "text": "x"}, "service message"),
        ({"subtype": "a_kind_of_tomorrow", "text": "x"}, "service message"),
        ({"subtype": "tombstone", "text": "This message was deleted."}, "recalled"),
        ({"subtype": "huddle_thread", "text": "A huddle started"}, "call"),
        ({"text": "x", "ts": None}, "no time"),
        ({"text": "x", "ts": "9999999999.000000"}, "no time"),
        ({"text": "x", "ts": "soon"}, "no time"),
        ({"text": "x", "user": None}, "no sender"),
        ({"text": ""}, "empty"),
        ({"text": None}, "empty"),
    ],
)
def test_the_rest_is_counted_by_reason(desk: Desk, export: Export, message: dict[str, Any], reason: str) -> None:
    report = desk.take(export(message, "after"))
    assert (report.kept, dict(report.skipped)) == (1, {reason: 1})


def test_notes_to_oneself_are_no_talk(desk: Desk, export: Export, write: Write) -> None:
    folder = export("buy milk", channel="D3")
    write([*DMS, {"id": "D3", "members": ["UANN", "UANN"]}], "export/dms.json")
    assert dict(desk.take(folder).skipped) == {"notes to self": 1}


def test_files_keep_their_place(desk: Desk, export: Export, write: Write) -> None:
    write(picture(), "export/general/attachments/F1-sky.png")
    desk.take(
        export(
            {"text": "look", "files": [{"id": "F1", "name": "sky.png", "mimetype": "image/png"}]},
            {"text": "", "files": [{"id": "F2", "name": "v", "mimetype": "audio/webm", "subtype": "slack_audio"}]},
            {"text": "", "files": [{"id": "F3", "name": "v.mp4", "mimetype": "video/mp4"}]},
            {"text": "notes", "files": [{"id": "F4", "name": "n.pdf", "mimetype": "application/pdf"}]},
            {"text": "", "files": [{"id": "F5", "name": "gone.png", "mimetype": "image/png"}]},
            {"text": "kept", "files": [{"id": "F6", "mode": "tombstone"}]},
            {
                "subtype": "file_share",
                "text": "<@UANN> uploaded a file: <https://x.org|a.png> and commented: mine",
                "file": {
                    "id": "F7",
                    "name": "a.pdf",
                    "mimetype": "application/pdf",
                    "initial_comment": {"comment": "mine"},
                },
            },
            {"user": None, "subtype": "file_comment", "text": "x", "comment": {"user": "UBEN", "comment": "nice"}},
        )
    )
    assert [(len(one.digests), one.text, kind(one)) for one in desk.messages] == [
        (1, "look", ""),
        (0, "", "voice"),
        (0, "", "video"),
        (0, "notes", "file"),
        (0, "", "photo"),
        (0, "kept", ""),
        (0, "mine", "file"),
        (0, "nice", ""),
    ]
    assert sender_of(desk.messages[-1]) == "UBEN"


def test_what_is_passed_on_is_marked(desk: Desk, export: Export) -> None:
    shared = {"is_share": True, "text": "somebody's joke", "fallback": "x"}
    desk.take(export({"text": "", "attachments": [shared]}, {"text": "ha", "attachments": [{"fallback": "a preview"}]}))
    assert [(one.text, one.forwarded) for one in desk.messages] == [("somebody's joke", True), ("ha", False)]


def test_a_day_by_itself_still_tells_ids_and_profiles(desk: Desk, write: Write) -> None:
    day = [
        {"type": "message", "user": "U1", "ts": "1700000001.0", "text": "hi", "user_profile": {"display_name": "Dee"}},
        {"type": "message", "user": "U2", "ts": "1700000002.0", "text": "ho"},
    ]
    desk.take(write(day, "random/2023-11-14.json"))
    assert (desk.chat.native_id, desk.chat.title) == ("name:random", "random")
    assert [(sender_of(one), one.sender_name) for one in desk.messages] == [("U1", "Dee"), ("U2", "")]


def test_a_zip_is_read_with_who_is_who(desk: Desk, write: Write) -> None:
    day = [{"type": "message", "user": "UANN", "ts": "1700000001.0", "text": "hi"}]
    files = {"users.json": USERS, "channels.json": CHANNELS, "general/2023-11-14.json": day}
    desk.take(write(zipped(*((name, json.dumps(one)) for name, one in files.items())), "team.zip"))
    assert (desk.chat.title, desk.said) == ("general", [("Annie", "hi")])


@pytest.mark.parametrize(
    "odd",
    [
        {"text": {"a": 1}},
        {"user": {"a": 1}},
        {"files": "x"},
        {"files": [None, 5, {}]},
        {"attachments": [5, {"is_share": True}]},
        {"blocks": [{"elements": {"a": 1}}, 5, {"type": "emoji", "name": 5, "unicode": 7}]},
        {"blocks": [{"type": "emoji", "name": "x", "unicode": "ffffff"}]},
        {"thread_ts": 5},
        {"user_profile": 5, "user": "UX"},
        {"bot_profile": 5},
        {"subtype": ["x"]},
        {"text": "half \udc00"},
    ],
)
def test_odd_values_never_stop_an_import(desk: Desk, export: Export, odd: dict[str, Any]) -> None:
    report = desk.take(export({"text": "odd", **odd}, "fine"))
    assert (report.problems, report.read) == ([], 2)
    assert desk.said[-1] == ("Annie", "fine")


@pytest.mark.parametrize("damage", ["[{", "[1, 2]", "{}", "", '[{"id": 5, "profile": 7, "members": 9}]'])
def test_damage_beside_the_messages_only_costs_names(desk: Desk, export: Export, write: Write, damage: str) -> None:
    folder = export("hi")
    for name in ("users", "channels", "dms"):
        write(damage, f"export/{name}.json")
    report = desk.take(folder)
    assert (report.kept, report.problems) == (1, [])
