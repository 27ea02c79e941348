"""A LoRA is put on, exchanged and taken off between requests; one that does not fit leaves the old one in place."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Fingerprint, Prompt, render
from bot.engine.describe import Family
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.errors import PassingError, PermanentError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from tests.engine.conftest import FAMILIES, tiny_model

TARGETS = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj)"


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[FAMILIES.index(request.param)]


@pytest.fixture
def base(folders: dict[Family, Path], family: Family) -> Path:
    return folders[family]


@pytest.fixture
async def engine(base: Path, media: MediaStore) -> AsyncIterator[LocalEngine]:
    """One of its own: a LoRA changes the model in place."""
    engine = LocalEngine(load(str(base), device="cpu"), media)
    yield engine
    await engine.aclose()


def trained(folder: Path, base: Path, media: MediaStore, seed: int, rank: int = 4) -> Path:
    """A LoRA as training leaves it, with random weights that matter."""
    loaded = load(str(base), device="cpu")
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=16, target_modules=TARGETS, init_lora_weights=False)
    get_peft_model(loaded.model, config).save_pretrained(str(folder))
    Fingerprint.of(loaded.base_id, codec_for(loaded, media)).save(folder)
    return folder


def by_peft(base: Path, lora: Path, prompt: Prompt, end: int) -> float:
    """p(answer) with the LoRA as peft itself runs it."""
    loaded: LoadedModel = load(str(base), device="cpu")
    model = PeftModel.from_pretrained(loaded.model, str(lora))
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([prompt.ids])).logits[0, -1]
    return float(1 - logits.double().softmax(-1)[end])


@pytest.fixture
def prompt(engine: LocalEngine) -> Prompt:
    turn = Turn(Speaker("Tom", "friend"), (Bubble("are you coming?"),), datetime(2026, 3, 1, tzinfo=UTC))
    return render(Scene(Persona("Mei"), ChatKind.GROUP, title="hiking"), [turn], engine.codec, open_turn=True)


async def test_loras_are_exchanged_and_taken_off(
    engine: LocalEngine, base: Path, media: MediaStore, prompt: Prompt, tmp_path: Path
) -> None:
    first, second = (trained(tmp_path / f"lora-{n}", base, media, n, rank=4 * n) for n in (1, 2))
    end = engine.codec.end_of_turn
    bare = await engine.p_answer("g", prompt)
    for lora in (first, second, first):
        await engine.load_lora(lora)
        assert await engine.p_answer("g", prompt) == pytest.approx(by_peft(base, lora, prompt, end), abs=1e-6)
    await engine.load_lora(None)
    assert await engine.p_answer("g", prompt) == pytest.approx(bare, abs=1e-6)
    await engine.load_lora(None)
    await engine.load_lora(second)
    assert await engine.p_answer("g", prompt) == pytest.approx(by_peft(base, second, prompt, end), abs=1e-6)


async def test_a_lora_stays_beside_weights_of_a_shorter_type(base: Path, media: MediaStore, tmp_path: Path) -> None:
    lora = trained(tmp_path / "lora", base, media, 1)
    loaded = load(str(base), device="cpu", dtype="bfloat16")
    engine = LocalEngine(loaded, media)
    turn = Turn(Speaker("Tom", "friend"), (Bubble("are you coming?"),), datetime(2026, 3, 1, tzinfo=UTC))
    prompt = render(Scene(Persona("Mei"), ChatKind.GROUP, title="hiking"), [turn], engine.codec, open_turn=True)
    weights = {name: value.clone() for name, value in loaded.model.state_dict().items()}
    bare = await engine.p_answer("g", prompt)
    await engine.load_lora(lora)
    exact = by_peft(base, lora, prompt, engine.codec.end_of_turn)
    assert abs(await engine.p_answer("g", prompt) - exact) < abs(bare - exact) / 3
    await engine.load_lora(None)
    assert await engine.p_answer("g", prompt) == bare
    assert all(torch.equal(weights[name], value) for name, value in loaded.model.state_dict().items())
    await engine.aclose()


async def test_a_new_lora_forgets_what_the_old_one_read(
    engine: LocalEngine, base: Path, media: MediaStore, prompt: Prompt, tmp_path: Path
) -> None:
    await engine.p_answer("g", prompt)
    assert engine.cache_bytes > 0
    await engine.load_lora(trained(tmp_path / "lora", base, media, 1))
    assert engine.cache_bytes == 0


async def test_a_lora_waits_for_the_reply_before_it(
    engine: LocalEngine, base: Path, media: MediaStore, prompt: Prompt, tmp_path: Path
) -> None:
    lora = trained(tmp_path / "lora", base, media, 1)
    greedy = Sampling(temperature=0, presence_penalty=0, max_tokens=60)
    alone = "".join([piece async for piece in engine.reply("g", prompt, greedy)])
    async with aclosing(engine.reply("g", prompt, greedy)) as pieces:
        text = await anext(pieces)
        loading = asyncio.create_task(engine.load_lora(lora))
        text += "".join([piece async for piece in pieces])
    assert text == alone
    await loading
    after = "".join([piece async for piece in engine.reply("g", prompt, greedy)])
    assert after != alone


@pytest.mark.parametrize("holding", [False, True], ids=["no LoRA before", "a LoRA before"])
@pytest.mark.parametrize(
    "damage", ["fingerprint", "cut short", "missing", "config", "other shapes", "other names", "not a number"]
)
async def test_a_lora_that_does_not_fit_is_refused_and_the_old_one_stays(
    engine: LocalEngine, base: Path, media: MediaStore, prompt: Prompt, tmp_path: Path, damage: str, holding: bool
) -> None:
    if holding:
        await engine.load_lora(trained(tmp_path / "good", base, media, 1))
    before = await engine.p_answer("g", prompt)
    bad = trained(tmp_path / "bad", base, media, 2)
    weights, config = bad / "adapter_model.safetensors", bad / "adapter_config.json"
    if damage == "fingerprint":
        saved = json.loads((bad / "prompt.json").read_text())
        (bad / "prompt.json").write_text(json.dumps(saved | {"base_model": "embedded-v0"}))
    elif damage == "cut short":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "missing":
        weights.unlink()
    elif damage == "config":
        config.write_text("{}")
    elif damage == "other shapes":
        config.write_text(json.dumps(json.loads(config.read_text()) | {"r": 9}))
    elif damage == "not a number":
        save_file({name: tensor * torch.nan for name, tensor in load_file(weights).items()}, weights)
    else:
        config.write_text(json.dumps(json.loads(config.read_text()) | {"target_modules": ["k_proj"]}))
    with pytest.raises(PermanentError, match=r"LoRA in .*bad") as refused:
        await engine.load_lora(bad)
    assert "\n" not in str(refused.value)
    if damage == "fingerprint":
        assert "embedded-v0" in str(refused.value)
    assert await engine.p_answer("g", prompt) == pytest.approx(before, abs=1e-6)
    assert await engine.p_answer("new", prompt) == pytest.approx(before, abs=1e-6)
    await engine.load_lora(trained(tmp_path / "good again", base, media, 3))
    assert await engine.p_answer("g", prompt) != before


async def test_a_lora_for_another_base_is_refused(
    engine: LocalEngine, family: Family, media: MediaStore, tmp_path: Path
) -> None:
    other = tiny_model(tmp_path / "other", family, seed=2)  # the same shapes, other weights
    with pytest.raises(PermanentError, match="choose the base model it was trained on"):
        await engine.load_lora(trained(tmp_path / "lora", other, media, 1))
    with pytest.raises(PermanentError, match=r"has no prompt\.json"):
        await engine.load_lora(tmp_path)


async def test_files_that_cannot_be_read_just_now_are_no_fault_of_the_lora(
    engine: LocalEngine, base: Path, media: MediaStore, prompt: Prompt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await engine.p_answer("g", prompt)
    lora = trained(tmp_path / "lora", base, media, 1)

    def out_of_files(path: str, **_: object) -> None:
        raise OSError(24, "Too many open files", path)

    with monkeypatch.context() as patched:
        patched.setattr("bot.engine.lora.PeftConfig.from_pretrained", out_of_files)
        with pytest.raises(PassingError, match="Too many open files"):
            await engine.load_lora(lora)
    assert await engine.p_answer("g", prompt) == pytest.approx(before, abs=1e-6)
    await engine.load_lora(lora)
    assert await engine.p_answer("g", prompt) != before
