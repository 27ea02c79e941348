"""The owner's way with a diary and mails at the terminal: import, consent, account, training, removal."""

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.consent import Use
from bot.message import Account
from bot.people import load_people
from bot.workspace import Workspace
from tests.finetune.conftest import agree
from tests.writings.conftest import mail, mailbox

NORA = "nora@example.org"
DIARY = "2026-03-02 rain\nThe lamps came at last.\n\n2026-03-03\nSold two of them.\n\n2026-03-09\nNot to be learnt.\n"


def test_the_way_of_a_diary(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: object, code: int = 0) -> str:
        assert main(["-w", str(workspace.root), *map(str, words)]) == code
        out, err = capsys.readouterr()
        return out if code == 0 else err

    assert "Nothing that was written" in said("writings")
    diary, sent = tmp_path / "diary.txt", tmp_path / "Sent"
    diary.write_text(DIARY, "utf-8")
    when = "Mon, 02 Mar 2026 18:05:00 +0000"
    sent.write_bytes(mailbox(mail("They came.", sender=NORA, to="Mei <mei@example.org>", subject="lamps", date=when)))
    assert "--to goes with --as letter" in said("import", diary, "--as", "diary", "--to", "Mei", code=64)
    assert "(diary)" in said("import", diary, "--as", "diary")
    assert "--me and their address" in said("import", sent, code=65)
    assert f"echoes subject --also email:{NORA}" in said("import", sent, "--me", NORA)
    assert "2026-03-02" in said("writings") and "Sent" in said("writings")

    told = json.loads(said("prepare", "--json"))["writings"]
    assert {one["kind"]: one["learnt"] for one in told} == {"diary": 3 - 1, "email": 0}
    assert NORA in said("subject", "--also", f"email:{NORA}")
    assert Account("email", NORA) in load_people(workspace.people).subject
    told = json.loads(said("prepare", "--json"))["writings"]
    assert all(one["read"] == one["learnt"] + sum(one["lost"].values()) for one in told)
    assert {one["kind"]: one["learnt"] for one in told} == {"diary": 2, "email": 1}
    printed = said("prepare")
    assert "Written outside of chats" in printed and "of days that are kept to measure on" in printed
    listed = said("show")
    number = next(line.split()[0] for line in listed.splitlines() if "(email to Mei)" in line)
    page = said("show", number)
    assert "This is an e-mail of yours to Mei (friend), of 2 March 2026, “lamps”." in page and "«They came." in page

    said("people", "set", "mei", "--account", "email:mei@example.org")
    said("train", "--tokens", "600", "--name", "with")
    card = (workspace.loras / "with" / "card.md").read_text("utf-8")
    assert "| of these pages of diaries, letters, e-mail and posts | 3 |" in card
    assert "| diary | 3 | 2 | 2 | 2 | 1 of days that are kept to measure on |" in card
    assert "lamps came" not in card + (workspace.loras / "with" / "training.json").read_text("utf-8")
    traced = said("people", "trace", "mei")
    assert "E-mails to them: 1, of which 1 may be used." in traced and "with: was made from" in traced

    agree(workspace, Use.TRAINING)
    assert json.loads(said("prepare", "--json"))["writings"][0]["usable"] == 0
    assert "Removed: 3." in said("writings", "--remove-file", "diary.txt")
    assert "diary.txt" not in said("writings")
    assert "removed before" in said("import", diary, "--as", "diary")
    said("writings", "--allow-again")
    assert "removed before" not in said("import", diary, "--as", "diary")
    first = said("writings", "--file", "diary.txt").splitlines()[1].split()[0]
    assert "The lamps came at last." in said("writings", first)
    assert "There is no number 99" in said("writings", "99", code=64)
