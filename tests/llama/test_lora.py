"""A LoRA in llama.cpp is the one that peft runs, of either family; one that does not fit leaves the old in place."""

import asyncio
import json
import math
import stat
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from bot.chat.prompt import Prompt
from bot.engine.base import BatchEngine
from bot.engine.describe import Family
from bot.errors import PassingError, PermanentError
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.engine.conftest import FAMILIES
from tests.engine.test_lora import by_peft, trained
from tests.llama.conftest import Start, asked

GREEDY = Sampling(temperature=0, presence_penalty=0, max_tokens=6)


async def whole(engine: BatchEngine, chat: str) -> str:
    return "".join([piece async for piece in engine.reply(chat, asked(engine.codec, "hi"), GREEDY)])


async def silence(engine: BatchEngine, prompt: Prompt) -> float:
    """log p of silence."""
    return math.log1p(-await engine.p_answer("g", prompt))


@pytest.mark.parametrize("family", FAMILIES)
async def test_loras_are_exchanged_and_taken_off(
    start: Start, folders: dict[Family, Path], family: Family, media: MediaStore, tmp_path: Path
) -> None:
    base = folders[family]
    first, second = (trained(tmp_path / f"lora-{n}", base, media, n, rank=4 * n) for n in (1, 2))
    engine = await start(base, lora=first)
    prompt, end = asked(engine.codec, "are you coming?"), engine.codec.end_of_turn
    exact = [math.log1p(-by_peft(base, lora, prompt, end)) for lora in (first, second)]
    assert abs(exact[0] - exact[1]) > 0.1
    assert await silence(engine, prompt) == pytest.approx(exact[0], abs=0.05)
    await engine.load_lora(second)
    assert await silence(engine, prompt) == pytest.approx(exact[1], abs=0.05)
    await engine.load_lora(None)
    bare = await silence(engine, prompt)
    assert all(abs(bare - one) > 0.1 for one in exact)
    made = [path for lora in (first, second) for path in lora.glob(".llama-*.gguf")]
    assert len(made) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}, "private words are in it"


async def test_a_lora_that_does_not_fit_leaves_the_old_one(
    start: Start, base: Path, media: MediaStore, tmp_path: Path
) -> None:
    good, bad = (trained(tmp_path / name, base, media, 1) for name in ("good", "bad"))
    weights = load_file(bad / "adapter_model.safetensors")
    name = next(name for name in weights if name.endswith("q_proj.lora_A.weight"))
    engine = await start(base, lora=good)
    prompt = asked(engine.codec, "are you coming?")
    before = await engine.p_answer("g", prompt)
    damages = {
        "another size": {**weights, name: weights[name][:, :-1].contiguous()},
        "none of the model's": {**weights, name.replace("layers.0", "layers.9"): weights[name].clone()},
    }
    for words, damaged in damages.items():
        save_file(damaged, bad / "adapter_model.safetensors")
        with pytest.raises(PermanentError, match=rf"cannot be loaded \(.*{words}.*`echoes train` again"):
            await engine.load_lora(bad)
    told = json.loads((bad / "prompt.json").read_text("utf-8"))
    (bad / "prompt.json").write_text(json.dumps(told | {"base_model": "another"}), "utf-8")
    with pytest.raises(PermanentError, match="trained for 'another'"):
        await engine.load_lora(bad)
    assert await engine.p_answer("g", prompt) == pytest.approx(before, abs=1e-4)


async def test_no_message_is_lost_while_a_lora_is_changed(
    start: Start, base: Path, media: MediaStore, tmp_path: Path
) -> None:
    lora = trained(tmp_path / "lora", base, media, 1)
    engine = await start(base)
    before = await silence(engine, asked(engine.codec, "hi"))
    replies = [asyncio.create_task(whole(engine, f"chat {number}")) for number in range(12)]
    await asyncio.sleep(0.05)
    await engine.load_lora(lora)
    assert abs(await silence(engine, asked(engine.codec, "hi")) - before) > 0.1
    assert all(await asyncio.gather(*replies))


async def test_a_batch_ends_when_the_lora_is_changed(
    start: Start, base: Path, media: MediaStore, tmp_path: Path
) -> None:
    lora = trained(tmp_path / "lora", base, media, 1)
    engine = await start(base)
    batch = engine.write_replies([asked(engine.codec, "hi")] * 40, range(40), GREEDY)
    await anext(batch)
    await engine.load_lora(lora)
    with pytest.raises(PassingError, match="LoRA was changed"):
        async for _ in batch:
            pass
