"""`model.base: embedded` is one of two models: the one that the LoRA fits, else the one for the persona's language."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.chat.prompt import Fingerprint
from bot.config import load_config
from bot.engine.embedded import embedded_id
from bot.engine.embedded_zh import RECIPE as CHINESE
from bot.workspace import Workspace
from tests.support import lora_folder

UNTRAINED = Fingerprint(0, "", "", 0, 0, 0, 0, (), {})


@pytest.fixture
def xiaoman(tmp_path: Path) -> Workspace:
    """A workspace whose persona speaks Chinese, with nothing trained yet."""
    workspace = Workspace(tmp_path)
    workspace.config.write_text("", "utf-8")
    workspace.persona.write_text("name: 林小满\nlanguage: zh\n", "utf-8")
    return workspace


def trained(workspace: Workspace, name: str, base: str) -> None:
    lora_folder(workspace.loras / name, replace(UNTRAINED, base_model=base))


def spoken(workspace: Workspace) -> str:
    return load_config(workspace.config).model.base


def learnt(workspace: Workspace) -> str:
    return load_config(workspace.config, training=True).model.base


def test_a_chinese_persona_has_the_chinese_one(xiaoman: Workspace) -> None:
    assert (spoken(xiaoman), learnt(xiaoman)) == ("embedded-zh", "embedded-zh")


def test_an_english_persona_has_the_english_one(xiaoman: Workspace) -> None:
    xiaoman.persona.write_text("name: Wren\nlanguage: en\n", "utf-8")
    assert (spoken(xiaoman), learnt(xiaoman)) == ("embedded", "embedded")


def test_an_avatar_from_before_speaks_on_and_learns_anew_on_the_other(xiaoman: Workspace) -> None:
    trained(xiaoman, "before", embedded_id())
    assert (spoken(xiaoman), learnt(xiaoman)) == ("embedded", "embedded-zh")
    trained(xiaoman, "now", CHINESE)
    for name, base in (("now", "embedded-zh"), ("before", "embedded"), ("none", "embedded-zh")):
        xiaoman.config.write_text(f"model:\n  lora: {name}\n", "utf-8")
        assert spoken(xiaoman) == base


def test_a_persona_whose_language_was_changed_keeps_the_model_of_its_lora(xiaoman: Workspace) -> None:
    trained(xiaoman, "now", CHINESE)
    xiaoman.persona.write_text("name: Man\nlanguage: en\n", "utf-8")
    assert (spoken(xiaoman), learnt(xiaoman)) == ("embedded-zh", "embedded")


@pytest.mark.parametrize("base", ["embedded-en", "embedded-zh", "Qwen/Qwen3-VL-8B-Instruct"])
def test_what_is_named_is_taken(xiaoman: Workspace, base: str) -> None:
    trained(xiaoman, "before", embedded_id())
    xiaoman.config.write_text(f"model:\n  base: {base}\n", "utf-8")
    assert (spoken(xiaoman), learnt(xiaoman)) == (base, base)


def test_the_lora_of_another_model_says_nothing(xiaoman: Workspace) -> None:
    trained(xiaoman, "large", "Qwen/Qwen3-VL-8B-Instruct")
    assert spoken(xiaoman) == "embedded-zh"


@pytest.mark.parametrize("damage", ["{", "[]", json.dumps(asdict(UNTRAINED) | {"base_model": None})])
def test_a_damaged_lora_is_left_to_who_loads_it(xiaoman: Workspace, damage: str) -> None:
    trained(xiaoman, "now", CHINESE)
    (xiaoman.loras / "now" / "prompt.json").write_text(damage, "utf-8")
    assert spoken(xiaoman) == "embedded-zh"


@pytest.mark.parametrize("persona", [None, "", "name: [", "language: fr\n"])
def test_a_persona_that_cannot_be_read_is_left_to_who_reads_it(xiaoman: Workspace, persona: str | None) -> None:
    xiaoman.persona.unlink()
    if persona is not None:
        xiaoman.persona.write_text(persona, "utf-8")
    assert spoken(xiaoman) == "embedded"
