"""Exports that nobody here wrote, where they are at hand; and those of the sample subjects."""

import hashlib
from pathlib import Path

import pytest

import training
from bot.message import Account
from bot.people import load_people
from tests.importing.conftest import Desk
from training.recipes.sample.draw import PICTURES, PLAIN

SAMPLE = Path(training.__file__).parent / "sample"
DATA = Path(__file__).parents[3] / "shared" / "data"
TELEGRAM = DATA / "exports" / "telegram"
WHATSAPP = DATA / "exports" / "whatsapp"
INSTAGRAM = DATA / "exports" / "instagram"
SLACK = DATA / "exports" / "slack"
SIGNAL = DATA / "exports" / "signal"
GROUP = DATA / "group-chat" / "result.json"


@pytest.mark.skipif(not TELEGRAM.exists(), reason=f"the sample exports are not in {TELEGRAM}")
def test_small_exports_without_ids(desk: Desk) -> None:
    report = desk.take(TELEGRAM)
    assert (report.read, report.kept, report.problems) == (4, 4, [])
    for chat in desk.corpus.chats():
        first, second = desk.corpus.messages(chat)
        assert (first.sender, first.text) == (Account("telegram", "name:Author 1"), "Minimal Message")
        assert second.text == "Link:https://telegram.org/"
        assert first.sent_at.timestamp() == 1544006350
    assert desk.take(TELEGRAM).kept == 0


@pytest.mark.skipif(not WHATSAPP.exists(), reason=f"the sample exports are not in {WHATSAPP}")
def test_the_same_whatsapp_chat_with_dates_in_three_orders(desk: Desk) -> None:
    report = desk.take(WHATSAPP)
    assert [(file.read, file.kept) for file in report.files] == [(9, 7)] * 5
    for chat in desk.corpus.chats():
        messages = list(desk.corpus.messages(chat))
        assert [message.sent_at.strftime("%d.%m.%y") for message in messages] == [
            "01.01.19", "20.01.19", "30.01.19", "10.06.20", "10.12.21", "20.12.21", "30.12.21",
        ]  # fmt: skip


@pytest.mark.skipif(not INSTAGRAM.exists(), reason=f"the sample exports are not in {INSTAGRAM}")
def test_a_small_instagram_chat_is_turned_round(desk: Desk) -> None:
    report = desk.take(INSTAGRAM)
    assert (report.read, report.kept, desk.chat.platform) == (2, 2, "instagram")
    assert desk.said == [("Jane Doe", "Hello John!"), ("John Doe", "Hello Jane!")]


@pytest.mark.skipif(not SLACK.exists(), reason=f"the sample exports are not in {SLACK}")
def test_a_small_slack_zip(desk: Desk) -> None:
    report = desk.take(SLACK)
    assert (report.read, report.kept, dict(report.skipped)) == (158, 147, {"service message": 11})
    assert {(chat.native_id, chat.title, chat.messages) for chat in desk.corpus.chats()} == {
        ("C0JGLMMNX", "enrique", 96),
        ("C0JL6CGQ2", "traveling-sailor", 51),
    }
    people = {sender.name: sender.messages for sender in desk.corpus.senders() if not sender.is_bot}
    assert people == {"hamza": 33, "doubledeez": 14, "abilinski": 5, "heroeshannibal": 1}
    assert desk.take(SLACK).kept == 0


@pytest.mark.skipif(not SIGNAL.exists(), reason=f"the sample exports are not in {SIGNAL}")
def test_a_small_signal_chat(desk: Desk) -> None:
    assert desk.take(SIGNAL).kept == 2
    assert desk.said == [("Jane Doe", "Hello John!"), ("John Doe", "Hello\nJane!")]


@pytest.mark.skipif(not GROUP.exists(), reason=f"the group chat is not at {GROUP}")
def test_a_busy_group(desk: Desk) -> None:
    assert desk.take(GROUP).kept == 26_893
    senders = desk.corpus.senders()
    assert (senders[0].name, senders[0].messages) == ("SandBat", 1751)
    assert [sender.name for sender in senders if sender.is_bot] == ["HelpBot"]
    times = [message.sent_at for message in desk.messages]
    assert times == sorted(times)
    assert desk.take(GROUP).kept == 0
    assert desk.corpus.count() == 26_893


@pytest.mark.parametrize(
    ("language", "platforms", "skipped"),
    [("en", {"telegram", "wechat"}, set()), ("zh", {"telegram", "wechat", "qq"}, {"payment", "recalled", "call"})],
)
def test_the_sample_subject_comes_through_whole(
    desk: Desk, language: str, platforms: set[str], skipped: set[str]
) -> None:
    exports = SAMPLE / language / "exports"
    report = desk.take(exports)
    assert report.problems == []
    assert report.kept > 2500
    assert set(report.skipped) == {"service message"} | skipped
    assert {chat.platform for chat in desk.corpus.chats()} == platforms
    assert report.photos > 100
    assert report.photos_left_out.total() <= 1
    assert desk.take(exports).kept == 0
    senders = {sender.account for sender in desk.corpus.senders()}
    subject = {account for account in load_people(SAMPLE / language / "people.yaml").subject if ":" not in account.id}
    assert subject <= senders


def test_every_photo_of_the_samples_is_listed_and_the_later_ones_are_all_different() -> None:
    """So that a photo of the held-out days is never one that was learnt."""
    listed = [line.split("\t") for line in (SAMPLE / "pictures.tsv").read_text("utf-8").splitlines()]
    assert sorted(path for path, _ in listed) == sorted(
        path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*.png")
    )
    assert {shows for _, shows in listed} <= set(PICTURES)
    digests = [hashlib.sha256((SAMPLE / path).read_bytes()).hexdigest() for path, _ in listed]
    assert len(set(digests[PLAIN:])) == len(listed) - PLAIN
    assert not set(digests[PLAIN:]) & set(digests[:PLAIN])
