"""`--me` says whose exports are imported: one that fits nobody is told, and does no harm."""

import pytest

from bot.message import ChatKind
from tests.importing.conftest import BEN, Desk, Write, telegram_chat, telegram_message
from tests.importing.test_google_chat import ANN as ANN_OF_GOOGLE
from tests.importing.test_google_chat import said
from tests.importing.test_line_and_kakao import ENGLISH
from tests.importing.test_signal import CHAT
from tests.importing.test_wechat import PYWXDUMP
from training.data.importers import ImportReport

SAYS = "Nobody who writes in it has “{}”, given with --me"
TALK = telegram_chat(telegram_message(1, "hi"), telegram_message(2, "hey", BEN))
GROUP = {**TALK, "type": "private_supergroup", "name": "Trip", "id": 42}


def told(report: ImportReport, me: str) -> list[bool]:
    """Of each file, whether it is said that `--me` fits nobody in it."""
    return [any(note.startswith(SAYS.format(me)) for note in file.notes) for file in report.files]


@pytest.mark.parametrize("me", ["555", "Ben", "ben"])
def test_an_id_or_a_name_fits(desk: Desk, write: Write, me: str) -> None:
    assert told(desk.take(write(TALK), me=me), me) == [False]


def test_a_slip_is_told_for_each_file_and_the_words_are_kept(desk: Desk, write: Write) -> None:
    report = desk.take(write(TALK), write(ENGLISH, "line.txt"), me="Bnn")
    assert told(report, "Bnn") == [True, True]
    assert "`echoes subject` shows" in report.files[0].notes[0]
    assert (report.kept, report.problems) == (8, [])


def test_where_the_export_says_only_me_any_id_fits(desk: Desk, write: Write) -> None:
    report = desk.take(write(CHAT, "AnnLee/chat.md"), write(PYWXDUMP, "a.csv"), me="wxid_me2024")
    assert told(report, "wxid_me2024") == [False, False]


def test_who_wrote_nothing_here_but_elsewhere_is_no_slip(desk: Desk, write: Write) -> None:
    silent = {**TALK, "messages": TALK["messages"][:1]}
    others = {**GROUP, "messages": [telegram_message(5, "in?"), telegram_message(6, "yes", 888)]}
    assert told(desk.take(write(others, "before.json"), me="555"), "555") == [True]
    report = desk.take(write(TALK), write(silent, "silent.json"), write(others, "others.json"), me="555")
    assert told(report, "555") == [False, False, False]


def test_a_slip_is_never_the_owner_of_a_chat_of_names(desk: Desk, write: Write) -> None:
    path = write(ENGLISH, "line.txt")
    desk.take(path, me="Bnn")
    assert desk.take(path, me="Ben").kept == 0
    assert desk.take(path).kept == 0
    assert desk.chat.native_id == "name:Ann"


def test_a_name_says_which_of_the_two_the_owner_is(desk: Desk, write: Write) -> None:
    desk.take(write(ENGLISH, "line.txt"), me="Ann")
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.PRIVATE, "name:Ben", "Ben")
    assert desk.take(write(ENGLISH, "line.txt"), me="ben").kept == 0


def test_a_file_of_which_nothing_is_kept_says_nothing(desk: Desk, write: Write) -> None:
    gone = {"messages": [said(1, None, ANN_OF_GOOGLE, message_state="DELETED")]}
    assert told(desk.take(write(gone, "DM x/messages.json"), me="nobody"), "nobody") == [False]
