"""From a workspace to a LoRA, the whole way, with a tiny model."""

import json
import math
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState  # type: ignore[import-untyped]
from safetensors.torch import load_file

from bot.chat.decision import Addressed, Calibration
from bot.chat.prompt import fingerprint
from bot.config import load_config
from bot.consent import Use
from bot.engine import device
from bot.engine.base import Batches, DialogueScores, ScoredDialogue
from bot.engine.describe import Family, describe
from bot.engine.local import LocalEngine
from bot.engine.matrices import decoder_of
from bot.engine.models import load
from bot.errors import ConfigError, ConsentError, DataError, EchoesError, PermanentError, UsageError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.meaning import open_meaning
from bot.memory.trained import doubt
from bot.message import Account
from bot.people import People, save_people
from bot.personality.answers import Personality, save_personality
from bot.workspace import Workspace
from tests.finetune.conftest import NAMES, agree, make_workspace
from tests.standins.embedding_model import embedding_model
from training.finetune import PRESETS, Progress, TrainSettings, train
from training.finetune.checkpoint import Run
from training.finetune.learner import Learner

QUICK = TrainSettings(replace(PRESETS["tuned"], epochs=2, learning_rate=2e-3), "first")


@dataclass(slots=True)
class Listener:
    """Keeps what it is told, and may do something at each step."""

    then: Callable[[int], None] = lambda _: None
    notes: list[str] = field(default_factory=list)
    seen: list[Progress] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, progress: Progress) -> None:
        self.seen.append(progress)
        self.then(len(self.seen))


@pytest.fixture(scope="module")
def trained(imported: Workspace) -> Path:
    return train(imported, QUICK)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_lora_comes_out_with_all_that_belongs_to_it(trained: Path, imported: Workspace) -> None:
    assert trained == imported.loras / "first" and (imported.loras / "latest").resolve() == trained
    assert {path.name for path in trained.iterdir()} == {
        "adapter_model.safetensors",
        "adapter_config.json",
        "prompt.json",
        "decision.json",
        "sampling.json",
        "memory.json",
        "splits.json",
        "card.md",
        "training.json",
        "loss.png",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in (trained, *trained.iterdir()))
    assert (trained / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert find_lora(imported.loras, "latest") == trained
    assert not Run(imported.root / ".training").key(), "nothing unfinished is left"


def test_both_losses_fall_on_days_not_learnt_from(trained: Path) -> None:
    curve = json.loads((trained / "training.json").read_text("utf-8"))["position"]["held_out"]
    assert curve[-1]["text"] < curve[0]["text"] - 0.5
    assert curve[-1]["decision"] < curve[0]["decision"] - 0.05, "it begins at what the rate alone tells"


def test_the_card_counts_and_tells_nothing(trained: Path, imported: Workspace) -> None:
    for name in ("card.md", "training.json"):
        text = (trained / name).read_text("utf-8").lower()
        told = [*NAMES.values(), "lamp", "noodle", "lunch", str(imported.root.name), "telegram"]
        assert not [word for word in told if word.lower() in text], name
    card = (trained / "card.md").read_text("utf-8")
    assert "| begun from | nothing |" in card, "only the embedded model has a first LoRA"
    assert "| messages imported | 138 |" in card
    assert "| friend | 4 | 8 |" in card and "| elder | 4 | 4 |" in card
    assert re.search(r"\| text, nats a token \| \d\.\d+ \| \d\.\d+ \|", card)


async def test_the_avatar_loads_it_and_another_base_refuses(
    trained: Path, imported: Workspace, models: dict[str, Path]
) -> None:
    media = MediaStore(imported.media)
    engine = LocalEngine(load(str(models["qwen2_5_vl"]), "cpu", "float32"), media)
    await engine.load_lora(trained)
    await engine.aclose()
    other = LocalEngine(load(str(models["qwen3_vl"]), "cpu", "float32"), media)
    with pytest.raises(PermanentError, match="base_model"):
        await other.load_lora(trained)
    await other.aclose()


def test_qwen3_vl_trains_too(tmp_path: Path, models: dict[str, Path]) -> None:
    workspace = make_workspace(tmp_path / "nora", models["qwen3_vl"])
    folder = train(workspace, replace(QUICK, preset=replace(PRESETS["paper"], epochs=1)))
    curve = json.loads((folder / "training.json").read_text("utf-8"))["position"]["held_out"]
    assert curve[-1]["text"] < curve[0]["text"], "a little, at the paper's learning rate"


def test_without_groups_there_is_no_decision_to_learn(tmp_path: Path, models: dict[Family, Path]) -> None:
    folder = train(make_workspace(tmp_path / "nora", models["qwen2_5_vl"], group=False), QUICK)
    card = (folder / "card.md").read_text("utf-8")
    assert "| decision, nats a decision | not measured | not measured |" in card
    assert "| made of | nothing fitted |" in card
    assert Calibration.load(folder) == Calibration(addressed=Addressed()), "what is addressed to it it answers"


def test_where_bfloat16_is_faster_the_decision_is_still_fitted_as_served(
    tmp_path: Path, models: dict[Family, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "bfloat16_is_faster", lambda: True)
    workspace = make_workspace(tmp_path / "nora", models["qwen2_5_vl"], dtype="auto")
    read: list[str] = []
    real = LocalEngine.score_dialogues

    def listening(engine: LocalEngine, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        read.append(engine.precision)
        return real(engine, dialogues)

    monkeypatch.setattr(LocalEngine, "score_dialogues", listening)
    AcceleratorState._reset_state(reset_partial_state=True)  # a process keeps one precision
    try:
        folder = train(workspace, QUICK)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
    assert "| precision | bfloat16 |" in (folder / "card.md").read_text("utf-8")
    assert all(value.dtype == torch.float32 for value in weights_of(folder).values())
    assert read == ["float32, cpu"]
    curve = json.loads((folder / "training.json").read_text("utf-8"))["position"]["held_out"]
    assert curve[-1]["text"] < curve[0]["text"] - 0.5


def test_answers_of_the_questionnaire_are_learnt_too(workspace: Workspace) -> None:
    workspace.questionnaire.write_text(
        "answers:\n- {id: food, question: 'What do you eat?', answer: soup}\n"
        "- {id: trait_1, question: I am calm., answer: 6}\n"
    )
    given = Personality(answers={1: 5, 2: 5, 3: 4, 6: 1, 7: 1}, words={7: "parties are loud"})
    save_personality(workspace.personality, given)
    card = (train(workspace, QUICK) / "card.md").read_text("utf-8")
    assert "| of these from the questionnaire | 3 |" in card, "an answer, own words, a talk of yes and no; no trait_"
    assert "| questionnaire | 3 | 4 |" in card, "what is held out is in none of them"


def test_an_encoder_that_finds_memories_is_noted_beside_the_lora(workspace: Workspace, tmp_path: Path) -> None:
    encoder = embedding_model(tmp_path / "tiny-encoder")
    with workspace.config.open("a") as config:
        config.write(f"memory: {{encoder: {encoder}}}\n")
    folder = train(workspace, QUICK)
    meaning = open_meaning(load_config(workspace.config).memory)
    assert meaning and doubt(folder, meaning.encoder) == ""
    assert "was trained with memories found by meaning, with tiny-encoder" in doubt(folder, None)


def test_the_same_seed_gives_the_same_lora(trained: Path, workspace: Workspace) -> None:
    assert same(weights_of(trained), weights_of(train(workspace, QUICK)))


def test_the_bar_shows_both_losses_speed_and_time_left(workspace: Workspace) -> None:
    listener = Listener()
    train(workspace, QUICK, listener)
    fractions = [one.fraction for one in listener.seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    last = listener.seen[-1]
    assert last.text and last.decision and last.tokens_per_second > 0 and last.seconds_left == 0
    assert any("before the first step" in note for note in listener.notes)


def test_the_minutes_are_kept_and_the_schedule_follows_them(workspace: Workspace) -> None:
    start, listener = time.monotonic(), Listener()
    folder = train(workspace, TrainSettings(name="brief", minutes=0.25, tokens=1_000_000_000), listener)
    assert time.monotonic() - start < 0.25 * 60
    assert any(note.startswith("The minutes were over after ") for note in listener.notes)
    place = json.loads((folder / "training.json").read_text("utf-8"))["position"]
    assert place["step"] > 10 and place["epoch"] < 1000
    assert place["seconds"] > 0.25 * 60 * 0.5, "and they are used"


def test_an_interruption_is_saved_and_gone_on_with(trained: Path, workspace: Workspace) -> None:
    def interrupt(step: int) -> None:
        if step == 7:
            os.kill(os.getpid(), signal.SIGINT)

    listener = Listener(interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(workspace, QUICK, listener)
    assert not workspace.loras.exists()
    again = Listener()
    folder = train(workspace, QUICK, again)
    assert any("from step 8" in note or "from step 7" in note for note in again.notes)
    assert same(weights_of(trained), weights_of(folder))


def test_other_settings_another_prompt_or_fresh_start_over(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(step: int) -> None:
        raise RuntimeError("pulled the plug")

    for settings in (replace(QUICK, seed=1), replace(QUICK, seed=1, fresh=True), QUICK):
        with pytest.raises(RuntimeError, match="plug"):
            train(workspace, QUICK, Listener(stop))
        if settings is QUICK:
            monkeypatch.setattr(fingerprint, "RENDERER", 1000)
        listener = Listener()
        train(workspace, replace(settings, name=None), listener)
        assert not any("unfinished" in note for note in listener.notes)
        time.sleep(1.1)  # names are times


def test_a_killed_process_loses_one_interval_at_most(trained: Path, workspace: Workspace) -> None:
    """SIGKILL, twice, wherever it strikes; in the end the weights are those of a run without trouble."""
    script = (
        "import sys, time\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from bot.workspace import Workspace\n"
        "from tests.finetune.test_train import QUICK, Listener\n"
        "from training.finetune import loop, train\n"
        "loop._SAVE_SHARE = float('inf')  # save after each step, however slow the disk is\n"
        "settings = replace(QUICK, checkpoint_seconds=0.0)\n"
        "train(Workspace.open(Path(sys.argv[1])), settings, Listener(lambda step: time.sleep(0.2)))\n"
    )
    checkpoint = workspace.root / ".training" / "checkpoint.pt"
    steps = []
    for _ in range(2):
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", script, str(workspace.root)])
        deadline, changes = time.monotonic() + 180, 0
        while changes < 5:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
            if checkpoint.exists() and (now := checkpoint.stat().st_mtime_ns) != before:
                before, changes = now, changes + 1
        process.kill()
        process.wait()
        saved = Run(workspace.root / ".training").load()
        assert saved is not None
        steps.append(saved.position.step)
    assert 0 < steps[0] < steps[1], "the second went on from the first"
    listener = Listener()
    folder = train(workspace, QUICK, listener)
    assert f"Going on with the unfinished run, from step {steps[1]}." in listener.notes
    assert same(weights_of(trained), weights_of(folder))


def test_a_full_disk_keeps_the_last_good_checkpoint(
    trained: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here: no file may grow beyond 300 kB, and from its fourth writing on the checkpoint does."""
    real, written = Run._write, 0

    def full(run: Run, name: str, content: dict[str, Any]) -> None:
        nonlocal written
        written += name == "checkpoint.pt"
        if written == 4:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
        real(run, name, content)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(Run, "_write", full)
            with pytest.raises(EchoesError, match=r"could not be saved.*run `echoes train` again"):
                train(workspace, replace(QUICK, checkpoint_seconds=0.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((workspace.root / ".training").glob("*.part"))
    listener = Listener()
    assert same(weights_of(trained), weights_of(train(workspace, QUICK, listener)))
    assert any("unfinished run, from step" in note for note in listener.notes)


def test_two_at_once_are_one_too_many(workspace: Workspace) -> None:
    with Run(workspace.root / ".training").only_one(), pytest.raises(UsageError, match="at work"):
        train(workspace, QUICK)


def test_a_damaged_checkpoint_is_said(workspace: Workspace) -> None:
    def stop(step: int) -> None:
        raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError):
        train(workspace, QUICK, Listener(stop))
    (workspace.root / ".training" / "checkpoint.pt").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(EchoesError, match="--fresh"):
        train(workspace, QUICK)
    train(workspace, replace(QUICK, fresh=True))


def test_a_loss_that_is_no_number_stops_with_a_sentence(workspace: Workspace) -> None:
    wild = replace(PRESETS["tuned"], learning_rate=0.9, warmup=0.0, clip=math.inf, epochs=40, weight_decay=1e6)
    with pytest.raises(EchoesError, match="--learning-rate"):
        train(workspace, TrainSettings(wild))


def test_what_is_missing_is_said_in_a_sentence(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.yaml").write_text(workspace.config.read_text("utf-8"))
    empty = Workspace.open(tmp_path / "empty")
    with pytest.raises(ConsentError, match="echoes consent"):
        train(empty, QUICK)
    agree(empty)
    with pytest.raises(DataError, match="echoes import"):
        train(empty, QUICK)
    empty.corpus.write_bytes(workspace.corpus.read_bytes())
    with pytest.raises(ConfigError, match="echoes subject"):
        train(empty, QUICK)
    empty.persona.write_text("name: Nora\n")
    with pytest.raises(UsageError, match="echoes subject"):
        train(empty, QUICK)
    agree(workspace, Use.RUNNING)
    with pytest.raises(ConsentError, match="training"):
        train(workspace, QUICK)


def test_somebody_who_wrote_nothing_cannot_be_learnt(workspace: Workspace) -> None:
    save_people(workspace.people, People.of((), (Account("telegram", "12345"),)))
    with pytest.raises(DataError, match="None of the imported messages"):
        train(workspace, QUICK)


def test_a_lora_is_never_overwritten(trained: Path, imported: Workspace) -> None:
    before = weights_of(trained)
    with pytest.raises(UsageError, match="exists already"):
        train(imported, QUICK)
    assert same(before, weights_of(trained))


@pytest.mark.parametrize("wrong", ["", "latest", "../up", "a/b", ".hidden"])
def test_a_name_that_cannot_be(wrong: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        TrainSettings(name=wrong)


def test_a_model_is_trained_at_the_rate_of_its_width(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.finetune.presets._NARROW", 8)  # of tiny models, too
    tuned = PRESETS["tuned"]
    folder = train(workspace, TrainSettings(tuned, "wide", tokens=600))
    width = decoder_of(describe(load_config(workspace.config).model.base)).width
    expected = tuned.at(width).learning_rate
    assert expected != tuned.learning_rate
    assert json.loads((folder / "training.json").read_text("utf-8"))["preset"]["learning_rate"] == expected


def test_numbers_that_cannot_be() -> None:
    for changes in ({"rank": 0}, {"epochs": 0}, {"learning_rate": 2.0}, {"length": 8}):
        with pytest.raises(UsageError, match="--"):
            TrainSettings(replace(PRESETS["tuned"], **changes))
    with pytest.raises(UsageError, match="--minutes"):
        TrainSettings(minutes=0)


def test_too_little_memory_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr(Learner, "step", starve)
    with pytest.raises(EchoesError, match="--length"):
        train(workspace, QUICK)
