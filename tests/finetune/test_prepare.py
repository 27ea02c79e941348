"""`echoes prepare` and `echoes show`, of a whole workspace."""

import json

import pytest

from bot.cli import main
from bot.people import load_people
from bot.store.corpus import Corpus
from bot.workspace import Workspace


def test_the_commands(imported: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["-w", str(imported.root)]
    assert main([*place, "prepare"]) == 0
    printed = capsys.readouterr().out
    assert "Mei" in printed and "█" in printed and "`echoes show` lists the" in printed
    assert main([*place, "prepare", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert all(one["own"] == sum(one["kept"].values()) + sum(one["lost"].values()) for one in told["chats"])
    assert "Mei" not in json.dumps(told)
    assert main([*place, "show"]) == 0
    assert "learnt" in capsys.readouterr().out
    assert main([*place, "show", "1"]) == 0
    one = capsys.readouterr().out
    assert "<|im_start|>system" in one and "«" in one
    assert main([*place, "show", "9999"]) != 0
    assert "There are dialogues 1 to" in capsys.readouterr().err


def test_reactions_have_a_table_of_their_own(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def prepared(*arguments: str) -> str:
        assert main(["-w", str(workspace.root), "prepare", *arguments]) == 0
        return capsys.readouterr().out

    subject = load_people(workspace.people).subject[0]
    before = json.loads(prepared("--json"))
    with Corpus.open(workspace.corpus) as corpus, corpus.transaction() as db:
        db.execute(
            "INSERT INTO reactions (chat, message, sender, name, emoji)"
            " SELECT m.chat, m.id, s.id, names.id, '❤️' FROM messages m JOIN chats ON chats.id = m.chat"
            " JOIN senders s ON s.native_id = ? JOIN names ON names.sender = s.id"
            " WHERE chats.kind = 'private' AND m.sender <> s.id ORDER BY m.id LIMIT 1",
            (subject.id,),
        )
    printed = prepared()
    assert "Reactions to messages, which are no messages:" in printed
    assert "1  of the subject\n" in printed and "1  of these learnt, in private\n" in printed
    assert json.loads(prepared("--json"))["chats"] == before["chats"]


def test_who_is_left_out_is_in_no_later_lora(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        assert main(["-w", str(workspace.root), *arguments]) == 0
        return capsys.readouterr().out

    quick = ("train", "--tokens", "600", "--learning-rate", "0.002", "--name")
    said(*quick, "before")
    assert "nothing of it is learnt" in said("people", "leave-out", "mei")
    said(*quick, "after")
    traced = said("people", "trace", "mei")
    assert "of which 0 may be used" in traced
    assert (
        "before: was made from chats they wrote in, or from e-mails to them." in traced
        and "after: was made without them." in traced
    )
    assert len(traced.splitlines()) == 3, "`latest` is one of the two"
    card = (workspace.loras / "after" / "card.md").read_text("utf-8")
    assert "Digest of the dialogues" in card
    assert "Mei" not in said("prepare")
    said("people", "leave-out", "mei", "--undo")
    assert "of which 0 may be used" not in said("people", "trace", "mei")
    assert main(["-w", str(workspace.root), "people", "leave-out"]) != 0
    assert "Name either a contact" in capsys.readouterr().err
