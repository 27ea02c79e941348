"""`echoes why`: the owner sees what became of each message of a group and why, and no word of what was said."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.chat import features
from bot.cli import main
from bot.errors import ExitCode
from bot.explanation import explain, feature_name
from bot.message import Account, Chat, ChatKind, Message
from bot.outcome import Decision, Gate, Outcome, Term
from bot.people import Contact, People, save_people
from bot.persona import LANGUAGES
from bot.store.journal import Journal, State
from bot.workspace import Workspace

MEI, TOM = Account("telegram", "7"), Account("telegram", "8")
CLIMBERS = Chat("telegram", "-100", ChatKind.GROUP, "Climbers")
FLAT = Chat("telegram", "-200", ChatKind.GROUP, "合租群")
TERMS = (Term("rate_two_minutes", 0.1, 0.5, 2.0), Term("question", 1.0, 0.2, 0.5), Term("photo", 0.0, 0.0, 0.1))
SILENT = Outcome(Gate.DECIDED, decision=Decision(False, 0.16, 0.25, 0.22, TERMS))


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "config.yaml").write_text("platforms: {}\n")
    save_people(tmp_path / "people.yaml", People.of((Contact("mei", "美惠", "friend", (MEI,)),)))
    return Workspace.open(tmp_path)


@pytest.fixture
def journal(workspace: Workspace) -> Iterator[Journal]:
    """Open all the while, as a running avatar holds it: a few messages of two groups, each with its outcome."""
    journal = Journal.open(workspace.journal)
    outcomes = [
        SILENT,
        Outcome(Gate.BUDGET, decision=Decision(True, 0.31, 0.25, 0.4, (Term("model", -0.4, 0.0, 0.5),))),
        Outcome(Gate.BOT),
        Outcome(Gate.DECIDED, answer=True, decision=Decision(True, 0.9, 0.0, 0.4, addressed=True)),
        Outcome(Gate.JOINED, answer=True),
    ]
    for number, outcome in enumerate(outcomes):
        _said(journal, CLIMBERS, number, outcome)
    _said(journal, FLAT, 9, SILENT)
    yield journal
    journal.close()


def _said(journal: Journal, chat: Chat, number: int, outcome: Outcome) -> None:
    sender, name = (TOM, "Tommy") if number % 2 else (MEI, "Mei")
    seq = journal.take(Message(chat, str(number), sender, name, datetime.now(UTC), f"secret words {number}"))
    assert seq is not None
    journal.became(seq, outcome)
    journal.settle([seq], State.ANSWERED if outcome.answer else State.SILENT)


def why(workspace: Workspace, *arguments: str) -> int:
    return main(["-w", str(workspace.root), "why", *arguments])


@pytest.mark.usefixtures("journal")
def test_it_tells_what_decided_and_no_words(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(workspace, "climbers") == ExitCode.OK
    shown = capsys.readouterr().out
    assert shown.startswith("Climbers (telegram:-100): the last 5 of 5")
    said = "The probability of an answer was 0.16, and this time it answers only from 0.25 on."
    assert f"美惠: stayed silent\n  {said}\n" in shown
    assert "The model by itself said 0.22, which does not count here." in shown
    assert "For an answer: a question: yes (+0.4)." in shown
    assert "Against it: its share of the last two minutes: low (-0.8)." in shown
    assert "The model by itself said 0.40.\n  Against it: the model's own view: low (-0.2)." in shown
    assert "Tommy: stayed silent\n  The group's replies for this hour are spent" in shown
    assert "It is of a bot" in shown and "it answers all that is addressed to it" in shown
    assert "was answered with it" in shown and "secret" not in shown and "photo" not in shown
    why(workspace, "telegram:-100", "--last", "1")
    assert capsys.readouterr().out.count("answered") == 2


@pytest.mark.usefixtures("journal")
def test_in_chinese(workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    why(workspace, "合租")
    shown = capsys.readouterr().out
    assert "Tommy: 没有说话\n  回复的概率是 0.16，这一次要达到 0.25 才回复。" in shown
    assert "倾向沉默：最近两分钟里它占的份额：低（-0.8）。" in shown


@pytest.mark.usefixtures("journal")
def test_for_scripts(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    why(workspace, "Climbers", "--json", "--last", "4")
    budget, bot, addressed, joined = json.loads(capsys.readouterr().out)
    assert (budget["gate"], budget["answered"], budget["probability"]) == ("budget", False, 0.31)
    assert "probability" not in bot and bot["why"] and joined["answered"]
    assert addressed["addressed"] and addressed["threshold"] == 0.0
    assert budget["terms"] == [{"name": "model", "value": -0.4, "usual": 0.0, "weight": 0.5, "contribution": -0.2}]
    why(workspace, "--json")
    assert {(one["key"], one["decisions"]) for one in json.loads(capsys.readouterr().out)} == {
        ("telegram:-100", 5),
        ("telegram:-200", 1),
    }


def test_which_group(workspace: Workspace, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    _said(journal, Chat("discord", "5", ChatKind.GROUP, "Climbers in town"), 20, SILENT)
    assert why(workspace, "climbers") == ExitCode.OK, "the whole title goes before a part of one"
    assert why(workspace, "climb") == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "fits 2 groups" in said and "telegram:-100" in said and "discord:5" in said and "Give the key" in said
    assert why(workspace, "swimmers") == ExitCode.USAGE
    assert "`echoes why` lists" in capsys.readouterr().err
    assert why(workspace) == ExitCode.OK
    assert "Climbers in town  discord:5" in capsys.readouterr().out
    journal.move(CLIMBERS, Chat("telegram", "-1009", ChatKind.GROUP, "Climbers"))
    assert why(workspace, "telegram:-100") == ExitCode.OK
    assert "telegram:-1009): the last 5 of 5" in capsys.readouterr().out


def test_before_the_first_run(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(workspace, "Climbers") == ExitCode.OK
    assert "has not run" in capsys.readouterr().out and not workspace.journal.exists()


def test_everything_that_a_decision_counts_has_a_name() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    names = ["model", *features.features([features.Heard("tom", at, "hi")], ["Nora"])]
    for language in LANGUAGES:
        assert len({feature_name(name, language) for name in names} - set(names)) == len(names) == 26
        for gate in Gate:
            assert gate is Gate.DECIDED or explain(Outcome(gate), language)
