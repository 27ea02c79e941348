"""A LoRA gives the same in process and behind a vLLM, by its name, and after it was trained again."""

import math
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import aiohttp
import pytest
import torch

from bot.chat.prompt import Fingerprint
from bot.engine.base import Engine
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.engine.remote import RemoteEngine
from bot.media import MediaStore
from tests.remote.asking import CONTEXT, VLLM, Asked, needs_vllm, whole
from tests.remote.cases import CASES
from tests.remote.reference import Reference
from training.finetune.lora import attach, config_of, save_adapter, weights
from training.finetune.presets import PAPER

NAME = "echoes-test"


def make_lora(folder: Path, loaded: LoadedModel, media: MediaStore, seed: int) -> Path:
    """A LoRA as training leaves it, with random weights that matter, in a folder that may hold an older one."""
    model = attach(loaded.model, replace(PAPER, rank=8), loaded.base_id)
    generator = torch.Generator().manual_seed(seed)
    state = {
        name: torch.randn(value.shape, generator=generator) * (0.06 if "lora_B" in name else value.shape[1] ** -0.5)
        for name, value in weights(model).items()
    }
    folder.mkdir(exist_ok=True)
    save_adapter(config_of(model), state, folder)
    Fingerprint.of(loaded.base_id, codec_for(loaded, media)).save(folder)
    model.unload()
    return folder


@pytest.fixture(params=["in process", pytest.param("vLLM", marks=needs_vllm)])
async def engine(request: pytest.FixtureRequest, folder: Path, photos: MediaStore) -> AsyncIterator[Engine]:
    """One of its own in process: a LoRA changes the model in place."""
    loaded = load(str(folder), device="cpu")
    if request.param == "in process":
        local = LocalEngine(loaded, photos, max_context=CONTEXT)
        yield local
        await local.aclose()
        return
    assert VLLM is not None
    codec = codec_for(loaded, photos)
    first = make_lora(Path(request.getfixturevalue("tmp_path")) / "lora", loaded, photos, seed=1)
    async with aiohttp.ClientSession() as session:
        body = {"lora_name": NAME, "lora_path": str(first)}
        async with session.post(f"{VLLM}/load_lora_adapter", json=body) as response:
            assert response.status == 200, await response.text()
        try:
            fingerprint = Fingerprint.of(loaded.base_id, codec)
            remote = await RemoteEngine.connect(VLLM, NAME, codec, fingerprint, photos, CONTEXT)
            yield remote
            await remote.aclose()
        finally:
            await session.post(f"{VLLM}/unload_lora_adapter", json={"lora_name": NAME})


async def test_a_lora_gives_what_peft_gives_and_is_exchanged_under_its_name(
    engine: Engine,
    folder: Path,
    photos: MediaStore,
    photo: Callable[[str], str],
    reference: Reference,
    tmp_path: Path,
) -> None:
    loaded = load(str(folder), device="cpu")
    cases = [case for case in CASES if case.name in ("one photo", "group, with silences and gaps")]
    told = [[Asked("", engine, photos, photo, reference).expected(case)[0] for case in cases]]
    # The second is trained again into the folder of the first; tests/engine exchanges LoRAs in process.
    for seed in (1, 2) if isinstance(engine, RemoteEngine) else (1,):
        lora = make_lora(tmp_path / "lora", loaded, photos, seed)
        await engine.load_lora(lora)
        asked = Asked("", engine, photos, photo, Reference(folder, lora))
        for case in cases:
            prompt = asked.prompt(case)
            silence, reply = asked.expected(case)
            assert math.log1p(-await engine.p_answer("chat", prompt)) == pytest.approx(silence, abs=2e-3)
            assert await whole(engine.reply("chat", prompt, case.sampling)) == reply
        told.append([asked.expected(case)[0] for case in cases])
    for values in zip(*told, strict=True):
        apart = min(abs(one - other) for one, other in combinations(values, 2))
        assert apart > 0.1, "else it would not show which LoRA spoke"
