"""The decision is fitted on what the engine that serves says, in the time there is."""

import math
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.decision import Calibration
from bot.cli import main
from bot.config import load_config
from bot.engine.base import BatchEngine
from bot.engine.blocking import Blocking, blocking
from bot.engine.describe import Family
from bot.engine.factory import build_local_engine
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, load
from bot.errors import ExitCode
from bot.media import MediaStore
from bot.workspace import Workspace
from tests.finetune.test_train import QUICK, Listener
from training.calibration import Fitted, Inputs, calibrate, reading
from training.data.groups import Group
from training.data.points import Point
from training.finetune import finish, run, train
from training.finetune.material import Material, load_material


@pytest.fixture
def served(imported: Workspace) -> Iterator[Blocking[BatchEngine]]:
    made = build_local_engine(load_config(imported.config), None, MediaStore(imported.media))
    with blocking(made) as engine:
        yield engine


def material(workspace: Workspace, served: Blocking[BatchEngine]) -> Material:
    return load_material(workspace, load_config(workspace.config), served.engine.codec, 400, None)


def test_the_calibration_holds_the_correction(
    monkeypatch: pytest.MonkeyPatch, imported: Workspace, served: Blocking[BatchEngine]
) -> None:
    known: list[dict[int, float]] = []

    def fit(_: Sequence[Point], log_odds: dict[int, float], heard: Sequence[Group]) -> Fitted:
        known.append(log_odds)
        return Fitted(Calibration(0.5, 2.0), Inputs.MODEL, {}, 1, 1, 1)

    monkeypatch.setattr(reading, "fit", fit)
    found = material(imported, served)
    calibrate(served, found.train, found.points, None)
    corrected = calibrate(served, found.train, found.points, None, -1.5).calibration
    assert known[0] and known[1] == pytest.approx({message: odds - 1.5 for message, odds in known[0].items()})
    assert corrected.bias == pytest.approx(0.5 - 3.0)
    assert corrected.probability(0.5, {}) == pytest.approx(1 / (1 + math.exp(2.5)))


def test_it_reads_at_least_one_batch_and_no_more_than_suffices(
    monkeypatch: pytest.MonkeyPatch, imported: Workspace, models: dict[Family, Path]
) -> None:
    async def made() -> LocalEngine:
        loaded = load(str(models["qwen2_5_vl"]), "cpu", "float32")
        return LocalEngine(loaded, MediaStore(imported.media), batch_tokens=1)

    read: list[int] = []

    def fit(points: Sequence[Point], log_odds: dict[int, float], heard: Sequence[Group]) -> Fitted:
        read.append(len(log_odds))
        return Fitted(Calibration(), Inputs.NONE, {}, 0, 0, 0)

    monkeypatch.setattr(reading, "fit", fit)
    with blocking(made()) as served:
        found = material(imported, served)
        every = [*found.train, *found.validation]
        for seconds in (0.0, None):
            calibrate(served, every, found.points, seconds)
        monkeypatch.setattr(reading, "DECISIONS", read[0] + 1)
        monkeypatch.setattr(reading, "ANSWERS", 1)
        calibrate(served, every, found.points, None)
    nothing_left, all_of_them, what_suffices = read
    assert 0 < nothing_left < what_suffices < all_of_them


def test_training_lets_its_model_go_before_the_engine_loads_one(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    """Two models at once may be more than the memory holds."""
    held: list[weakref.ref[Any]] = []
    left: list[bool] = []
    real_load, real_build = load, build_local_engine

    def loading(*asked: Any) -> LoadedModel:
        loaded = real_load(*asked)
        held.append(weakref.ref(loaded.model))
        return loaded

    async def building(*asked: Any) -> BatchEngine:
        left.append(held[0]() is not None)
        return await real_build(*asked)

    monkeypatch.setattr(run, "load", loading)
    monkeypatch.setattr(finish, "build_local_engine", building)
    train(workspace, replace(QUICK, tokens=3000))
    assert left == [False]


def test_a_server_that_cannot_be_asked_leaves_it_to_this_process(
    workspace: Workspace, models: dict[Family, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """And `echoes calibrate` makes good for it, once the server is there, or no longer asked."""
    here = workspace.config.read_text("utf-8")
    there = f"{here}  server:\n    url: http://127.0.0.1:9/v1\n    model: nora\n"
    workspace.config.write_text(there, "utf-8")
    listener = Listener()
    lora = train(workspace, replace(QUICK, tokens=2000), listener)
    [said] = [note for note in listener.notes if "could not be asked" in note]
    assert "http://127.0.0.1:9/v1" in said and "echoes calibrate" in said
    found = Calibration.load(lora)
    assert found.precision == "float32, cpu"
    assert main(["-w", str(workspace.root), "calibrate"]) == ExitCode.FAILED
    assert "does not answer" in capsys.readouterr().err
    workspace.config.write_text(here, "utf-8")
    (lora / "decision.json").write_text('{"bias": 9, "model": 1, "weights": {}, "threshold": 0.5}', "utf-8")
    assert main(["-w", str(workspace.root), "calibrate"]) == ExitCode.OK
    assert f"Calibrated: {lora}" in capsys.readouterr().out
    again = Calibration.load(lora)
    assert (again.bias, again.threshold, again.precision) == (found.bias, found.threshold, "float32, cpu")


def test_another_engine_than_the_one_calibrated_is_doubted() -> None:
    here = replace(Calibration(), precision="float32, cpu")
    assert here.doubt("float32, cpu") is None
    for other in ("as http://gpu:8000/v1 computes", "q8_0, llama.cpp"):
        assert f"(float32, cpu) than the one that serves ({other})" in str(here.doubt(other))
    assert replace(here, model=0.0).doubt("q8_0, llama.cpp") is None, "the model has no part in it"
    assert Calibration().doubt("q8_0, llama.cpp") is None, "nothing is known of how it was made"


def test_what_the_model_itself_is_said_to_think_holds_the_correction() -> None:
    calibration = Calibration(correction=-9.0)
    assert calibration.decide(1 / (1 + math.exp(-8.0)), {}).model == pytest.approx(1 / (1 + math.exp(1.0)))
    assert Calibration().decide(0.25, {}).model == 0.25
