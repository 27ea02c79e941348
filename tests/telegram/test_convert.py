"""Conversion, on JSON as the Bot API documents it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import User

from adapters.telegram.convert import Edited, Moved, Reacted, read
from bot.chat.attachments import spoken
from bot.message import PHOTO, Account, Attachment, Chat, ChatKind, Message
from tests.support import kind as kind_of
from tests.support import refs

ME = User(id=99, first_name="Echo", is_bot=True, username="EchoBot")
ANNA: dict[str, Any] = {
    "id": 7, "is_bot": False, "first_name": "Anna", "last_name": "Kern", "username": "anna_k", "language_code": "en"
}  # fmt: skip
BEN: dict[str, Any] = {"id": 8, "is_bot": False, "first_name": "Ben", "username": "ben_ten"}
ECHO: dict[str, Any] = {"id": 99, "is_bot": True, "first_name": "Echo", "username": "EchoBot"}
PRIVATE: dict[str, Any] = {"id": 7, "first_name": "Anna", "last_name": "Kern", "username": "anna_k", "type": "private"}
GROUP: dict[str, Any] = {"id": -1001234567890, "title": "Climbing", "type": "supergroup"}
CHANNEL: dict[str, Any] = {"id": -100999, "title": "News", "type": "channel"}
FILE: dict[str, Any] = {"file_id": "BQAC1", "file_unique_id": "u1", "file_size": 1000}


def said(chat: dict[str, Any] = PRIVATE, sender: dict[str, Any] | None = ANNA, **content: Any) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1700000000, "chat": chat, **content}
    if sender:
        message["from"] = sender
    return {"update_id": 1, "message": message}


def convert(update: dict[str, Any]) -> Message | Edited | Moved | None:
    found = read(update, ME)
    assert not isinstance(found, Reacted)
    return found


def message(update: dict[str, Any]) -> Message:
    found = convert(update)
    assert isinstance(found, Message)
    return found


def mentions(text: str, part: str, kind: str = "mention", **more: Any) -> list[dict[str, Any]]:
    offset = len(text[: text.index(part)].encode("utf-16-le")) // 2
    return [{"type": kind, "offset": offset, "length": len(part.encode("utf-16-le")) // 2, **more}]


def test_a_private_text() -> None:
    assert message(said(text="hi 👋")) == Message(
        chat=Chat("telegram", "7", ChatKind.PRIVATE),
        id="5",
        sender=Account("telegram", "7"),
        sender_name="Anna Kern",
        sent_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        text="hi 👋",
    )


def test_a_group_keeps_its_title_and_its_sender() -> None:
    found = message(said(GROUP, BEN, text="who's in?"))
    assert found.chat == Chat("telegram", "-1001234567890", ChatKind.GROUP, "Climbing")
    assert (found.sender, found.sender_name) == (Account("telegram", "8"), "Ben")
    assert not found.addressed and not found.addressed_other


def test_the_largest_photo_that_may_be_downloaded_is_taken() -> None:
    sizes = [
        {"file_id": "small", "file_unique_id": "a", "width": 90, "height": 67, "file_size": 1200},
        {"file_id": "large", "file_unique_id": "b", "width": 1280, "height": 960, "file_size": 200_000},
        {"file_id": "huge", "file_unique_id": "c", "width": 9000, "height": 9000, "file_size": 30_000_000},
    ]
    found = message(said(photo=sizes, caption="look"))
    assert (found.text, refs(found)) == ("look", ("large",))
    assert message(said(photo=sizes[2:])).attachments == (Attachment(PHOTO, digest=""),)


def test_each_photo_of_an_album_is_a_message() -> None:
    size = {"file_id": "one", "file_unique_id": "a", "width": 90, "height": 67}
    found = message(said(photo=[size], media_group_id="135790001"))
    assert (found.text, refs(found)) == ("", ("one",))


@pytest.mark.parametrize(
    ("content", "words", "pictures"),
    [
        ({"is_animated": False, "is_video": False, "emoji": "😂"}, "😂", ()),
        ({"is_animated": False, "is_video": False}, "", ("BQAC1",)),
        ({"is_animated": True, "is_video": False, "emoji": "🎉"}, "🎉", ()),
        ({"is_animated": False, "is_video": True, "emoji": "🎉", "thumb": True}, "🎉", ()),
        ({"is_animated": False, "is_video": True, "thumb": True}, "", ("BQAC1",)),
        ({"is_animated": True, "is_video": False, "thumb": True}, "", ("BQAC1",)),
    ],
)
def test_stickers(content: dict[str, Any], words: str, pictures: tuple[str, ...]) -> None:
    """An emoji says what a sticker shows, as in an export; else it is looked at."""
    sticker = {**FILE, "type": "regular", "width": 512, "height": 512, **content}
    if sticker.pop("thumb", False):
        sticker["thumbnail"] = {"file_id": "frame", "file_unique_id": "f", "width": 128, "height": 128}
    found = message(said(sticker=sticker))
    assert (found.attachments[0].kind, found.attachments[0].words, refs(found)) == ("sticker", words, pictures)


@pytest.mark.parametrize(("moves", "extra"), [("is_animated", "can_draw"), ("is_video", "can_look")])
@pytest.mark.parametrize(("thumb", "pictures"), [(True, ("frame",)), (False, ())])
def test_without_its_extra_a_moving_sticker_is_its_thumbnail(
    monkeypatch: pytest.MonkeyPatch, moves: str, extra: str, thumb: bool, pictures: tuple[str, ...]
) -> None:
    monkeypatch.setattr(f"adapters.telegram.convert.{extra}", lambda: False)
    sticker = {
        **FILE,
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        moves: True,
    }
    frame = {"thumbnail": {"file_id": "frame", "file_unique_id": "f", "width": 128, "height": 128}}
    found = message(said(sticker=sticker | frame if thumb else sticker))
    assert (found.attachments[0].kind, refs(found)) == ("sticker", pictures)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"voice": {**FILE, "duration": 3}}, "voice", ""),
        ({"video": {**FILE, "duration": 3, "width": 1, "height": 1}, "caption": "lol"}, "video", "lol"),
        ({"video_note": {**FILE, "duration": 3, "length": 240}}, "video", ""),
        (
            {
                "animation": {**FILE, "duration": 3, "width": 1, "height": 1},
                "document": {**FILE, "mime_type": "video/mp4"},
            },
            "animation", "",
        ),
    ],
)  # fmt: skip
def test_what_plays_is_fetched_unless_it_is_too_large(content: dict[str, Any], kind: str, text: str) -> None:
    found = message(said(**content))
    assert [(one.kind, one.ref, one.seconds) for one in found.attachments] == [(kind, "BQAC1", 3)]
    assert found.text == text and found.attachments[0].to_fetch
    name = next(iter(content))
    large = message(said(**{**content, name: {**content[name], "file_size": 50_000_000}}))
    assert not large.attachments[0].to_fetch and large.attachments[0].seconds == 3


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"audio": {**FILE, "duration": 3}}, "audio", ""),
        ({"document": {**FILE, "mime_type": "application/pdf", "file_name": "private.pdf"}}, "file", ""),
        ({"document": {**FILE, "mime_type": "image/png", "file_size": 50_000_000}}, "photo", ""),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "location", ""),
        (
            {
                "location": {"latitude": 1.0, "longitude": 2.0},
                "venue": {"location": {"latitude": 1.0, "longitude": 2.0}, "title": "Café Óscar", "address": "x"},
            },
            "location", "Café Óscar",
        ),
        ({"contact": {"phone_number": "+1", "first_name": "Cem"}}, "contact", "Cem"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "", "🎲 4"),
        (
            {
                "poll": {
                    "id": "1", "question": "pizza or pasta?", "options": [], "total_voter_count": 0, "is_closed": False,
                    "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
                    "allows_revoting": False, "members_only": False,
                }
            },
            "poll", "pizza or pasta?",
        ),
    ],
)  # fmt: skip
def test_what_has_no_words_is_named(content: dict[str, Any], kind: str, text: str) -> None:
    found = message(said(**content))
    assert (kind_of(found), spoken(found), refs(found)) == (kind, text, ())


def test_a_picture_sent_as_a_file_is_a_photo() -> None:
    found = message(said(document={**FILE, "mime_type": "image/jpeg"}, caption="full size"))
    assert (found.text, refs(found)) == ("full size", ("BQAC1",))


def test_a_mention_after_emoji_is_found_where_telegram_counts_it() -> None:
    text = "👩‍👩‍👧‍👦😀 @echobot, what do you think?"
    found = message(said(GROUP, BEN, text=text, entities=mentions(text, "@echobot")))
    assert found.addressed and not found.addressed_other
    assert found.text == text


def test_mentioning_somebody_else() -> None:
    found = message(said(GROUP, BEN, text="@anna_k are you in?", entities=mentions("@anna_k are", "@anna_k")))
    assert found.addressed_other and not found.addressed
    both = "@anna_k and @EchoBot"
    entities = mentions(both, "@anna_k") + mentions(both, "@EchoBot")
    found = message(said(GROUP, BEN, text=both, entities=entities))
    assert found.addressed and found.addressed_other


def test_a_name_that_is_a_link() -> None:
    text = "Echo, Anna: coming?"
    entities = mentions(text, "Echo", "text_mention", user=ECHO)
    assert message(said(GROUP, BEN, text=text, entities=entities)).addressed
    entities = mentions(text, "Anna", "text_mention", user=ANNA)
    found = message(said(GROUP, BEN, text=text, entities=entities))
    assert found.addressed_other and not found.addressed


def test_a_mention_in_a_caption() -> None:
    size = {"file_id": "one", "file_unique_id": "a", "width": 90, "height": 67}
    caption = "@EchoBot look"
    found = message(said(GROUP, BEN, photo=[size], caption=caption, caption_entities=mentions(caption, "@EchoBot")))
    assert found.addressed


def test_replies() -> None:
    def reply(to: dict[str, Any], sender: dict[str, Any] = BEN) -> Message:
        earlier = {"message_id": 4, "date": 1699999999, "chat": GROUP, "from": to, "text": "so?"}
        return message(said(GROUP, sender, text="yes", reply_to_message=earlier))

    assert reply(ECHO).addressed and not reply(ECHO).addressed_other
    assert reply(ANNA).addressed_other and not reply(ANNA).addressed
    assert not reply(BEN).addressed_other, "replying to oneself addresses nobody"


def test_a_topic_of_a_forum_is_a_chat_and_its_head_is_no_reply() -> None:
    head = {
        "message_id": 3, "date": 1699999999, "chat": GROUP, "from": ECHO, "message_thread_id": 3,
        "forum_topic_created": {"name": "Gear", "icon_color": 1},
    }  # fmt: skip
    found = message(said(GROUP, BEN, text="rope?", message_thread_id=3, is_topic_message=True, reply_to_message=head))
    assert found.chat.id == "-1001234567890/3"
    assert not found.addressed and not found.addressed_other
    thread = message(said(GROUP, BEN, text="a thread of replies is no topic", message_thread_id=3))
    assert thread.chat.id == "-1001234567890"


@pytest.mark.parametrize(
    ("text", "expected", "addressed", "addressed_other"),
    [
        ("/stop", "/stop", False, False),
        ("/stop@EchoBot", "/stop", True, False),
        ("/STOP@echobot now", "/STOP now", True, False),
        ("/stop@OtherBot", "/stop@OtherBot", False, True),
    ],
)
def test_commands(text: str, expected: str, addressed: bool, addressed_other: bool) -> None:
    found = message(said(GROUP, BEN, text=text, entities=mentions(text, text.split()[0], "bot_command")))
    assert (found.text, found.addressed, found.addressed_other) == (expected, addressed, addressed_other)


def test_an_anonymous_administrator_is_a_person_known_by_the_group() -> None:
    hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    found = message(said(GROUP, hidden, sender_chat=GROUP, author_signature="boss", text="quiet please"))
    assert (found.sender, found.sender_name, found.from_bot) == (Account("telegram", "-1001234567890"), "boss", False)


def test_bots_are_marked_and_so_is_what_a_channel_forwards_by_itself() -> None:
    robot = {"id": 12, "is_bot": True, "first_name": "Weather"}
    assert message(said(GROUP, robot, text="sunny")).from_bot
    service = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    found = message(said(GROUP, service, sender_chat=CHANNEL, is_automatic_forward=True, text="news"))
    assert (found.sender, found.sender_name, found.from_bot) == (Account("telegram", "-100999"), "News", True)


def test_a_group_that_became_a_supergroup_is_told_from_both_sides() -> None:
    old = {"id": -4001, "title": "Climbing", "type": "group"}
    expected = Moved(
        Chat("telegram", "-4001", ChatKind.GROUP, "Climbing"),
        Chat("telegram", "-1001234567890", ChatKind.GROUP, "Climbing"),
    )
    assert convert(said(old, ANNA, migrate_to_chat_id=-1001234567890)) == expected
    assert convert(said(GROUP, ANNA, migrate_from_chat_id=-4001)) == expected


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "channel_post": said(CHANNEL, None, text="x")["message"]},
        said(CHANNEL, None, text="a channel's message"),
        said(GROUP, ANNA, new_chat_members=[BEN]),
        said(GROUP, ANNA, new_chat_title="Climbers"),
        said(GROUP, ECHO, text="our own"),
        said(GROUP, None, text="nobody's"),
        {"update_id": 1},
    ],
    ids=["channel post", "channel", "join", "title", "own", "nobody", "unknown kind"],
)  # fmt: skip
def test_what_is_not_a_message_to_answer(update: dict[str, Any]) -> None:
    assert convert(update) is None


def test_broken_entities_do_not_hurt() -> None:
    found = message(said(text="hi", entities=[{"type": "mention", "offset": 50, "length": 9}]))
    assert found.text == "hi"
    found = message(said(text="hi", entities=[{"type": "of the future", "offset": 0, "length": 2}]))
    assert found.text == "hi"


def test_a_message_around_something_unreadable_keeps_its_words(caplog: pytest.LogCaptureFixture) -> None:
    future = {"message_id": 4, "date": 1699999999, "chat": PRIVATE, "poll": {"id": "1", "of": "another version"}}
    found = read(said(text="about that poll", reply_to_message=future), ME)
    assert isinstance(found, Message) and found.text == "about that poll"
    assert kind_of(message(said(poll={"id": "1"}))) == "unknown", "somebody said something"
    assert read({"update_id": 3, "message": "not even an object"}, ME) is None
    assert "that poll" not in caplog.text and "another version" not in caplog.text
