"""What is done with a model is done with its GGUF file: examined, measured, trained, spoken with."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.prompt import Prompt
from bot.checks import Verdict
from bot.cli import main
from bot.config import load_config
from bot.doctor.model import examine_model
from bot.engine.base import Engine
from bot.engine.describe import Family, describe
from bot.engine.factory import build_engine
from bot.engine.llama.engine import LlamaEngine
from bot.engine.local import LocalEngine
from bot.errors import EchoesError, ExitCode
from bot.media import MediaStore
from bot.sampling import Sampling
from bot.workspace import Workspace
from tests.benching import shorten
from tests.engine.conftest import FAMILIES
from tests.finetune.conftest import make_workspace
from tests.finetune.test_train import QUICK
from tests.llama.conftest import asked
from tests.ready.conftest import Ready
from tests.support import picture
from training.finetune import train

SHORT = Sampling(temperature=1.0, presence_penalty=0, max_tokens=6)


@pytest.fixture(params=FAMILIES)
def workspace(request: pytest.FixtureRequest, tmp_path: Path, tiny: dict[Family, Ready]) -> Workspace:
    return make_workspace(tmp_path / "nora", tiny[request.param].model)


@pytest.fixture
def lora(workspace: Workspace) -> Path:
    return train(workspace, replace(QUICK, preset=replace(QUICK.preset, epochs=1)))


async def words_of(engine: Engine, prompt: Prompt) -> str:
    """Draws until something can be seen: of a random model that is left to chance."""
    for seed in range(50):
        try:
            return "".join([piece async for piece in engine.reply("0", prompt, replace(SHORT, seed=seed))])
        except EchoesError:
            continue
    return ""


async def test_an_avatar_trained_on_it_speaks_in_either_engine(workspace: Workspace, lora: Path) -> None:
    config, media = load_config(workspace.config), MediaStore(workspace.media)
    assert describe(config.model.base).id in (lora / "card.md").read_text("utf-8")
    found = []
    for kind, name in ((LocalEngine, "torch"), (LlamaEngine, "llama")):
        model = config.model.model_copy(update={"engine": name})
        engine = await build_engine(config.model_copy(update={"model": model}), lora, media)
        try:
            assert isinstance(engine, kind)
            photo = media.put(picture("red", (300, 200)))
            prompts = [asked(engine.codec, "look", photos=photos) for photos in ((), (photo,))]
            decided = [await engine.p_answer(str(number), one) for number, one in enumerate(prompts)]
            reply = await words_of(engine, prompts[0])
        finally:
            await engine.aclose()
        found.append((decided, reply))
    (by_torch, *said), (by_llama, *others) = found
    assert by_torch == pytest.approx(by_llama, abs=0.01)
    assert all(said) and all(others)


def test_the_doctor_finds_it_whole_or_says_what_is_wrong(workspace: Workspace) -> None:
    said: list[str] = []
    config = load_config(workspace.config)
    checks = {check.name: check for check in examine_model(workspace, config, said.append)}
    assert re.fullmatch(r"qwen\w+@\w{12}, 0\.0 GB, whole by the heads of its files", checks["model"].text)
    gone = config.model_copy(update={"model": config.model.model_copy(update={"base": f"{config.model.base}.gguf"})})
    (check,) = examine_model(workspace, gone, said.append)
    assert check.verdict is Verdict.BAD and "is neither a folder nor a model's id nor a file" in check.text


def test_it_can_be_measured(
    tiny: dict[Family, Ready], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(monkeypatch, tmp_path, at_once=(1,), load=1)
    asked = ("bench", "--engine", "llama", "--quantize", "q8_0", "--rounds", "1")
    assert main([*asked, "--model", str(tiny["qwen3_vl"].model)]) == ExitCode.OK
    assert "qwen3_vl@" in capsys.readouterr().out
