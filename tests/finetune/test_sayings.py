"""While it learns, the avatar can be asked the same questions, and learns nothing of that."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.cli import main
from bot.engine.describe import codec_for
from bot.engine.models import LoadedModel
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.workspace import Workspace
from tests.finetune.test_train import QUICK, Listener, same, weights_of
from training.data.dialogues import Dialogue
from training.finetune import train
from training.finetune.attention import pack_attention
from training.finetune.sayings import Sayings, questions

AT = datetime(2026, 3, 2, 18, tzinfo=UTC)


def chat(who: str | None, *lines: str, kind: ChatKind = ChatKind.PRIVATE, photo: bool = False) -> Dialogue:
    """Lines by turns, the partner's first."""
    speaker = Speaker(who, "friend")
    turns = tuple(
        Turn(None if number % 2 else speaker, (Bubble(line, ("f00d",) if photo else ()),), AT)
        for number, line in enumerate(lines)
    )
    return Dialogue("chat", Scene(Persona("Nora"), kind, speaker), turns, 0, AT.date(), (False,) * 9, (0,) * 9)


def test_questions_are_real_ones_of_several_people_and_neither_curt_nor_long() -> None:
    mei = chat("Mei", "hi", "hey", "are you coming tonight?", "yes", "why?", "because")
    gran = chat("Gran", "Will you have dumplings or noodles on Sunday, and who brings you?", "dumplings")
    tom = chat("汤姆", "你周末来吗？", "来")
    left_out = [
        chat("Mei", "long " * 30 + "?", "no"),
        chat("Mei", "nice?", "yes", photo=True),
        chat("Mei", "who is in?", "me", kind=ChatKind.GROUP),
        chat(None, "who are you?", "nora"),
        chat("Mei", "and now?"),
        chat("Mei", "no question", "indeed"),
    ]
    found = questions([mei, gran, tom, *left_out])
    assert {(one.who, one.text) for one in found} == {
        ("Mei", "are you coming tonight?"),
        ("Gran", gran.turns[0].bubbles[0].text),
        ("汤姆", "你周末来吗？"),
    }
    assert next(one for one in found if one.who == "Mei").turns == mei.turns[:3]
    assert [one.text for one in questions([mei])] == ["are you coming tonight?", "why?"]
    assert questions(left_out) == []


def test_what_it_says_is_told_thrice_and_changes_nothing(workspace: Workspace) -> None:
    listener = Listener()
    settings = replace(QUICK, tokens=3000)
    silent = train(workspace, replace(settings, name="silent"))
    shown = train(workspace, replace(settings, name="shown", show=True), listener)
    told = [note for note in listener.notes if "it says" in note]
    assert [note.splitlines()[0] for note in told] == [
        "Before it has learnt anything it says:",
        "Half-way it says:",
        "Now it says:",
    ]
    asked = [[line.split("→")[0] for line in note.splitlines()[1:]] for note in told]
    assert asked[0] == asked[1] == asked[2] and 1 <= len(asked[0]) <= 3
    assert all("?" in one for one in asked[0])
    assert all(line.split("→")[1].strip() for note in told for line in note.splitlines()[1:])
    assert same(weights_of(silent), weights_of(shown))


def test_what_it_says_is_what_the_engine_would_say(loaded: LoadedModel, tmp_path: Path) -> None:
    """Though training attends to packed rows, and the prompts' common beginning is read once."""
    media = MediaStore(tmp_path)
    codec = codec_for(loaded, media)
    asked = questions([chat("Mei", "are you coming tonight?", "yes"), chat("Gran", "and why not now?", "because")])
    before = Sayings(loaded, codec, media, asked).now()
    pack_attention(loaded.model)
    assert Sayings(loaded, codec, media, asked).now() == before
    assert len(before) == 2
    packed = loaded.model.config.get_text_config()._attn_implementation
    assert packed == "echoes_packed", "training goes on as it did"


def test_it_is_asked_for_at_the_terminal(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["-w", str(workspace.root), "train", "--tokens", "600", "--learning-rate", "0.002"]
    assert main([*arguments, "--name", "quiet"]) == 0
    assert "it says:" not in capfd.readouterr().err
    assert main([*arguments, "--name", "shown", "--show"]) == 0
    assert "Now it says:" in capfd.readouterr().err
