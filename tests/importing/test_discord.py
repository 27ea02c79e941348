"""Discord: DiscordChatExporter's channels with everybody's words, and the data package with its owner's alone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import spoken
from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.importing.test_zips import zipped
from tests.support import kind, picture, sender_of

ANN, BEN = "80351110224678912", "80351110224678913"
FIRST = 1200000000000000000
PEOPLE = {
    ANN: {"id": ANN, "name": "ann.lee", "discriminator": "0000", "nickname": "Annie", "isBot": False, "roles": []},
    BEN: {"id": BEN, "name": "ben", "discriminator": "0000", "nickname": "ben", "isBot": False, "roles": []},
}


def message(number: int, content: str, who: str = ANN, **more: Any) -> dict[str, Any]:
    return {
        "id": str(FIRST + number),
        "type": "Default",
        "timestamp": f"2024-01-20T21:05:{number:02}.123+01:00",
        "timestampEdited": None,
        "content": content,
        "author": PEOPLE[who],
        "attachments": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
        **more,
    }


def channel(*messages: dict[str, Any], guild: str = "Climbers", **about: Any) -> dict[str, Any]:
    return {
        "guild": {"id": "5" * 18, "name": guild},
        "channel": {"id": "7" * 18, "type": "GuildTextChat", "name": "general", **about},
        "messages": list(messages),
        "messageCount": len(messages),
    }


def direct(*messages: dict[str, Any], name: str = "Annie") -> dict[str, Any]:
    told = channel(*messages, type="DirectTextChat", name=name)
    return told | {"guild": {"id": "0", "name": "Direct Messages"}}


def test_a_channel(desk: Desk, write: Write) -> None:
    bot = {"id": "99999999999999999", "name": "helper", "nickname": "", "isBot": True}
    report = desk.take(
        write(
            channel(
                message(1, "who is in?"),
                message(2, "me 好", BEN, type="Reply", reference={"messageId": str(FIRST + 1), "channelId": "7"}),
                message(3, "noted", author=bot),
                message(4, "at six", timestampEdited="2024-01-20T21:09:00+01:00"),
            )
        )
    )
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind, desk.chat.title) == (
        "discord",
        "7" * 18,
        ChatKind.GROUP,
        "Climbers #general",  # as the live chat is called
    )
    assert desk.said == [("Annie", "who is in?"), ("ben", "me 好"), ("helper", "noted"), ("Annie", "at six")]
    first, second, third, _ = desk.messages
    assert (first.sender, first.sent_at) == (
        Account("discord", ANN),
        datetime(2024, 1, 20, 20, 5, 1, 123_000, tzinfo=UTC),
    )
    assert second.reply_to == first.id
    assert [one.from_bot for one in desk.messages] == [False, False, True, False]
    assert third.sender_name == "helper"
    assert report.problems == []


def test_a_talk_of_two_is_with_whom_it_is_called_after(desk: Desk, write: Write) -> None:
    desk.take(write(direct(message(1, "hi", BEN), message(2, "hey"))))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.PRIVATE, ANN, "Annie")
    other_side = direct(message(1, "hi", BEN), message(2, "hey"), message(3, "new"), name="ben")
    assert desk.take(write(other_side, "ann/result.json")).kept == 1
    assert [text for _, text in desk.said] == ["hi", "hey", "new"]


def test_whose_talk_it_is_can_be_said(desk: Desk, write: Write) -> None:
    desk.take(write(direct(message(1, "hi", BEN), message(2, "hey"), name="")), me=ANN)
    assert desk.chat.native_id == BEN


def test_who_never_answered_is_known_by_name(desk: Desk, write: Write) -> None:
    desk.take(write(direct(message(1, "hi?", BEN))))
    assert (desk.chat.native_id, sender_of(desk.messages[0])) == ("name:Annie", BEN)


@pytest.mark.parametrize(
    ("more", "text", "placeholder"),
    [
        ({"attachments": [{"url": "https://cdn/x", "fileName": "voice-message.ogg"}]}, "", "voice"),
        ({"attachments": [{"url": "https://cdn/x", "fileName": "v.mp4"}]}, "", "video"),
        ({"attachments": [{"url": "https://cdn/x", "fileName": "cv.pdf"}]}, "", "file"),
        ({"attachments": [{"url": "https://cdn/x.png", "fileName": "x.png"}]}, "", "photo"),
        ({"stickers": [{"name": "Wave", "format": "Lottie", "sourceUrl": "a\\wave.json"}]}, "Wave", "sticker"),
        ({"stickers": [{"name": "Wave", "format": "PNG", "sourceUrl": "https://cdn/x.png"}]}, "Wave", "sticker"),
        ({"content": "https://tenor.com/view/cat-gif-12"}, "", "animation"),
        (
            {"content": "<@80351110224678913> <a:party:80351110224678999> <#80351110224678000>"},
            "@user :party: #channel",
            "",
        ),
    ],
)
def test_what_is_not_words_keeps_its_place(
    desk: Desk, write: Write, more: dict[str, Any], text: str, placeholder: str
) -> None:
    desk.take(write(channel({**message(1, ""), **more})))
    assert (spoken(desk.messages[0]), kind(desk.messages[0])) == (text, placeholder)


def test_photos_of_windows_are_found(desk: Desk, write: Write) -> None:
    write(picture("red"), "export/general.json_Files/sky-1A.png")
    write(picture("blue"), "export/general.json_Files/wave.png")
    photo = {"url": "general.json_Files\\sky-1A.png", "fileName": "sky.png"}
    sticker = {"name": "Wave", "sourceUrl": "general.json_Files\\wave.png"}
    report = desk.take(
        write(
            channel(message(1, "look", attachments=[photo]), message(2, "", stickers=[sticker])), "export/general.json"
        )
    )
    assert [len(one.digests) for one in desk.messages] == [1, 1]
    assert report.photos == 2


def test_what_is_passed_on_is_marked(desk: Desk, write: Write) -> None:
    passed = {"content": "a poem", "attachments": [], "stickers": []}
    reference = {"messageId": str(FIRST + 1), "type": "Forward"}
    desk.take(write(channel(message(1, "x"), message(2, "", BEN, forwardedMessage=passed, reference=reference))))
    assert [(one.text, one.forwarded, one.reply_to) for one in desk.messages[1:]] == [("a poem", True, None)]


def test_a_mention_is_told_by_name(desk: Desk, write: Write) -> None:
    desk.take(write(channel(message(1, f"<@!{BEN}> come", mentions=[{"id": BEN, "name": "ben", "nickname": "Benny"}]))))
    assert desk.messages[0].text == "@Benny come"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"type": "GuildMemberJoin", "content": "Joined the server."}, "service message"),
        ({"type": "ChannelPinnedMessage", "content": "Pinned a message."}, "service message"),
        ({"type": "20", "content": "used /roll"}, "service message"),
        ({"type": "Call", "content": "Started a call."}, "call"),
        ({"timestamp": None}, "no time"),
        ({"timestamp": "2150-01-01T00:00:00+00:00"}, "no time"),
        ({"author": {"name": "x"}}, "no sender"),
        ({"content": " "}, "empty"),
        ({"content": "", "embeds": [{"title": "x"}]}, "unknown kind"),
    ],
)
def test_the_rest_is_counted_by_reason(desk: Desk, write: Write, more: dict[str, Any], reason: str) -> None:
    report = desk.take(write(channel({**message(1, "x"), **more}, message(2, "after"))))
    assert (report.kept, dict(report.skipped)) == (1, {reason: 1})


@pytest.mark.parametrize(
    "odd",
    [
        {"author": "ann"},
        {"author": {"id": {"a": 1}}},
        {"author": {"id": "9" * 30}},
        {"attachments": "x"},
        {"attachments": [None, 5, {}]},
        {"attachments": [{"url": 5, "fileName": "a.png"}]},
        {"stickers": [{"name": 5, "sourceUrl": ["x"]}]},
        {"mentions": [{"id": [1]}, 5]},
        {"reference": "x"},
        {"forwardedMessage": "x"},
        {"id": "x"},
        {"id": 10**30},
        {"type": ["x"]},
        {"content": "half \udc00"},
    ],
)
def test_odd_values_never_stop_an_import(desk: Desk, write: Write, odd: dict[str, Any]) -> None:
    report = desk.take(write(json.dumps(channel({**message(1, "odd"), **odd}, message(2, "fine")))))
    assert (report.problems, report.read) == ([], 2)
    assert desk.said[-1] == ("Annie", "fine")


def test_a_truncated_export_gives_all_that_is_whole(desk: Desk, write: Write) -> None:
    text = json.dumps(channel(*(message(n, f"message {n}") for n in range(50))))
    report = desk.take(write(text[: len(text) * 3 // 4]))
    assert 30 < report.kept < 50
    assert "ends in the middle" in report.files[0].notes[0]


OWN = [
    {"ID": FIRST + 2, "Timestamp": "2024-01-20 20:05:02", "Contents": "好的, later", "Attachments": ""},
    {"ID": FIRST + 1, "Timestamp": "2024-01-20 20:05:01", "Contents": "", "Attachments": "https://cdn/a/sky.png?ex=1"},
]
TABLE = "ID,Timestamp,Contents,Attachments\n" + "".join(
    f'{one["ID"]},{one["Timestamp"]}.123000+00:00,"{one["Contents"]}",{one["Attachments"]}\n' for one in OWN
)

Package = Callable[..., Path]


@pytest.fixture
def package(write: Write) -> Package:
    """Writes Ben's data package with one channel."""

    def package(about: dict[str, Any], messages: object = OWN, name: str = "messages.json") -> Path:
        write({"id": BEN, "username": "ben", "global_name": "Ben"}, "package/account/user.json")
        write(
            {"7" * 18: "Direct Message with ann.lee#0", "8" * 18: "general in Climbers"}, "package/messages/index.json"
        )
        write({"id": "7" * 18, **about}, f"package/messages/c{'7' * 18}/channel.json")
        return write(messages, f"package/messages/c{'7' * 18}/{name}").parents[2]

    return package


@pytest.mark.parametrize(("messages", "name"), [(OWN, "messages.json"), (TABLE, "messages.csv")])
def test_the_data_package_holds_its_owners_words(desk: Desk, package: Package, messages: object, name: str) -> None:
    report = desk.take(package({"type": "DM", "recipients": [BEN, ANN]}, messages, name))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.PRIVATE, ANN, "ann.lee")
    assert desk.said == [("Ben", "<photo>"), ("Ben", "好的, later")]
    assert {one.sender for one in desk.messages} == {Account("discord", BEN)}
    assert [int(one.sent_at.timestamp()) for one in desk.messages] == [1705781101, 1705781102]
    assert (report.problems, report.files[0].format) == ([], "Discord data package")


def test_the_package_and_the_exporter_tell_of_the_same_messages(desk: Desk, package: Package, write: Write) -> None:
    desk.take(package({"type": 1, "recipients": [ANN, BEN]}))
    whole = direct(message(1, "", BEN), message(2, "好的, later", BEN), message(3, "ok"))
    whole["messages"][0]["attachments"] = [{"url": "https://cdn/x.png", "fileName": "sky.png"}]
    assert desk.take(write(whole, "all.json")).kept == 1
    assert desk.said[-1] == ("Annie", "ok")


def test_a_channel_of_the_package(desk: Desk, package: Package) -> None:
    desk.take(package({"type": 0, "name": "general", "guild": {"id": "5", "name": "Climbers"}}))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.GROUP, "7" * 18, "Climbers #general")


def test_a_package_that_does_not_say_whose_it_is(desk: Desk, write: Write) -> None:
    path = write(OWN, "c777/messages.json")
    assert "give `--me`" in desk.take(path).problems[0]
    assert "give `--me`" in desk.take(path, me="ben").problems[0]
    assert desk.take(path, me=BEN).kept == 2
    assert desk.chat.native_id == "777"


def test_the_package_is_read_as_the_zip_that_it_is(desk: Desk, write: Write) -> None:
    files = {
        "Account/user.json": {"id": BEN, "username": "ben"},
        "Messages/c7/channel.json": {"id": "7", "type": "GUILD_TEXT", "name": "general"},
        "Messages/c7/messages.json": OWN,
    }
    report = desk.take(write(zipped(*((name, json.dumps(one)) for name, one in files.items())), "package.zip"))
    assert (report.kept, desk.said[-1]) == (2, ("ben", "好的, later"))


@pytest.mark.parametrize(
    "row",
    [
        {"ID": "x", "Timestamp": "2024-01-20 20:05:02", "Contents": "odd"},
        {"ID": 1, "Timestamp": None, "Contents": "odd"},
        {"ID": 1, "Timestamp": "2024-01-20 20:05:02", "Contents": {"a": 1}},
        {"ID": 1, "Timestamp": "1969-01-20 20:05:02", "Contents": "x", "Attachments": 7},
        {},
    ],
)
def test_odd_rows_never_stop_an_import(desk: Desk, package: Package, row: dict[str, Any]) -> None:
    report = desk.take(package({"type": ["x"], "recipients": 5, "guild": "x"}, [*OWN, row]))
    assert (report.problems, report.read) == ([], 3)
    assert report.kept >= 2
