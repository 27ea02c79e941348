"""What a daemon over llama.cpp loads, and what is said where it cannot run."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import ModelConfig, parse_config
from bot.engine.factory import build_engine
from bot.engine.llama import here
from bot.engine.llama.engine import LlamaEngine
from bot.engine.llama.here import llama_runs, why_not
from bot.engine.local import LocalEngine
from bot.errors import ConfigError
from bot.media import MediaStore

DAEMON = """
import asyncio, sys
from pathlib import Path
from bot.config import parse_config
from bot.engine.factory import build_engine
from bot.media import MediaStore
from bot.sampling import Sampling
from datetime import UTC, datetime
from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import render
from bot.message import ChatKind
from bot.persona import Persona
import bot.cli.run

async def main():
    config = parse_config("model: {base: embedded, engine: llama, lora: none}")
    engine = await build_engine(config, None, MediaStore(Path(sys.argv[1])))
    turn = Turn(Speaker("Tom"), (Bubble("are you coming?"),), datetime(2026, 3, 1, tzinfo=UTC))
    prompt = render(Scene(Persona("Mei"), ChatKind.GROUP, title="x"), [turn], engine.codec, open_turn=True)
    await engine.p_answer("chat", prompt)
    print("".join([piece async for piece in engine.reply("chat", prompt, Sampling(max_tokens=5))]))
    print([name for name in ("torch", "transformers", "peft") if name in sys.modules])
    await engine.aclose()

asyncio.run(main())
"""


def test_a_reply_without_a_photo_loads_no_torch(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DAEMON, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    reply, loaded = done.stdout.rstrip("\n").rsplit("\n", 1)
    assert reply.strip()
    assert loaded == "[]"


def test_an_old_processor_is_named(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: old\nflags\t\t: fpu sse4_2 avx fma\n", "utf-8")
    assert "lacks avx2, f16c, bmi2" in why_not(cpuinfo, "x86_64")
    assert not why_not(cpuinfo, "aarch64")
    assert not why_not()


def test_without_its_wheel_the_engine_is_torch_and_asking_for_it_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(here, "find_spec", lambda _: None)
    with caplog.at_level("INFO"):
        assert not llama_runs(ModelConfig(device="cpu"))
    assert "runs in torch: llama.cpp would be faster, but it is not installed" in caplog.text
    with pytest.raises(ConfigError, match=r"model.engine: llama: it is not installed .* or set model.engine: torch"):
        llama_runs(ModelConfig(engine="llama"))


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("device: cpu", True),
        ("engine: torch", False),
        ("dtype: float32", False),
        ("device: cuda", False),
        ("engine: llama, dtype: float32", True),
        ("server: {url: 'http://127.0.0.1:1/v1', model: x}, engine: server", False),
    ],
)
def test_which_engine_it_is(written: str, runs: bool) -> None:
    assert llama_runs(parse_config(f"model: {{{written}}}").model) is runs


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("engine: server", "model.engine: is server, and none is named"),
        ("engine: torch, server: {url: 'http://127.0.0.1:1/v1', model: x}", "model.engine: is torch, and model.server"),
        ("engine: llama, device: cuda", "model.engine: is llama, which runs on the processor"),
        ("engine: llama, four_bit: true", "quantize: q4_k_m"),
        ("quantize: q5", "quantize"),
    ],
)
def test_what_does_not_go_together_is_said(written: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse_config(f"model: {{{written}}}")


async def test_what_llama_cpp_cannot_run_runs_in_torch(
    base: Path, media: MediaStore, own_cache: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: object, **__: object) -> LlamaEngine:
        raise ConfigError("llama.cpp cannot run it.")

    monkeypatch.setattr(LlamaEngine, "start", refuse)
    engine = await build_engine(parse_config(f"model: {{base: {base}, device: cpu}}"), None, media)
    assert isinstance(engine, LocalEngine)
    assert "The model runs in torch: llama.cpp cannot run it." in caplog.text
    await engine.aclose()
    with pytest.raises(ConfigError, match="cannot run it"):
        await build_engine(parse_config(f"model: {{base: {base}, engine: llama}}"), None, media)
