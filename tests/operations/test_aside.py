"""`echoes aside`: the owner sees what failed again and again, and has it tried again."""

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.lock import only_one, pid_file
from bot.message import Account, Chat, ChatKind, Message
from bot.people import Contact, People, save_people
from bot.store.journal import Journal
from bot.workspace import Workspace

MEI = Account("telegram", "7")
PRIVATE = Chat("telegram", "7", ChatKind.PRIVATE)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "config.yaml").write_text("platforms: {}\n")
    save_people(tmp_path / "people.yaml", People.of((Contact("mei", "美惠", "friend", (MEI,)),)))
    return Workspace.open(tmp_path)


@pytest.fixture
def journal(workspace: Workspace) -> Journal:
    """With one message and one bubble set aside, and a message that waits."""
    journal = Journal.open(workspace.journal)
    now = datetime.now(UTC)
    for number, text in enumerate(["poison in words", "hello?"], 1):
        journal.take(Message(PRIVATE, str(number), MEI, "Mei", now, text))
    bubble = journal.reply(PRIVATE, [], ["a bubble"])
    for _ in range(3):
        journal.failed([1], "KeyError")
        journal.failed([bubble], "TypeError")
    return journal


def aside(workspace: Workspace, *arguments: str) -> int:
    return main(["-w", str(workspace.root), "aside", *arguments])


def test_it_shows_what_when_and_why_but_no_words(
    workspace: Workspace, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert aside(workspace) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "美惠" in shown and "KeyError" in shown and "the avatar" in shown and "TypeError" in shown
    assert "poison" not in shown and "a bubble" not in shown and "hello" not in shown
    aside(workspace, "--words")
    assert "poison in words" in capsys.readouterr().out


def test_it_is_tried_again(workspace: Workspace, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert aside(workspace, "--again", "1") == ExitCode.OK
    assert [one.text for one in journal.pending(PRIVATE)] == ["poison in words", "hello?"]
    assert journal.aside_count() == 1 and "when `echoes run` starts" in capsys.readouterr().out
    assert aside(workspace, "--again") == ExitCode.OK
    assert [one.text for one in journal.outbox(PRIVATE)] == ["a bubble"] and journal.aside_count() == 0
    aside(workspace)
    assert "Nothing was set aside." in capsys.readouterr().out


def test_a_number_that_is_not_there(workspace: Workspace, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert aside(workspace, "--again", "1", "2") == ExitCode.USAGE
    assert "Not set aside: 2." in capsys.readouterr().err and journal.aside_count() == 2


def test_a_running_avatar_is_told(workspace: Workspace, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, frame: told.append(number))
    try:
        with only_one(pid_file(workspace)):
            aside(workspace, "--again")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert told == [signal.SIGHUP] and "now" in capsys.readouterr().out


def test_before_the_first_run(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert aside(workspace) == ExitCode.OK
    assert "has not run yet" in capsys.readouterr().out and not workspace.journal.exists()
