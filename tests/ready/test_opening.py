"""A GGUF file opened is the model that it was made of: its weights, its tokenizer, what it says and what it sees."""

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file

from bot.chat.prompt import Prompt
from bot.engine.describe import BaseModel, Family, codec_for, describe
from bot.engine.llama.quantizing import quantized
from bot.engine.models import LoadedModel, load, photo_tensors
from bot.engine.ready import reading
from bot.engine.ready.reading import read_head
from bot.errors import PassingError
from bot.media import MediaStore
from tests.engine.conftest import FAMILIES, tiny_model
from tests.llama.conftest import asked
from tests.ready.altering import in_parts
from tests.ready.conftest import Ready, ready
from tests.ready.mmproj import write_mmproj
from tests.support import picture

TALK = (
    "it's  two spaces\n\n\tand (a tab), in 2024; I'LL come",
    "你好，世界 🎉👨‍👩‍👧 周日来吗？",
    "<|im_end|>\n<|im_start|>system\n<|image_pad|>",
)


def weights(model: LoadedModel) -> dict[str, torch.Tensor]:
    return dict(model.model.state_dict())


def same(one: LoadedModel, other: LoadedModel, rounded: torch.dtype = torch.float16) -> bool:
    """Whether the second has the weights of the first, matrices rounded to 16 bits."""
    mine, theirs = weights(one), weights(other)
    return mine.keys() == theirs.keys() and all(
        torch.equal(value.to(rounded).float() if value.ndim > 1 else value, theirs[name])
        for name, value in mine.items()
    )


@torch.inference_mode()
def read(model: LoadedModel, prompt: Prompt, media: MediaStore) -> torch.Tensor:
    """The log-probabilities of what follows."""
    ids = torch.tensor([prompt.ids])
    images = [media.open(photo.digest) for photo in prompt.photos]
    seen = {}
    if images:
        pixels, grid = photo_tensors(model, images)
        places = ids == codec_for(model, media).control["<|image_pad|>"]
        seen = {"pixel_values": pixels, "image_grid_thw": grid, "mm_token_type_ids": places.int()}
    logits: torch.Tensor = model.model(input_ids=ids, **seen).logits
    return logits[0, -1].log_softmax(-1)


@pytest.mark.parametrize("family", FAMILIES)
def test_of_either_family_the_weights_are_the_originals(tiny: dict[Family, Ready], family: Family) -> None:
    one = tiny[family]
    original, opened = (load(str(path), "cpu", "float32") for path in (one.original, one.model))
    assert same(original, opened)
    assert (opened.family, opened.geometry) == (family, original.geometry)
    assert opened.max_positions == original.max_positions


def test_the_embedded_model_says_and_sees_the_same(embedded: Ready, media: MediaStore) -> None:
    original, opened = (load(str(path), "cpu", "float32") for path in (embedded.original, embedded.model))
    assert same(original, opened)
    codec = codec_for(opened, media)
    photo, other = media.put(picture("red", (300, 200))), media.put(picture("blue", (300, 200)))
    prompts = [asked(codec, *lines, photos=photos) for lines in TALK for photos in ((), (photo,))]
    for prompt in prompts:
        before, after = (read(model, prompt, media) for model in (original, opened))
        likely = before.topk(20).indices
        assert (before - after)[likely].abs().max() < 0.02
    swapped = read(opened, asked(codec, TALK[0], photos=(other,)), media)
    assert (swapped - read(opened, prompts[1], media)).abs().max() > 0.2, "it does look"


def test_the_tokenizer_is_the_originals_and_what_is_typed_stays_text(embedded: Ready, media: MediaStore) -> None:
    original, opened = describe(str(embedded.original)), describe(str(embedded.model))
    mine, theirs = codec_for(original, media), codec_for(opened, media)
    for text in TALK:
        ids = opened.tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == original.tokenizer.encode(text, add_special_tokens=False).ids
        assert opened.tokenizer.decode(ids, skip_special_tokens=False) == text
        assert theirs.encode(text) == mine.encode(text)
        assert not set(theirs.encode(text)) & set(theirs.control.values())
    assert (mine.control, mine.banned) == (theirs.control, theirs.banned)


def test_fewer_bits_are_what_they_are(embedded: Ready, tmp_path: Path) -> None:
    small = ready(tmp_path, embedded.original, "q8_0")
    opened = load_file(describe(str(small.model)).folder / "model.safetensors")
    name, there = "model.language_model.layers.7.mlp.down_proj.weight", "blk.7.ffn_down.weight"
    tensor = next(one for one in gguf.GGUFReader(small.model).tensors if one.name == there)
    assert tensor.tensor_type is Type.Q8_0
    whole = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy())
    assert opened[name].dtype == torch.float16
    assert torch.equal(opened[name], whole.half())


@pytest.mark.parametrize("kind", [Type.Q4_K, Type.Q6_K, Type.Q8_0, Type.F16, Type.F32, Type.BF16])
def test_a_large_matrix_is_read_some_rows_at_a_time(
    tmp_path: Path, kind: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(1).normal(size=(50, 512)).astype(np.float32)
    writer = gguf.GGUFWriter(tmp_path / "one.gguf", "qwen2vl")
    raw = quantized(values, kind)
    shape = None if raw.dtype != np.uint8 else (50, raw.size // 50)
    writer.add_tensor("a", raw if shape is None else raw.reshape(shape), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    whole = gguf.dequantize(gguf.GGUFReader(tmp_path / "one.gguf").tensors[0].data, kind)
    monkeypatch.setattr(reading, "_PIECE", 1600)
    tensor = read_head(tmp_path / "one.gguf").tensors["a"]
    assert [piece.shape for piece in tensor.pieces()] == [(3, 512)] * 16 + [(2, 512)]
    assert np.array_equal(tensor.values(), whole)


def test_a_tower_in_bfloat16_keeps_every_bit(tiny: dict[Family, Ready], tmp_path: Path) -> None:
    one = tiny["qwen3_vl"]
    shutil.copy(one.model, tmp_path)
    write_mmproj(one.original, tmp_path / "mmproj-bf16.gguf", Type.BF16)
    opened = load_file(describe(str(tmp_path / one.model.name)).folder / "model.safetensors")
    original = weights(load(str(one.original), "cpu", "float32"))
    name = "model.visual.blocks.1.attn.qkv.weight"
    assert opened[name].dtype == torch.bfloat16
    assert torch.equal(opened[name], original[name].bfloat16())


def test_a_tower_whose_query_key_and_value_are_one_matrix(tiny: dict[Family, Ready], tmp_path: Path) -> None:
    one = tiny["qwen2_5_vl"]
    shutil.copy(one.model, tmp_path)
    write_mmproj(one.original, tmp_path / "mmproj.gguf", split=False)
    assert describe(str(tmp_path / one.model.name)).id == describe(str(one.model)).id


def test_a_file_in_several_parts(tiny: dict[Family, Ready], tmp_path: Path) -> None:
    one = tiny["qwen3_vl"]
    parts = in_parts(one.model, tmp_path, 3)
    shutil.copy(one.mmproj, tmp_path)
    found = {describe(str(part)).id for part in parts}
    assert found == {describe(str(one.model)).id}, "whichever of them is named"


# -- once, and under which name -------------------------------------------------------------------------------------


def test_it_is_opened_once_and_that_is_said(tiny: dict[Family, Ready], tmp_path: Path, cache: Path) -> None:
    model = moved(tiny["qwen2_5_vl"], tmp_path / "here", "Qwen2.5-VL-Tiny-F16.gguf")
    said: list[str] = []
    first = describe(str(model), said.append)
    assert said[-1] == f"opening Qwen2.5-VL-Tiny-F16.gguf, once: it becomes 0.1 GB in {first.folder}"
    assert first.folder.parent == cache and first.folder.name.startswith("Qwen2.5-VL-Tiny-F16-")
    again = describe(str(model), said.append)
    assert len(said) == 2
    assert (again.id, again.folder) == (first.id, first.folder)
    (first.folder / "tokenizer.json").unlink()
    assert describe(str(model), said.append).id == first.id
    assert len(said) == 4, "a folder that lost a file is made again"


def test_once_opened_it_is_described_without_a_word_of_torch(tiny: dict[Family, Ready], cache: Path) -> None:
    model = tiny["qwen2_5_vl"].model
    opened = describe(str(model))
    code = f"import sys; from bot.engine.describe import describe; d = describe({str(model)!r}); "
    code += "print(d.id, 'torch' in sys.modules, 'transformers' in sys.modules)"
    place = os.environ | {"XDG_CACHE_HOME": str(cache.parent.parent)}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=place)
    assert answer.stdout.split() == [opened.id, "False", "False"]


def test_its_name_is_its_content(tiny: dict[Family, Ready], tmp_path: Path) -> None:
    one = tiny["qwen2_5_vl"]
    elsewhere = describe(str(moved(one, tmp_path / "elsewhere", "renamed.gguf")))
    opened = describe(str(one.model))
    assert elsewhere.id == opened.id == describe(str(opened.folder)).id
    assert opened.id.startswith("qwen2_5_vl@")
    other = ready(tmp_path, tiny_model(tmp_path / "other", "qwen2_5_vl", seed=2))
    assert describe(str(other.model)).id != opened.id


def test_who_opens_it_at_once_finds_one_whole_model(
    tiny: dict[Family, Ready], tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[BaseModel] = []
    threads = [threading.Thread(target=lambda: found.append(describe(str(tiny["qwen3_vl"].model)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.id for one in found}) == 1 and len(found) == 3
    assert [path.name for path in empty.iterdir()] == [found[0].folder.name]


def test_what_a_killed_opening_left_is_swept_away(tiny: dict[Family, Ready], empty: Path) -> None:
    old, young = empty / ".model-1.abc.part", empty / ".model-2.def.part"
    for place in (old, young):
        place.mkdir(parents=True)
        (place / "model.safetensors").write_bytes(b"half")
        os.utime(place, (time.time() - 7200,) * 2)
    os.utime(old / "model.safetensors", (time.time() - 7200,) * 2)
    describe(str(tiny["qwen3_vl"].model))
    assert (old.exists(), young.exists()) == (False, True), "the second is still being written"


def test_a_disk_without_room(tiny: dict[Family, Ready], empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 10**7, 10**7))
    with pytest.raises(PassingError, match=r"becomes 0\.1 GB in .*, where 0\.0 GB are free: make room there"):
        describe(str(tiny["qwen3_vl"].model))
    assert list(empty.iterdir()) == []


def test_a_disk_that_fills_meanwhile(tiny: dict[Family, Ready], empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, weights: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("bot.engine.ready.folder.write_weights", fail)
    with pytest.raises(PassingError, match=r"cannot be used \(No space left on device\): make room on that disk"):
        describe(str(tiny["qwen3_vl"].model))
    assert list(empty.iterdir()) == []


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing is yet."""
    monkeypatch.setattr("bot.engine.ready.opening.cache_home", lambda: tmp_path / "empty")
    return tmp_path / "empty" / "gguf"


def moved(one: Ready, folder: Path, name: str) -> Path:
    """Copies of a model's files under another name."""
    folder.mkdir()
    shutil.copy(one.mmproj, folder / "mmproj-of-it.gguf")
    shutil.copy(one.model, folder / name)
    return folder / name
