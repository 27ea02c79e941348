"""Google Chat out of Google Takeout: talks and spaces, whose dates are words and whose people are addresses."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.importing.test_zips import zipped
from tests.support import kind, picture
from training.data.importers.google_dates import read_date

ANN = {"name": "Ann Lee", "email": "ann@example.org", "user_type": "Human"}
BEN = {"name": "Ben Ko", "email": "Ben@example.org", "user_type": "Human"}
CEM = {"name": "Cem", "email": "cem@example.org", "user_type": "Human"}
POLLY = {"name": "Polly", "email": "", "user_type": "Bot"}


def said(number: int, text: str | None, who: dict[str, str] = ANN, **more: Any) -> dict[str, Any]:
    """The message `number`, that many seconds after five past six in the evening. A text of None is none."""
    message = {
        "creator": who,
        "created_date": f"Tuesday, March 3, 2020 at 6:05:{number:02}\u202fPM UTC",
        "text": text,
        "topic_id": f"T{number}",
        "message_id": f"x1/T{number}/M{number}",
        **more,
    }
    return {key: value for key, value in message.items() if value is not None}


Export = Callable[..., Path]


@pytest.fixture
def export(write: Write) -> Export:
    """Writes Ben's download with one talk in it; returns its folder."""

    def export(*messages: dict[str, Any], folder: str = "DM x1", members: tuple[dict[str, str], ...] = (ANN, BEN),
               owner: dict[str, str] | None = BEN, **info: Any) -> Path:  # fmt: skip
        if owner is not None:
            write({"user": owner, "membership_info": []}, "Takeout/Google Chat/Users/User 1/user_info.json")
        write({**info, "members": list(members)}, f"Takeout/Google Chat/Groups/{folder}/group_info.json")
        path = write({"messages": list(messages)}, f"Takeout/Google Chat/Groups/{folder}/messages.json")
        return path.parents[2]

    return export


def test_a_talk_of_two(desk: Desk, export: Export) -> None:
    folder = export(
        said(1, "are you home?"),
        said(2, "yes", BEN, quoted_message_metadata={"creator": ANN, "text": "…", "message_id": "x1/T1/M1"}),
        said(3, "come over", BEN, topic_id="T2", updated_date="Tuesday, March 3, 2020 at 6:07:00 PM UTC"),
    )
    report = desk.take(folder)
    assert (report.files[0].format, report.problems, report.other_files) == ("Google Chat", [], 2)
    chat = desk.chat
    assert (chat.platform, chat.native_id, chat.kind, chat.title) == (
        "google-chat",
        "ann@example.org",
        ChatKind.PRIVATE,
        "Ann Lee",
    )
    assert desk.said == [("Ann Lee", "are you home?"), ("Ben Ko", "yes"), ("Ben Ko", "come over")]
    first, second, third = desk.messages
    assert (first.sender, second.sender) == (
        Account("google-chat", "ann@example.org"),
        Account("google-chat", "ben@example.org"),
    )
    assert first.sent_at == datetime(2020, 3, 3, 18, 5, 1, tzinfo=UTC)
    assert (second.reply_to, third.reply_to) == (first.id, None)
    assert report.files[0].notes == ()  # the times tell their zone
    assert desk.take(folder).kept == 0


def test_the_other_persons_download_is_the_same_talk(desk: Desk, export: Export, tmp_path: Path) -> None:
    desk.take(export(said(1, "hi"), said(2, "hey", BEN)))
    mine = export(said(2, "hey", BEN), said(3, "tea?"), owner=ANN)
    assert desk.take(mine.rename(tmp_path / "Ann's")).kept == 1
    assert [text for _, text in desk.said] == ["hi", "hey", "tea?"]


def test_a_zip_with_photos_as_google_sends_it(desk: Desk, write: Write) -> None:
    photo = {"original_name": "sky.png", "export_name": "File-sky.png"}
    gone = {"original_name": "sea.png", "export_name": "File-sea.png"}
    talk = {"messages": [said(1, None, attached_files=[photo]), said(2, "and the sea", attached_files=[gone])]}
    place = "Takeout/Google Chat"
    packed = zipped(
        (f"{place}/Users/User 1/user_info.json", json.dumps({"user": ANN})),
        (f"{place}/Groups/DM x1/group_info.json", json.dumps({"members": [ANN, BEN]})),
        (f"{place}/Groups/DM x1/messages.json", json.dumps(talk)),
        (f"{place}/Groups/DM x1/File-sky.png", picture()),
    )
    report = desk.take(write(packed, "takeout-20200304.zip"))
    assert (report.kept, report.photos, dict(report.photos_left_out)) == (2, 1, {"not in the export": 1})
    assert desk.chat.native_id == "ben@example.org"
    assert [(one.text, kind(one), len(one.digests)) for one in desk.messages] == [
        ("", "", 1),
        ("and the sea", "photo", 0),
    ]


def test_a_space_has_threads_and_bots(desk: Desk, export: Export) -> None:
    messages = (
        said(1, "who is in?", topic_id="T1"),
        said(2, "me", BEN, topic_id="T1"),
        said(3, "3 of 4 are in", POLLY, topic_id="T3"),
        said(4, "@Ann Lee ok", CEM, annotations=[{"start_index": 0, "length": 8, "user_mention_metadata": {}}]),
    )
    desk.take(export(*messages, folder="Space AAAAx", members=(ANN, BEN, CEM), name="Trip"))
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == ("AAAAx", ChatKind.GROUP, "Trip")
    assert [one.from_bot for one in desk.messages] == [False, False, True, False]
    first, second, third, _ = desk.messages
    assert (second.reply_to, third.reply_to) == (first.id, None)


def test_a_talk_of_three_is_a_group(desk: Desk, export: Export) -> None:
    desk.take(export(said(1, "hi"), said(2, "hey", BEN), said(3, "hello", CEM)))
    assert (desk.chat.native_id, desk.chat.kind) == ("x1", ChatKind.GROUP)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(2, None, message_state="DELETED", deletion_metadata={"deletion_type": "CREATOR"}), "recalled"),
        (said(2, None, annotations=[{"video_call_metadata": {"meeting_space": {}}}]), "call"),
        (said(2, None, annotations=[{"membership_changed_metadata": {"type": "JOINED"}}]), "service message"),
        (said(2, "", annotations=["odd", {"format_metadata": {}}]), "empty"),
        (said(2, "hi", {}), "no sender"),
        (said(2, "hi", created_date="soon"), "no time"),
        (said(2, "hi", created_date="Foobar 3, 2020 at 6:05:12 PM UTC"), "no time"),
    ],
)
def test_what_nobody_said_is_counted(desk: Desk, export: Export, message: dict[str, Any], reason: str) -> None:
    report = desk.take(export(said(1, "hi"), message))
    assert (report.kept, dict(report.skipped), report.problems) == (1, {reason: 1}, [])


@pytest.mark.parametrize(
    ("more", "placeholder"),
    [
        ({"attached_files": [{"original_name": "song.mp3", "export_name": "File-song.mp3"}]}, "audio"),
        ({"attached_files": [{"original_name": "sky.png"}]}, "photo"),
        ({"annotations": [{"drive_metadata": {"title": "plan"}}]}, "file"),
        ({"annotations": [{"url_metadata": {"title": "a cat"}}]}, "link"),
    ],
)
def test_what_is_not_words_keeps_its_place(desk: Desk, export: Export, more: dict[str, Any], placeholder: str) -> None:
    desk.take(export(said(1, None, **more)))
    assert kind(desk.messages[0]) == placeholder


def test_whose_download_it_is_can_be_said(desk: Desk, export: Export) -> None:
    desk.take(export(said(1, "hi"), owner=None), me="ann lee")
    assert desk.chat.native_id == "ben@example.org"


def test_who_left_google_is_known_by_name(desk: Desk, export: Export) -> None:
    desk.take(export(said(1, "hi", {"name": "Dan"}), members=(BEN,)))
    assert desk.messages[0].sender == Account("google-chat", "name:Dan")


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, March 3, 2020 at 6:05:12 PM UTC",
        "Tuesday, March 3, 2020 at 6:05:12\u202fPM UTC",
        "Tuesday, 3 March 2020 at 18:05:12 UTC",
        "Tuesday 3 March 2020 at 18:05:12 UTC",
        "2020年3月3日星期二 UTC 18:05:12",
        "2020年3月3日星期二 UTC 下午6:05:12",
        "2020年3月3日 星期二 下午6:05:12 [UTC]",
        "2020年3月3日 下午6:05:12 UTC",
        "2020年3月3日火曜日 18:05:12 UTC",
        "2020년 3월 3일 화요일 PM 6시 5분 12초 UTC",
        "2020年3月3日星期二 下午6:05:12 [UTC]",
        "Dienstag, 3. März 2020 um 18:05:12 UTC",
        "mardi 3 mars 2020 à 18:05:12 UTC",
        "martes, 3 de marzo de 2020, 18:05:12 UTC",
        "martes, 3 de marzo de 2020, 6:05:12 p.m. UTC",
        "martes, 3 de marzo de 2020, 6:05:12 p. m. UTC",
        "martedì 3 marzo 2020 alle ore 18:05:12 UTC",
        "terça-feira, 3 de março de 2020 às 18:05:12 UTC",
        "вторник, 3 марта 2020 г. в 18:05:12 UTC",
        "вівторок, 3 березня 2020 р. о 18:05:12 UTC",
        "dinsdag 3 maart 2020 om 18:05:12 UTC",
        "wtorek, 3 marca 2020 18:05:12 UTC",
        "úterý 3. března 2020 v 18:05:12 UTC",
        "2020. március 3., kedd 18:05:12 UTC",
        "tisdag 3 mars 2020 kl. 18:05:12 UTC",
        "tirsdag den 3. marts 2020 kl. 18.05.12 UTC",
        "tirsdag 3. mars 2020 kl. 18:05:12 UTC",
        "3 Mart 2020 Salı 18:05:12 UTC",
        "2020년 3월 3일 화요일 오후 6시 5분 12초 UTC",
        "2020-03-03T18:05:12Z",
    ],
)
def test_dates_are_read_as_unicode_writes_them_in_nineteen_languages(text: str) -> None:
    moment = read_date(text, None)
    assert moment is not None
    assert (moment.ms, moment.local) == (datetime(2020, 3, 3, 18, 5, 12, tzinfo=UTC).timestamp() * 1000, False)


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, March 3, 2020 at 6:05:12 PM GMT+1",  # of another zone
        "e martë, 3 mars 2020 në 6:05:12 e pasdites, UTC",  # a French month, but an Albanian afternoon
        "3 marzo martedì mars 2020 18:05:12 UTC",
        "martedì 3 marzo 2020 alle ore 25:05:12 UTC",
        "mardi 30 février 2020 à 18:05:12 UTC",
        "18:05:12",
    ],
)
def test_a_date_is_not_guessed(text: str) -> None:
    assert read_date(text, UTC) is None


def test_noon_and_midnight() -> None:
    hours = {"12:00:00 AM": 0, "12:00:00 PM": 12, "1:00:00 PM": 13}
    for text, hour in hours.items():
        moment = read_date(f"Tuesday, March 3, 2020 at {text} UTC", None)
        assert moment is not None
        assert datetime.fromtimestamp(moment.ms / 1000, UTC).hour == hour


def test_a_download_in_another_language_is_refused_with_what_to_do(desk: Desk, export: Export) -> None:
    report = desk.take(export(said(1, "γεια", created_date="Τρίτη 3 Μαρτίου 2020 στις 6:05:12 μ.μ. UTC")))
    assert "set the language of the Google account to English" in report.problems[0]
    assert desk.corpus.count() == 0
