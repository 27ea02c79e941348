"""Channels of Telegram: one that the owner calls the person's own is learnt as posts, and nobody else's ever is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.message import Account
from bot.writing import WritingKind
from tests.importing.conftest import telegram_chat, telegram_message
from tests.writings.conftest import Shelf

OWN = Account("telegram", "-10042")
MEI = Account("telegram", "777")
Take = Callable[..., Any]


def said_in(number: int, text: object, **more: Any) -> dict[str, Any]:
    """What is posted under the channel's name, as Telegram Desktop writes it."""
    return telegram_message(number, text, name="Mei's notes", **{"from_id": "channel42", **more})


def channel(*posts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return telegram_chat(*posts, **{"name": "Mei's notes", "type": "public_channel", "id": 42, **more})


@pytest.fixture
def take(shelf: Shelf) -> Take:
    def take(export: dict[str, Any], *subject: Account, **said: Any) -> Any:
        return shelf.take(shelf.write(json.dumps(export), "export/result.json"), subject=subject, **said)

    return take


POSTS = channel(said_in(1, "the sea is cold"), said_in(2, ["look: ", {"type": "link", "text": "a.org"}]))


@pytest.mark.parametrize("kind", ["public_channel", "private_channel"])
def test_what_the_person_posts_in_their_own_is_a_post(shelf: Shelf, take: Take, kind: str) -> None:
    report = take({**POSTS, "type": kind}, MEI, OWN)
    assert (report.kept, report.chats, report.skipped) == (2, {}, {})
    assert shelf.pages == [("2024-10-04", "the sea is cold"), ("2024-10-04", "look: a.org")]
    assert {(one.kind, one.author) for one in shelf.kept} == {(WritingKind.POST, OWN)}
    assert not shelf.corpus.chats()
    assert take(POSTS, MEI, OWN).skipped == {"already in the corpus": 2}


@pytest.mark.parametrize("subject", [(), (MEI,), (Account("telegram", "name:Mei's notes"),), (Account("x", "-10042"),)])
def test_of_a_channel_that_nobody_called_theirs_nothing_is_kept(
    shelf: Shelf, take: Take, subject: tuple[Account, ...]
) -> None:
    report = take(POSTS, *subject)
    assert (report.kept, report.skipped) == (0, {"in a channel": 2})
    assert [(one.native_id, one.title) for one in report.chats.values()] == [("-10042", "Mei's notes")]
    assert not shelf.kept and not shelf.corpus.chats()


def test_before_anybody_is_chosen_it_can_be_told(shelf: Shelf, take: Take) -> None:
    assert take(POSTS, me="-10042").kept == 2
    assert take(channel(said_in(3, "news"), id=43), me="-10042").skipped == {"in a channel": 1}


def test_what_is_not_the_persons_own_is_left_out_of_their_own_channel(shelf: Shelf, take: Take) -> None:
    posts = [
        said_in(1, "mine"),
        said_in(2, "Ben's words", forwarded_from="Ben"),
        said_in(3, "somebody without a name") | {"forwarded_from": None},
        said_in(4, "a bot's", via_bot="@gif"),
        telegram_message(5, "another admin's, under their own name", 888),
        telegram_message(6, "mine, under my own name"),
        said_in(7, "of another channel", from_id="channel43"),
        said_in(8, "of nobody", from_id=None, **{"from": None}),
        said_in(9, "", photo="photos/1.jpg"),
        said_in(10, "pinned", type="service"),
    ]
    report = take(channel(*posts), MEI, OWN)
    assert [text for _, text in shelf.pages] == ["mine", "mine, under my own name"]
    assert report.skipped == {"passed on": 3, "by somebody else": 3, "no words": 1, "service message": 1}


def test_where_posts_are_signed_those_with_the_persons_name_are_theirs(shelf: Shelf, take: Take) -> None:
    posts = channel(said_in(1, "mine", author="Mei"), said_in(2, "Ben's", author="Ben"), said_in(3, "unsigned"))
    assert take(posts, OWN).skipped == {"signed with a name that --me does not tell": 2}
    assert take(posts, OWN, me="mei").kept == 1
    assert {text for _, text in shelf.pages} == {"mine", "unsigned"}


def test_an_edited_post_is_taken_as_it_is_now(shelf: Shelf, take: Take) -> None:
    take(POSTS, OWN)
    assert take(channel(said_in(1, "the sea is warm")), OWN).skipped == {"already in the corpus, and edited since": 1}
    assert shelf.pages[0] == ("2024-10-04", "the sea is warm")


def test_in_an_account_the_chats_stay_chats(shelf: Shelf, take: Take) -> None:
    chats = [
        channel(said_in(1, "a post")),
        telegram_chat(telegram_message(1, "hi")),
        channel(said_in(1, "news"), id=43),
    ]
    report = take({"about": "", "contacts": {}, "chats": {"list": chats}}, OWN)
    assert [one.native_id for one in shelf.corpus.chats()] == ["777"]
    assert (report.kept, report.skipped) == (2, {"in a channel": 1})


def test_the_owner_is_asked_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, export = ["-w", str(tmp_path / "mei")], tmp_path / "result.json"
    chats = [POSTS, telegram_chat(telegram_message(1, "hi"), telegram_message(2, "yo", 555))]
    export.write_text(json.dumps({"about": "", "contacts": {}, "chats": {"list": chats}}), "utf-8")
    main([*place, "init", str(tmp_path / "mei"), "--language", "en"])
    main([*place, "import", str(export)])
    told = capsys.readouterr().out
    assert "Is one the person's own, in which nobody else writes?" in told and "  telegram:-10042  Mei's notes" in told
    main([*place, "subject", "Ann"])
    main([*place, "subject", "--also", "telegram:-10042"])
    main([*place, "import", str(export)])
    told = capsys.readouterr().out
    assert "and 2 writings" in told and "Is one the person's own" not in told


def test_a_channel_that_was_imported_as_a_chat_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As an earlier program did with every channel."""
    place, export = ["-w", str(tmp_path / "mei")], tmp_path / "result.json"
    main([*place, "init", str(tmp_path / "mei"), "--language", "en"])
    export.write_text(json.dumps({**POSTS, "type": "public_supergroup"}), "utf-8")
    main([*place, "import", str(export)])
    main([*place, "subject", "telegram:-10042"])
    export.write_text(json.dumps(POSTS), "utf-8")
    main([*place, "import", str(export)])
    asked = "`echoes people leave-out --chat telegram:-10042`"
    assert asked in capsys.readouterr().out
    main([*place, "people", "leave-out", "--chat", "telegram:-10042"])
    main([*place, "import", str(export)])
    assert asked not in capsys.readouterr().out
