"""Messenger and Instagram: the words that people typed, in their order, and not what the apps add in their name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.chat.attachments import spoken
from bot.message import ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, picture

START = int(datetime(2023, 5, 1, 12, tzinfo=UTC).timestamp()) * 1000
MESSENGER = "your_facebook_activity/messages/inbox"
INSTAGRAM = "your_instagram_activity/messages/inbox"


def broken(value: Any) -> Any:
    """The same with every text's UTF-8 taken for Latin-1, as these exports have it."""
    if isinstance(value, str):
        return value.encode("utf-8").decode("latin-1")
    if isinstance(value, dict):
        return {key: broken(one) for key, one in value.items()}
    return [broken(one) for one in value] if isinstance(value, list) else value


def thread(*messages: dict[str, Any], members: tuple[str, ...] = ("Zoë Grün", "Ben Ko"), **more: Any) -> str:
    """A chat whose messages are told here oldest first, a second apart, by Zoë where nothing else is said."""
    told = [
        {"sender_name": members[0], "timestamp_ms": START + number * 1000, **message}
        for number, message in enumerate(messages, 1)
    ]
    return json.dumps(
        broken(
            {
                "participants": [{"name": name} for name in members],
                "messages": told[::-1],
                "title": members[0],
                "thread_path": "inbox/zoe_17",
                **more,
            }
        )
    )


def ben(content: str, **more: Any) -> dict[str, Any]:
    return {"sender_name": "Ben Ko", "content": content, **more}


def test_a_chat_comes_out_whole_and_the_oldest_first(desk: Desk, write: Write) -> None:
    report = desk.take(
        write(
            thread({"content": "schöne Grüße 🥰"}, ben("谢谢你！"), {"content": "“bis bald”"}),
            f"{MESSENGER}/zoe_17/m.json",
        )
    )
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind, desk.chat.title) == (
        "messenger",
        "name:Zoë Grün",
        ChatKind.PRIVATE,
        "Zoë Grün",
    )
    assert desk.said == [("Zoë Grün", "schöne Grüße 🥰"), ("Ben Ko", "谢谢你！"), ("Zoë Grün", "“bis bald”")]
    assert (report.read, report.kept) == (3, 3)


def test_messages_of_one_moment_keep_their_order(desk: Desk, write: Write) -> None:
    desk.take(write(thread(*({"content": f"{n}", "timestamp_ms": START} for n in range(5)))))
    assert [message.text for message in desk.messages] == ["0", "1", "2", "3", "4"]


def test_a_text_that_is_whole_already_stays_so(desk: Desk, write: Write) -> None:
    messages = [{"sender_name": "Ann", "timestamp_ms": START, "content": "naïve 你好 café"}]
    desk.take(write({"participants": [{"name": "Ann"}, {"name": "Ben"}], "messages": messages}, "m.json"))
    assert desk.said == [("Ann", "naïve 你好 café")]


def test_a_chat_split_over_files_is_one(desk: Desk, write: Write) -> None:
    older = thread(*({"content": f"old {n}"} if n % 2 else ben(f"old {n}") for n in range(40)))
    newer = thread(*({"content": f"new {n}", "timestamp_ms": START + 90_000 + n} for n in range(40)))
    write(newer, f"all/{INSTAGRAM}/zoe_17/message_1.json")
    folder = write(older, f"all/{INSTAGRAM}/zoe_17/message_2.json").parents[3]
    report = desk.take(folder)
    assert (report.kept, report.problems, desk.chat.platform) == (80, [], "instagram")
    assert [message.text for message in desk.messages][39:41] == ["old 39", "new 0"]
    assert desk.take(folder).kept == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Liked a message", "reaction"),
        ("Reacted 😂 to your message ", "reaction"),
        ("Hat mit 😂 auf deine Nachricht reagiert ", "reaction"),
        ("Reaccionó con ❤️ a tu mensaje ", "reaction"),
        ("A réagi avec 😂 à votre message ", "reaction"),
        ("Ha reagito con 😂 al tuo messaggio", "reaction"),
        ("Reagiu com 😂 à sua mensagem ", "reaction"),
        ("Heeft met 😂 op je bericht gereageerd", "reaction"),
        ("对你的消息做出了😂回应", "reaction"),
        ("あなたのメッセージに「😂」とリアクションしました", "reaction"),
        ("Zoë Grün named the group Trip.", "service message"),
        ("Zoë named the group Trip.", "service message"),
        ("You are now connected on Messenger.", "service message"),
        ("Zoë Grün hat die Gruppe Trip genannt.", "service message"),
        ("Zoë Grün unsent a message", "recalled"),
        ("  ", "empty"),
    ],
)
def test_what_nobody_typed_is_counted(desk: Desk, write: Write, content: str, reason: str) -> None:
    report = desk.take(write(thread({"content": content}, ben("ok"))))
    assert (report.kept, dict(report.skipped)) == (1, {reason: 1})


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"content": "x", "is_unsent": True}, "recalled"),
        ({"content": "Zoë called you.", "call_duration": 63}, "call"),
        ({"content": "x", "type": "Subscribe", "users": [{"name": "Cem"}]}, "service message"),
        ({"content": "x", "type": "Payment"}, "payment"),
        ({"content": "x", "timestamp_ms": None}, "no time"),
        ({"content": "x", "timestamp_ms": 5_000_000_000_000}, "no time"),
        ({"content": "x", "sender_name": ""}, "no sender"),
        ({"hologram": {}}, "unknown kind"),
        ({}, "empty"),
    ],
)
def test_the_rest_is_counted_by_reason(desk: Desk, write: Write, message: dict[str, Any], reason: str) -> None:
    report = desk.take(write(thread(message, ben("ok"))))
    assert (report.kept, dict(report.skipped)) == (1, {reason: 1})


@pytest.mark.parametrize(
    "words",
    [
        "I liked a message of yours",
        "your message 😂",
        "You left your keys here",
        "You missed the bus!",
        "She reacted badly",
    ],
)
def test_words_that_look_like_the_apps_stay_theirs(desk: Desk, write: Write, words: str) -> None:
    desk.take(write(thread({"content": words})))
    assert desk.said == [("Zoë Grün", words)]


def test_who_is_called_will_may_begin_a_sentence_with_it(desk: Desk, write: Write) -> None:
    desk.take(write(thread({"content": "Will you come?"}, members=("Will", "Ben Ko"))))
    assert desk.said == [("Will", "Will you come?")]


def test_instagram_tells_some_messages_twice(desk: Desk, write: Write) -> None:
    twice = {"content": "hi", "timestamp_ms": START}
    report = desk.take(write(thread(twice, ben("ho"), twice, {"content": "hi"})))
    assert (report.kept, dict(report.skipped)) == (3, {"twice in the file": 1})


@pytest.mark.parametrize(
    ("message", "text", "placeholder"),
    [
        ({"videos": [{"uri": "v.mp4"}]}, "", "video"),
        ({"audio_files": [{"uri": "a.mp4"}]}, "", "voice"),
        ({"gifs": [{"uri": "g.gif"}]}, "", "animation"),
        ({"files": [{"uri": "f.pdf"}], "content": "the form"}, "the form", "file"),
        ({"sticker": {"uri": "gone.png"}}, "", "sticker"),
        ({"photos": [{"uri": "gone.jpg"}]}, "", "photo"),
        ({"share": {"link": "https://x.example/p"}, "content": "Zoë Grün sent an attachment."}, "", "link"),
        ({"share": {"link": "https://x.example/p"}, "content": "You sent an attachment."}, "", "link"),
        ({"share": {"link": "https://x.example/p"}, "content": "Zoë Grün hat einen Anhang gesendet."}, "", "link"),
        ({"content": "Zoë Grün sent an attachment."}, "", "unknown"),
        (
            {"share": {"link": "https://x.example/p"}, "content": "see https://x.example/p"},
            "see https://x.example/p",
            "",
        ),
    ],
)
def test_what_is_not_words_keeps_its_place(
    desk: Desk, write: Write, message: dict[str, Any], text: str, placeholder: str
) -> None:
    desk.take(write(thread(message)))
    assert (spoken(desk.messages[0]), kind(desk.messages[0])) == (text, placeholder)


def test_photos_and_stickers_are_found_from_the_root_of_the_download(desk: Desk, write: Write) -> None:
    write(picture("red"), f"all/{MESSENGER}/zoe_17/photos/1.jpg")
    write(picture("blue"), "all/your_facebook_activity/messages/stickers_used/2.png")
    write(picture("green"), "secret.png")
    path = write(
        thread(
            {"photos": [{"uri": f"{MESSENGER}/zoe_17/photos/1.jpg"}], "content": "look"},
            {"sticker": {"uri": "your_facebook_activity/messages/stickers_used/2.png"}},
            {"photos": [{"uri": "../secret.png"}]},
        ),
        f"all/{MESSENGER}/zoe_17/message_1.json",
    )
    report = desk.take(path.parents[4])
    assert [(len(one.digests), one.text) for one in desk.messages] == [(1, "look"), (1, ""), (0, "")]
    assert dict(report.photos_left_out) == {"outside of the export's folder": 1}


def test_photos_are_found_where_the_chats_folder_was_taken_out(desk: Desk, write: Write) -> None:
    write(picture(), "zoe_17/photos/1.jpg")
    desk.take(write(thread({"photos": [{"uri": f"{INSTAGRAM}/zoe_17/photos/1.jpg"}]}), "zoe_17/message_1.json"))
    assert desk.messages[0].digests


def test_a_group_is_known_by_its_number(desk: Desk, write: Write) -> None:
    members = ("Zoë Grün", "Ben Ko", "Cem A")
    desk.take(write(thread({"content": "hi"}, members=members, title="Trip", thread_path="inbox/trip_4242")))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.GROUP, "4242", "Trip")


def test_people_who_have_left_are_not_one_person(desk: Desk, write: Write) -> None:
    for folder in ("facebookuser_1", "facebookuser_2"):
        write(
            thread({"content": f"I am of {folder}"}, members=("Facebook user", "Ben Ko")),
            f"all/{folder}/message_1.json",
        )
    desk.take(write("{}", "all/x.json").parent)
    assert len(desk.corpus.chats()) == 2
    assert len(desk.corpus.senders()) == 2


def test_the_newer_layout_of_encrypted_chats(desk: Desk, write: Write) -> None:
    write(picture(), "chats/media/1.jpeg")
    told: list[dict[str, Any]] = [
        {"text": "gone", "isUnsent": True},
        {"media": [{"uri": "./media/1.jpeg"}], "text": ""},
        {"media": [{"uri": "./media/2.mp4"}], "text": ""},
        {"text": "hé 你好", "senderName": "Ben"},
        {"text": "", "type": "placeholder"},
    ]
    messages = [
        {"isUnsent": False, "media": [], "senderName": "Ann", "timestamp": START - number, "type": "text", **one}
        for number, one in enumerate(told)
    ]
    report = desk.take(
        write({"participants": ["Ann", "Ben"], "threadName": "Ann_7", "messages": messages}, "chats/Ann_7.json")
    )
    assert (desk.chat.native_id, desk.chat.title) == ("name:Ann", "Ann")
    assert desk.said == [("Ben", "hé 你好"), ("Ann", "<video>"), ("Ann", "<photo>")]
    assert desk.messages[2].digests
    assert dict(report.skipped) == {"recalled": 1, "service message": 1}


@pytest.mark.parametrize(
    "odd",
    [
        {"sender_name": 7},
        {"content": {"a": 1}},
        {"timestamp_ms": "soon"},
        {"photos": "x"},
        {"photos": [{"uri": 7}, "x", None]},
        {"photos": [{"uri": "nul\0.png"}]},
        {"photos": [{"uri": "x" * 5000}]},
        {"sticker": ["x"]},
        {"type": ["x"]},
        {"share": 5},
        {"media": {"uri": 1}},
        {"content": "half \udc00"},
    ],
)
def test_odd_values_never_stop_an_import(desk: Desk, write: Write, odd: dict[str, Any]) -> None:
    export = json.loads(thread({"content": "fine"}))
    export["messages"].append({"sender_name": "Ben Ko", "timestamp_ms": START, "content": "odd", **odd})
    report = desk.take(write(json.dumps(export)))
    assert (report.problems, report.read) == ([], 2)
    assert "fine" in [message.text for message in desk.messages]


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_truncated_download_gives_all_that_is_whole(desk: Desk, write: Write, share: float) -> None:
    text = thread(*({"content": f"message {n}"} for n in range(100)))
    report = desk.take(write(text[: int(len(text) * share)]))
    assert report.kept > 40
    assert "ends in the middle" in report.files[0].notes[0]
