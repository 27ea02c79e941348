"""`echoes memory`: the owner reads what it could remember, adds to it, and strikes out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.memory.notes import load_notes
from bot.message import Account, Chat, ChatKind, Message
from bot.people import Contact, People, save_people
from bot.store.journal import Journal, State

MEI = Account("telegram", "7")
PRIVATE = Chat("telegram", "7", ChatKind.PRIVATE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text("platforms: {}\n")
    (tmp_path / "persona.yaml").write_text("name: Nora\nlanguage: zh\n")
    save_people(tmp_path / "people.yaml", People.of((Contact("mei", "美惠", "friend", (MEI,)), Contact("tom", "Tom"))))
    journal = Journal.open(tmp_path / "journal.sqlite", lambda: datetime(2026, 3, 2, 9, 1, tzinfo=UTC))
    seq = journal.take(Message(PRIVATE, "1", MEI, "Mei", datetime(2026, 3, 2, 9, tzinfo=UTC), "我们去西湖划船")) or 0
    journal.sent(journal.reply(PRIVATE, [seq], ["好呀，我带面包"]), "2")
    journal.settle([seq], State.ANSWERED)
    journal.close()
    return tmp_path


def memory(root: Path, *arguments: str) -> int:
    return main(["-w", str(root), "memory", *arguments])


def test_it_lists_whom_it_remembers(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert memory(root) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "mei   美惠         2      0" in shown and "tom" not in shown and "西湖" not in shown


def test_it_shows_what_was_said_and_what_it_would_remember(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory(root, "mei")
    said = "journal/telegram:7/1  2026年3月2日 周一，对方：我们去西湖划船 / 你：好呀，我带面包"
    assert said in capsys.readouterr().out
    memory(root, "mei", "--about", "还记得西湖划船吗")
    assert said in capsys.readouterr().out
    memory(root, "mei", "--about", "火车")
    assert "Nothing that was said is found." in capsys.readouterr().out


def test_it_is_added_to_and_struck_out(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory(root, "mei", "--add", "她怕猫。")
    memory(root, "anybody", "--add", "我在杭州出生。")
    memory(root, "mei", "--remove", "journal/telegram:7/1")
    memory(root, "mei")
    shown = capsys.readouterr().out
    assert "1  她怕猫。" in shown and "西湖" not in shown and "杭州" not in shown
    assert (root / "memory.yaml").stat().st_mode & 0o777 == 0o600
    memory(root, "mei", "--restore", "journal/telegram:7/1")
    memory(root, "mei", "--remove", "1")
    memory(root, "mei")
    assert "西湖" in capsys.readouterr().out
    notes = load_notes(root / "memory.yaml")
    assert (notes.anybody, notes.contacts, notes.never) == (("我在杭州出生。",), {}, frozenset())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--add", "x"), "Say of whom"),
        (("nobody",), "No contact has the short name nobody"),
        (("mei", "--remove", "3"), "There are 0 facts"),
        (("mei", "--remove", "abc"), "abc is no key"),
        (("mei", "--restore", "corpus/1/1"), "was not struck out"),
    ],
)
def test_a_mistake_is_told(
    root: Path, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert memory(root, *arguments) == ExitCode.USAGE
    assert sentence in capsys.readouterr().err
