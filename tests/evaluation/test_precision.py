"""Words are read in the fastest precision; decisions, but for a quick look, with the engine that serves, in its own."""

import asyncio
import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import main
from bot.config import load_config
from bot.engine import device
from bot.engine.base import ScoredDialogue
from bot.engine.describe import codec_for, describe
from bot.engine.factory import build_engine
from bot.errors import ExitCode
from bot.media import MediaStore
from bot.workspace import Workspace
from training.data.dialogues import Dialogue
from training.evaluation.asking.model_respondent import ModelRespondent
from training.evaluation.opened import FOLDER
from training.scoring import Rendered, Scores

BOTH = "bfloat16, cpu, the fastest here; decisions in float32, cpu, as the avatar runs"


@pytest.fixture
def workspace(evaluated: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """On a machine where bfloat16 is the faster."""
    monkeypatch.setattr(device, "bfloat16_is_faster", lambda: True)
    shutil.copytree(evaluated.root, tmp_path / "nora", symlinks=True)
    found = Workspace.open(tmp_path / "nora")
    config = found.config.read_text("utf-8")
    assert "dtype: float32" in config
    found.config.write_text(config.replace("dtype: float32", "dtype: auto\n  engine: torch"), "utf-8")
    return found


def precision(workspace: Workspace) -> str:
    return str(json.loads((workspace.root / FOLDER / "report.json").read_text("utf-8"))["precision"])


async def served(workspace: Workspace, asked: Sequence[ScoredDialogue]) -> list[list[float]]:
    """The log-odds of answering as the daemon's engine tells them, decision by decision."""
    engine = await build_engine(load_config(workspace.config), workspace.loras / "first", MediaStore(workspace.media))

    async def odds(one: ScoredDialogue, place: int) -> float:
        photos = tuple(photo for photo in one.prompt.photos if photo.end <= place)
        p = await engine.p_answer("chat", replace(one.prompt, ids=one.prompt.ids[:place], photos=photos))
        return math.log(p) - math.log1p(-p)

    try:
        return [[await odds(one, place) for place in one.decisions] for one in asked]
    finally:
        await engine.aclose()


def test_decisions_are_measured_as_they_are_served(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    read: dict[str, dict[str, list[tuple[Dialogue, Scores]]]] = {}
    real = ModelRespondent.score

    def listening(respondent: ModelRespondent, dialogues: Sequence[Dialogue]) -> list[Scores]:
        found = real(respondent, dialogues)
        if respondent._model.shown:  # and not the one that only counts
            told = read.setdefault(respondent._model.engine.precision, {}).setdefault(respondent.name, [])
            told += zip(dialogues, found, strict=True)
        return found

    monkeypatch.setattr(ModelRespondent, "score", listening)
    arguments = ("evaluate", "--lora", "first", "--only", "likelihood,decision", "--limit", "2")
    assert main(["-w", str(workspace.root), *arguments]) == ExitCode.OK
    assert precision(workspace) == BOTH
    assert set(read) == {"bfloat16, cpu", "float32, cpu"}
    decided = read["float32, cpu"]["the avatar"]
    codec = codec_for(describe(load_config(workspace.config).model.base), MediaStore(workspace.media))
    rendered = [Rendered.of(dialogue, codec) for dialogue, _ in decided]
    expected = asyncio.run(served(workspace, [one.asked for one in rendered]))
    assert sum(map(len, expected)) > 10
    for one, odds, (_, scores) in zip(rendered, expected, decided, strict=True):
        assert scores.decisions == pytest.approx(one.decisions(odds), abs=2e-3)


@pytest.mark.parametrize("panels", ["likelihood,decision", "decision"])
def test_a_quick_look_opens_one_model_the_fastest_that_has_the_weights_that_serve(
    workspace: Workspace, panels: str
) -> None:
    arguments = ("evaluate", "--quick", "--lora", "first", "--only", panels, "--limit", "2")
    assert main(["-w", str(workspace.root), *arguments]) == ExitCode.OK
    assert precision(workspace) == "bfloat16, cpu"


def test_what_only_decides_is_only_opened_as_it_serves(workspace: Workspace) -> None:
    arguments = ("evaluate", "--lora", "first", "--only", "decision", "--limit", "2")
    assert main(["-w", str(workspace.root), *arguments]) == ExitCode.OK
    assert precision(workspace) == "float32, cpu"
    html = (workspace.root / FOLDER / "report.html").read_text("utf-8")
    assert "<dt>Computed in</dt><dd>float32, cpu</dd>" in html


@pytest.mark.parametrize(
    ("quantize", "expected"),
    [
        ("f16", "bfloat16, cpu, the fastest here; decisions in f16, llama.cpp, as the avatar runs"),
        ("q8_0", "q8_0, llama.cpp"),
    ],
)
def test_words_are_asked_of_llama_cpp_where_it_serves_other_weights_than_were_trained(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quantize: str, expected: str
) -> None:
    monkeypatch.setattr("bot.engine.llama.files._cache", lambda: tmp_path / "llama")
    config = workspace.config.read_text("utf-8")
    workspace.config.write_text(config.replace("engine: torch", f"engine: llama\n  quantize: {quantize}"), "utf-8")
    arguments = ("evaluate", "--lora", "first", "--only", "likelihood,decision", "--limit", "2")
    assert main(["-w", str(workspace.root), *arguments]) == ExitCode.OK
    assert precision(workspace) == expected
