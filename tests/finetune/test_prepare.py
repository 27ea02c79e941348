"""`echoes prepare` and `echoes show`, of a whole workspace."""

import json

import pytest

from bot.cli import main
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
