"""Matrix, as Element exports a room: answers without the quotes in front of them, edits, deletions, files."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, picture

ANN, BEN, CEM = "@ann:example.org", "@ben:example.org", "@cem:example.org"
SIX = int(datetime(2020, 3, 3, 18, 5, tzinfo=UTC).timestamp() * 1000)


def event(number: int, kind: str, who: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The event `number`, that many seconds after five past six."""
    return {
        "type": kind,
        "sender": who,
        "content": content,
        "origin_server_ts": SIX + number * 1000,
        "event_id": f"${number}",
        "room_id": "!room:example.org",
        "unsigned": {"age": 1},
        **more,
    }


def joined(number: int, who: str, name: str) -> dict[str, Any]:
    return event(number, "m.room.member", who, {"membership": "join", "displayname": name}, state_key=who)


def said(number: int, body: str, who: str = ANN, **content: Any) -> dict[str, Any]:
    return event(number, "m.room.message", who, {"msgtype": "m.text", "body": body, **content})


def answering(number: int, body: str, answered: str, who: str = BEN, **relation: Any) -> dict[str, Any]:
    related = {"m.in_reply_to": {"event_id": answered}, **relation}
    return said(number, body, who, **{"m.relates_to": related})


def edit(number: int, edited: str, body: str, who: str = ANN) -> dict[str, Any]:
    new = {"msgtype": "m.text", "body": body}
    relation = {"rel_type": "m.replace", "event_id": edited}
    return said(number, f" * {body}", who, **{"m.new_content": new, "m.relates_to": relation})


VOICE = {"msgtype": "m.audio", "body": "Voice message.ogg", "org.matrix.msc3245.voice": {}}
PEOPLE = (joined(1, ANN, "Ann"), joined(2, BEN, "Ben"))


def room(*events: dict[str, Any], **about: Any) -> dict[str, Any]:
    """Ben's export of a room; his talk with Ann if nothing else is said."""
    head = {"room_name": "Ann", "room_creator": "Ben", "topic": "", "export_date": "3 March 2020", "exported_by": "Ben"}
    return {**head, **about, "messages": list(events)}


def test_a_talk_of_two(desk: Desk, write: Write) -> None:
    path = write(room(*PEOPLE, said(3, "are you home?"), said(4, "on my way", BEN)))
    report = desk.take(path)
    assert (report.files[0].format, report.kept) == ("Matrix (Element)", 2)
    assert dict(report.skipped) == {"service message": 2}
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind, desk.chat.title) == (
        "matrix",
        ANN,
        ChatKind.PRIVATE,
        "Ann",
    )
    assert desk.said == [("Ann", "are you home?"), ("Ben", "on my way")]
    assert desk.messages[0].sender == Account("matrix", ANN)
    assert desk.messages[0].sent_at == datetime(2020, 3, 3, 18, 5, 3, tzinfo=UTC)
    assert desk.take(path).kept == 0


def test_the_other_persons_export_is_the_same_talk(desk: Desk, write: Write) -> None:
    desk.take(write(room(*PEOPLE, said(3, "hi"), said(4, "hey", BEN))))
    hers = room(*PEOPLE, said(4, "hey", BEN), said(5, "tea?"), room_name="Ben", exported_by="Ann")
    assert desk.take(write(hers, "hers.json")).kept == 1
    assert [text for _, text in desk.said] == ["hi", "hey", "tea?"]


def test_an_answer_comes_without_the_quote_in_front_of_it(desk: Desk, write: Write) -> None:
    fallback = "> <@ann:example.org> are you home?\n> and hungry?\n\nyes\n> is typed"
    waving = "> * <@ann:example.org> waves\n\nhello"
    desk.take(
        write(
            room(
                *PEOPLE,
                said(3, "are you home?\nand hungry?"),
                answering(4, fallback, "$3"),
                said(5, "> <@ann:example.org> typed by hand", BEN),
                answering(6, "> a quote of my own\nand more", "$3"),
                answering(7, waving, "$3"),
            )
        )
    )
    assert [text for _, text in desk.said[1:]] == [
        "yes\n> is typed",
        "> <@ann:example.org> typed by hand",
        "> a quote of my own\nand more",
        "hello",
    ]
    first, second, third, *_ = desk.messages
    assert (second.reply_to, third.reply_to) == (first.id, None)


def test_what_is_said_in_a_thread_answers_the_one_that_began_it(desk: Desk, write: Write) -> None:
    thread = {"rel_type": "m.thread", "event_id": "$3"}
    desk.take(
        write(
            room(
                *PEOPLE,
                said(3, "trip?"),
                said(4, "else"),
                answering(5, "yes", "$4", is_falling_back=True, **thread),
                answering(6, "no", "$5", is_falling_back=False, **thread),
            )
        )
    )
    began, _, falling_back, answering_it = desk.messages
    assert (falling_back.reply_to, answering_it.reply_to) == (began.id, falling_back.id)


def test_the_last_words_of_an_edited_message_count(desk: Desk, write: Write) -> None:
    bundled = {"m.relations": {"m.replace": {"sender": ANN, "origin_server_ts": SIX + 60_000, "content": {}}}}
    path = write(
        room(
            *PEOPLE,
            said(3, "see you at fife"),
            edit(4, "$3", "see you at five"),
            edit(5, "$3", "see you at six"),
            edit(6, "$3", "somebody else's", BEN),
            {**said(7, "as the server has it now"), "unsigned": bundled},
        )
    )
    report = desk.take(path)
    assert [text for _, text in desk.said] == ["see you at fife", "as the server has it now"]
    assert report.skipped["edit of another message"] == 3
    desk.take(write(room(*PEOPLE, said(3, "see you at fife"), edit(8, "$3", "see you at six"))))
    assert desk.said[0] == ("Ann", "see you at six")


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        (event(4, "m.room.message", ANN, {}, unsigned={"redacted_because": {"type": "m.room.redaction"}}), "recalled"),
        (event(4, "m.reaction", ANN, {"m.relates_to": {"rel_type": "m.annotation", "key": "👍"}}), "reaction"),
        (event(4, "m.room.encrypted", ANN, {"algorithm": "m.megolm.v1.aes-sha2"}), "could not be decrypted"),
        (said(4, "** Unable to decrypt **", msgtype="m.bad.encrypted"), "could not be decrypted"),
        (event(4, "m.room.topic", ANN, {"topic": "tea"}), "service message"),
        (said(4, ""), "empty"),
        (said(4, "x", msgtype="m.key.verification.request"), "unknown kind"),
        (said(4, "hi", who=""), "no sender"),
        ({**said(4, "hi"), "origin_server_ts": None}, "no time"),
    ],
)
def test_what_nobody_said_is_counted(desk: Desk, write: Write, gone: dict[str, Any], reason: str) -> None:
    report = desk.take(write(room(said(3, "hi"), gone)))
    assert (report.kept, dict(report.skipped), report.problems) == (1, {reason: 1}, [])


def test_a_removal_behind_a_message_takes_it_away(desk: Desk, write: Write) -> None:
    report = desk.take(write(room(said(3, "oops"), said(4, "hi"), event(5, "m.room.redaction", ANN, {}, redacts="$3"))))
    assert [text for _, text in desk.said] == ["hi"]
    assert dict(report.skipped) == {"recalled": 1, "service message": 1}


@pytest.mark.parametrize(
    ("message", "placeholder", "words"),
    [
        (event(3, "m.sticker", ANN, {"body": "😂"}), "sticker", "😂"),
        (said(3, "clip.mp4", msgtype="m.video"), "video", ""),
        (event(3, "m.room.message", ANN, VOICE), "voice", ""),
        (said(3, "song.mp3", msgtype="m.audio"), "audio", ""),
        (said(3, "look at page 2", msgtype="m.file", filename="plan.pdf"), "file", "look at page 2"),
        (said(3, "Location geo:1,2", msgtype="m.location"), "location", ""),
        (event(3, "m.poll.start", ANN, {"m.poll": {}}), "poll", ""),
    ],
)
def test_what_is_not_words_keeps_its_place(
    desk: Desk, write: Write, message: dict[str, Any], placeholder: str, words: str
) -> None:
    desk.take(write(room(message)))
    (kept,) = desk.messages
    said_in_it = kept.text or "".join(one.words for one in kept.attachments)
    assert (kind(kept), said_in_it) == (placeholder, words)


def test_photos_are_found_by_the_time_in_their_names(desk: Desk, write: Write) -> None:
    write(picture("red"), "export/images/image-3-3-2020 at 7-05-03 PM.png")
    write(picture("blue"), "export/images/image-03.03.2020 um 19-05-04.png")
    write(picture("green"), "export/images/cat-3-3-2020 at 7-05-05 PM.png")
    write(picture(), "export/dog.png")
    report = desk.take(
        write(
            room(
                said(4, "image.png", msgtype="m.image"),
                said(3, "image.png", msgtype="m.image"),
                said(5, "my cat", msgtype="m.image", filename="cat.png"),
                said(6, "dog.png", msgtype="m.image"),
                said(7, "image.png", msgtype="m.image"),
            ),
            "export/export.json",
        )
    )
    colours = [desk.store.open(one.digests[0]).getpixel((0, 0)) for one in desk.messages if one.digests]
    assert colours == [(255, 0, 0), (0, 0, 255), (0, 128, 0)]
    assert desk.messages[2].text == "my cat"
    assert dict(report.photos_left_out) == {"not in the export": 2}


def test_a_room_of_three_or_with_a_name_is_a_group(desk: Desk, write: Write) -> None:
    desk.take(write(room(*PEOPLE, said(3, "hi"), said(4, "hey", CEM), room_name="Trip")))
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == ("!room:example.org", ChatKind.GROUP, "Trip")
    assert desk.said[1] == ("cem", "hey")  # whom no event names, by the beginning of the id
    called = event(0, "m.room.name", BEN, {"name": "Us two"}, room_id="!two:example.org")
    desk.take(write(room(called, *PEOPLE, said(9, "hi"), room_name="Us two"), "two.json"))
    assert {chat.kind for chat in desk.corpus.chats()} == {ChatKind.GROUP}


def test_whose_export_it_is_can_be_said(desk: Desk, write: Write) -> None:
    desk.take(write(room(said(3, "hi"), said(4, "hey", BEN), exported_by="", room_name="us")), me=ANN)
    assert desk.chat.native_id == BEN


def test_bots_are_told_by_their_notices(desk: Desk, write: Write) -> None:
    desk.take(write(room(said(3, "build 7 failed", msgtype="m.notice"), said(4, "oh no", BEN))))
    assert [one.from_bot for one in desk.messages] == [True, False]
