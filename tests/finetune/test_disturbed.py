"""A run on a machine that is busy with other things: it takes longer, and ships the same weights."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.engine.describe import Family
from bot.workspace import Workspace
from tests.finetune.conftest import make_workspace
from tests.finetune.test_train import QUICK, Listener, same, weights_of
from training.finetune import clock, heldout, loop, train
from training.finetune.heldout import DECISIONS, LEAST, MOST, TEXTS, HeldOut
from training.finetune.learner import Learner, Losses
from training.finetune.samples import IGNORED, Place, Sample

TIMED = replace(QUICK, preset=replace(QUICK.preset, batch_tokens=256), minutes=10.0)


@dataclass
class Machine:
    """stalls: seconds that pass, besides those on the wall, at the n-th reading of a batch."""

    patch: pytest.MonkeyPatch
    stalls: Callable[[int], float] = lambda _: 0.0
    passed: float = 0.0
    readings: int = 0

    def busy(self, stalls: Callable[[int], float]) -> None:
        self.stalls = stalls
        for module in (clock, heldout, loop):
            self.patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + self.passed))
        real = Learner.read

        def read(learner: Learner, samples: Sequence[Sample]) -> Losses:
            self.readings += 1
            self.passed += self.stalls(self.readings)
            return real(learner, samples)

        self.patch.setattr(Learner, "read", read)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory, models: dict[Family, Path]) -> Path:
    """The LoRA of a run that nothing disturbed."""
    return train(make_workspace(tmp_path_factory.mktemp("quiet") / "nora", models["qwen2_5_vl"]), TIMED)


def place_of(lora: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((lora / "training.json").read_text("utf-8"))["position"]
    return found


def chosen(lora: Path) -> list[Any]:
    """The step that was kept, and every measurement that it was chosen by."""
    place = place_of(lora)
    return [place["best_step"], *([one["step"], one["text"], one["decision"]] for one in place["held_out"])]


def test_a_slow_first_batch_changes_nothing(quiet: Path, machine: Machine, workspace: Workspace) -> None:
    machine.busy(lambda reading: 300.0 if reading == 1 else 0.0)
    disturbed = train(workspace, TIMED)
    assert machine.readings > 3 * len(place_of(quiet)["held_out"]), "there was more than the first batch to read"
    assert chosen(disturbed) == chosen(quiet)
    assert same(weights_of(disturbed), weights_of(quiet))


def test_nor_does_measuring_that_takes_all_the_minutes(quiet: Path, machine: Machine, workspace: Workspace) -> None:
    machine.busy(lambda reading: 200.0)
    listener = Listener()
    disturbed = train(workspace, TIMED, listener)
    assert any("not in the 10 minutes asked for" in note for note in listener.notes)
    assert machine.passed > 10 * 60, "measuring alone took longer than asked for"
    assert place_of(disturbed)["step"] == place_of(quiet)["step"], "and all was learnt"
    assert chosen(disturbed) == chosen(quiet)
    assert same(weights_of(disturbed), weights_of(quiet))


def test_a_slow_step_does_not_end_the_run(
    quiet: Path, machine: Machine, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the minutes go into one step, and those after it are as quick as before."""
    machine.busy(lambda reading: 0.0)
    real, steps = Learner.step, 0

    def step(learner: Learner, *args: Any) -> Losses:
        nonlocal steps
        steps += 1
        machine.passed += 300.0 if steps == 5 else 0.0
        return real(learner, *args)

    monkeypatch.setattr(Learner, "step", step)
    assert place_of(train(workspace, TIMED))["step"] == place_of(quiet)["step"]


def test_weights_chosen_by_little_are_said_to_be(quiet: Path, workspace: Workspace) -> None:
    listener = Listener()
    card = (train(workspace, QUICK, listener) / "card.md").read_text("utf-8")
    place = place_of(quiet)
    texts, decisions = place["held_out_texts"], place["held_out_decisions"]
    assert 0 < texts < TEXTS and 0 < decisions < DECISIONS
    said = f"the validation days hold only {texts} tokens of text (800 would do)"
    assert any(said in note for note in listener.notes)
    assert said in card
    assert f"| {texts} tokens |" in card and f"| {decisions} decisions |" in card


def sample(texts: int = 0, decisions: int = 0, length: int = 60) -> Sample:
    spoken = [Place(at, 7) for at in range(texts)]
    silent = [Place(at, IGNORED, True, 0) for at in range(decisions)]
    return Sample((1,) * length, (*spoken, *silent), ())


def read_of(samples: Sequence[Sample]) -> tuple[int, int]:
    """Texts and decisions of one measurement."""
    held_out = HeldOut(samples, 64, 0)
    read = [held_out.samples[index] for batch in held_out.batches for index in batch]
    return sum(one.texts for one in read), sum(one.decisions for one in read)


def test_what_is_measured_goes_by_its_noise_and_no_further() -> None:
    assert read_of([sample(texts=10)] * 400) == (TEXTS, 0)
    assert read_of([sample(texts=10)] * 30) == (300, 0), "all there is"
    assert read_of([sample(texts=10, decisions=1)] * 400) == (TEXTS, TEXTS // 10)
    texts, decisions = read_of([*[sample(texts=10)] * 400, *[sample(texts=1, decisions=2)] * 40])
    assert decisions == DECISIONS and TEXTS <= texts < TEXTS + 40, "where decisions are rare they are sought out"
    assert read_of([]) == (0, 0)


def test_measuring_is_done_less_often_where_it_is_dear_and_never_on_less() -> None:
    held_out = HeldOut([sample(texts=10)] * 400, 64, 0)
    assert held_out.times(None, 10_000_000, 100.0) == MOST
    assert held_out.times(None, 1_000, 100.0) == LEAST
    assert LEAST < held_out.times(45.0, 10_000_000, 100.0) < MOST
    assert held_out.times(1.0, 10_000_000, 100.0) == LEAST
    assert HeldOut([], 64, 0).times(1.0, 1000, 1.0) == MOST


def test_decisions_do_not_choose_the_weights_where_there_is_text() -> None:
    """Their level is set anew by the calibration, and swings while the text gets better."""
    half = Losses(text_sum=3333.0, texts=1000, decision_sum=36.8, decisions=40.0)
    whole = Losses(text_sum=3190.0, texts=1000, decision_sum=66.4, decisions=40.0)
    assert heldout.criterion(whole) < heldout.criterion(half)
    silent, better = Losses(decision_sum=66.4, decisions=40.0), Losses(decision_sum=36.8, decisions=40.0)
    assert heldout.criterion(better) < heldout.criterion(silent), "nothing else is there to choose by"
