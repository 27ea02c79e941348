"""The encoder that the owner names: a folder, opened where it is wanted, refused in a sentence where it holds none."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bot.checks import Check, Verdict
from bot.cli import main
from bot.config import Config, MemoryConfig, load_config
from bot.doctor.meaning import examine_meaning
from bot.engine.encoder import LocalEncoder
from bot.errors import ConfigError, ExitCode
from bot.memory.meaning import open_meaning
from bot.memory.trained import note_memory
from bot.message import Account, Chat, ChatKind
from bot.people import save_people
from bot.persona import Persona
from bot.workspace import Workspace
from tests.dialogues.log import PEOPLE, Log
from tests.standins.embedding_model import embedding_model
from tests.support import lora_folder
from training.data.dataset import corpus_memory

SAID = [f"lamp number {name}" for name in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")]
TEXTS = ["so good", "I saw the thing", "lone \ud83d surrogate", "a" * 10_000]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return embedding_model(tmp_path_factory.mktemp("encoder"))


def test_each_text_has_a_vector_whatever_else_is_read_with_it(folder: Path) -> None:
    encoder = LocalEncoder(folder)
    together = encoder.vectors(TEXTS)
    assert together.shape == (4, 32)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert encoder.vectors([text])[0] == pytest.approx(vector, abs=1e-5)
    encoder.close()
    assert encoder.vectors(TEXTS[:1])[0] == pytest.approx(together[0], abs=1e-5), "it is loaded again"


def test_a_fingerprint_tells_encoders_apart(folder: Path, tmp_path: Path) -> None:
    other, same = embedding_model(tmp_path / "other", seed=1), embedding_model(tmp_path / "same")
    assert LocalEncoder(folder).fingerprint == LocalEncoder(same).fingerprint != LocalEncoder(other).fingerprint
    (same / "1_Pooling").mkdir()
    (same / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert LocalEncoder(folder).fingerprint != LocalEncoder(same).fingerprint
    assert LocalEncoder(folder).vectors(TEXTS)[1] != pytest.approx(LocalEncoder(same).vectors(TEXTS)[1], abs=1e-3)


@pytest.mark.parametrize("damage", ["gone", "empty", "cut short"])
def test_a_folder_without_a_model_is_refused_in_a_sentence(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "encoder"
    if damage != "gone":
        folder.mkdir()
    if damage == "cut short":
        weights = embedding_model(folder) / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ConfigError, match=r"memory.encoder: .* holds no embedding model"):
        open_meaning(MemoryConfig(encoder=str(folder)))


@pytest.fixture
def workspace(tmp_path: Path, folder: Path) -> Workspace:
    """In which an encoder is set, and Mei has written twenty times."""
    log = Log(tmp_path)
    log.private("Mei", *(f"3/{day} 10:00 Mei: {said}" for day, said in enumerate(SAID, 1)), "3/27 10:00 Nora: good")
    log.corpus()
    log.close()
    (tmp_path / "config.yaml").write_text(f"platforms: {{}}\nmemory: {{encoder: {folder}}}\n")
    (tmp_path / "persona.yaml").write_text("name: Nora\nlanguage: en\n")
    save_people(tmp_path / "people.yaml", PEOPLE)
    return Workspace(tmp_path)


def read_by(workspace: Workspace) -> tuple[str, int]:
    """Which encoder made the vectors in the index, and how many there are."""
    db = sqlite3.connect(workspace.memory_index)
    fingerprint, number = db.execute("SELECT fingerprint, (SELECT count(*) FROM vectors) FROM encoder").fetchone()
    db.close()
    return str(fingerprint), int(number)


def test_training_and_measuring_read_the_corpus_by_it(workspace: Workspace, folder: Path) -> None:
    recall = corpus_memory(workspace, load_config(workspace.config), Persona("Nora"))
    chat, mei = Chat("telegram", "2", ChatKind.PRIVATE), Account("telegram", "2")
    [found] = recall.quotations(chat, mei, "lamp number seven", PEOPLE, datetime(2026, 4, 1, tzinfo=UTC))
    recall.close()
    assert found.said[0].text == "lamp number seven"
    assert read_by(workspace) == (LocalEncoder(folder).fingerprint, len(SAID))


def test_training_stops_where_it_cannot_be_opened(workspace: Workspace) -> None:
    config = Config(memory=MemoryConfig(encoder="/no/encoder"))
    with pytest.raises(ConfigError, match=r"memory.encoder: /no/encoder holds no embedding model"):
        corpus_memory(workspace, config, Persona("Nora"))


def test_the_owner_sees_what_it_finds(workspace: Workspace, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(workspace.root), "memory", "mei", "--about", "lamp number seven"]) == ExitCode.OK
    assert "they: lamp number seven" in capsys.readouterr().out
    assert read_by(workspace) == (LocalEncoder(folder).fingerprint, len(SAID))


def test_the_doctor_opens_it_and_knows_how_the_lora_was_trained(workspace: Workspace, folder: Path) -> None:
    def encoder(config: str) -> list[Check]:
        (workspace.root / "config.yaml").write_text(f"platforms: {{}}\n{config}")
        return list(examine_meaning(workspace, load_config(workspace.config), lambda what: None))

    here = f"memory: {{encoder: {folder}}}\n"
    assert encoder("model: {lora: none}\n") == []
    [check] = encoder(f"model: {{lora: none}}\n{here}")
    assert (check.verdict, check.text) == (Verdict.GOOD, f"{folder.name} can be loaded")
    [check] = encoder("memory: {encoder: /no/encoder}\n")
    assert check.verdict is Verdict.BAD and check.code == ExitCode.CONFIG
    [check] = encoder(f"{here}conversation: {{remember: false}}\n")
    assert check.verdict is Verdict.NOTE and "conversation.remember is off" in check.text
    note_memory(lora_folder(workspace.loras / "wren"), None)
    check = encoder(here)[-1]
    assert (
        check.verdict is Verdict.NOTE and "The LoRA wren was trained with memories found by words alone" in check.text
    )
