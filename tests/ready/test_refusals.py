"""What cannot be opened is said in a sentence, and leaves nothing."""

import shutil
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf import Keys

from bot.chat.prompt import Fingerprint
from bot.engine.describe import Family, codec_for, describe
from bot.errors import ConfigError, PermanentError
from bot.media import MediaStore
from tests.engine.conftest import FAMILIES
from tests.engine.test_lora import trained
from tests.ready.altering import LEFT_OUT, altered, in_parts
from tests.ready.conftest import Ready


def refused(model: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        describe(str(model))
    (sentence,) = caught.value.problems
    assert sentence.startswith("model.base: ") and sentence.endswith(".")
    return sentence.removeprefix("model.base: ")


def file_of(architecture: str, path: Path) -> Path:
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def copied(tiny: dict[Family, Ready], tmp_path: Path) -> Ready:
    """A model's files that may be damaged."""
    one = tiny["qwen2_5_vl"]
    model, mmproj = (Path(shutil.copy(path, tmp_path)) for path in (one.model, one.mmproj))
    return Ready(model, mmproj, one.original)


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("llama", "is a 'llama': of GGUF files Echoes opens those of Qwen2.5-VL and Qwen3-VL (qwen2vl, qwen3vl)."),
        ("qwen3vlmoe", "is a 'qwen3vlmoe': of GGUF files"),
        ("qwen2", "is a qwen2, which only reads, and an avatar needs eyes: take the file of a Qwen-VL such as Qwen3"),
        ("qwen3", "is a qwen3, which only reads"),
        ("clip", "is the eyes alone (mmproj): name the model's file beside it."),
    ],
)
def test_another_model(architecture: str, words: str, tmp_path: Path) -> None:
    assert words in refused(file_of(architecture, tmp_path / "some.gguf"))


def test_no_gguf_file_at_all(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    assert "is neither a folder nor a model's id nor a file" in refused(path)
    for content in (b"", b"GG", b"not weights" * 100):
        path.write_bytes(content)
        assert refused(path) == f"{path} is neither a GGUF file nor a model's folder."


def test_a_folder_of_them_is_told_to_name_one(copied: Ready) -> None:
    assert (
        refused(copied.model.parent) == f"{copied.model.parent} holds GGUF files: name the model's own, not the folder."
    )


def test_a_file_cut_short_anywhere(copied: Ready) -> None:
    for path in (copied.model, copied.mmproj):
        whole = path.read_bytes()
        cuts = [4, 20, 24, 100, *range(1000, len(whole) - 1, len(whole) // 40), len(whole) - 1]
        for length in cuts:
            path.write_bytes(whole[:length])
            assert refused(copied.model) == f"{path} cannot be read (it is cut short): download it again.", length
        path.write_bytes(whole)


def test_damaged_heads_are_sentences_too(copied: Ready) -> None:
    whole = copied.model.read_bytes()
    chance = np.random.default_rng(1)
    found = set()
    for _ in range(150):
        damaged = bytearray(whole)
        for place in chance.integers(4, 3000, size=3):
            damaged[place] = int(chance.integers(0, 256))
        copied.model.write_bytes(damaged)
        try:
            describe(str(copied.model))
        except ConfigError as error:
            found.add(error.problems[0].replace(str(copied.model), "…").split("(")[0])
    assert "model.base: … cannot be read " in found


def test_numbers_that_are_none(copied: Ready) -> None:
    whole = bytearray(copied.model.read_bytes())
    whole[-64:] = b"\xff" * 64
    copied.model.write_bytes(whole)
    assert "is damaged (" in (sentence := refused(copied.model))
    assert "holds no sound numbers): download it again." in sentence


def test_no_mmproj_or_several(copied: Ready) -> None:
    other = shutil.copy(copied.mmproj, copied.mmproj.with_name("MMPROJ-F32.gguf"))
    assert "several mmproj (MMPROJ-F32.gguf, mmproj-model.gguf): keep the one in that folder" in refused(copied.model)
    for path in (copied.mmproj, Path(other)):
        path.unlink()
    sentence = refused(copied.model)
    assert "there is no mmproj, the model's eyes: download the mmproj-….gguf from where the model comes" in sentence
    assert sentence.endswith(f"put it into {copied.model.parent}.")


def test_the_mmproj_of_another_model(copied: Ready, tiny: dict[Family, Ready], embedded: Ready) -> None:
    shutil.copy(tiny["qwen3_vl"].mmproj, copied.mmproj)
    assert "belongs to another model (qwen3vl_merger; needed is qwen2.5vl_merger)" in refused(copied.model)
    shutil.copy(copied.model, copied.mmproj)
    assert "belongs to another model (qwen2vl; needed is qwen2.5vl_merger)" in refused(copied.model)
    shutil.copy(embedded.mmproj, copied.mmproj)
    assert "gives 576 numbers a position, and the model takes 64: put the mmproj there" in refused(copied.model)


def test_a_part_alone(copied: Ready, tmp_path: Path) -> None:
    first, second, _ = in_parts(copied.model, tmp_path, 3)
    second.unlink()
    assert refused(first).endswith(f"is one part of 3, and beside it there is no {second.name}: download all of them.")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_key_that_is_not_told(family: Family, tiny: dict[Family, Ready], tmp_path: Path) -> None:
    one = tiny[family]
    arch = {"qwen2_5_vl": "qwen2vl", "qwen3_vl": "qwen3vl"}[family]
    shutil.copy(one.mmproj, tmp_path)
    for key in (Keys.Rope.DIMENSION_SECTIONS, Keys.LLM.BLOCK_COUNT, Keys.Tokenizer.MERGES, Keys.Tokenizer.EOS_ID):
        key = key.format(arch=arch)
        path = altered(one.model, tmp_path / "model.gguf", {key: LEFT_OUT})
        assert refused(path) == f"{path} does not tell its {key}: download another."
    shutil.copy(one.model, tmp_path)
    for key in (Keys.ClipVision.PATCH_SIZE, Keys.ClipVision.IMAGE_MEAN, Keys.ClipVision.Attention.HEAD_COUNT):
        path = altered(one.mmproj, tmp_path / one.mmproj.name, {key: LEFT_OUT})
        assert refused(tmp_path / "model.gguf") == f"{path} does not tell its {key}: download another."


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("model", {"tokenizer.ggml.pre": "llama-bpe"}, "its tokenizer is a 'gpt2' that cuts text as 'llama-bpe' does"),
        ("model", {"qwen2vl.block_count": 4}, "lacks 12 of the model's weights (such as model.language_model.layers.3"),
        ("model", {"qwen2vl.block_count": 2}, "holds blk.2.attn_norm.weight, which no model of its kind has."),
        ("model", {"qwen2vl.feed_forward_length": 128}, "blk.0.ffn_down.weight is 64 × 96 and should be 64 × 128"),
        ("mmproj", {"clip.vision.feed_forward_length": 64}, "v.blk.0.ffn_down.weight is 32 × 48 and should be 32 × 64"),
        ("mmproj", {"clip.vision.attention.head_count": 0}, "tell of a model that cannot be ("),
        ("mmproj", {"clip.vision.block_count": 3}, "mmproj-model.gguf lacks 12 of the model's weights"),
    ],
)
def test_what_does_not_fit_together(
    name: str, told: dict[str, Any], words: str, tiny: dict[Family, Ready], tmp_path: Path
) -> None:
    one = tiny["qwen2_5_vl"]
    for path in (one.model, one.mmproj):
        shutil.copy(path, tmp_path)
    source = {"model": one.model, "mmproj": one.mmproj}[name]
    altered(source, tmp_path / source.name, told)
    assert words in refused(tmp_path / one.model.name)


def test_weights_that_are_missing_or_unknown(copied: Ready, tiny: dict[Family, Ready]) -> None:
    one = tiny["qwen2_5_vl"]
    altered(one.model, copied.model, keep=lambda name: name != "blk.1.attn_q.bias")
    assert "lacks 1 of the model's weights (such as model.language_model.layers.1.self_attn.q_proj.bias)" in refused(
        copied.model
    )
    altered(one.model, copied.model, name=lambda name: name.replace("blk.1.attn_q.bias", "v.blk.1.attn_q.bias"))
    assert "holds v.blk.1.attn_q.bias, which no model of its kind has." in refused(copied.model)
    altered(one.model, copied.model, keep=lambda name: name != "token_embd.weight")
    assert "lacks 1 of the model's weights (such as model.language_model.embed_tokens.weight)" in refused(copied.model)


def test_a_lora_for_another_model(tiny: dict[Family, Ready], tmp_path: Path, media: MediaStore) -> None:
    lora = trained(tmp_path / "lora", tiny["qwen2_5_vl"].original, media, 1)
    opened = describe(str(tiny["qwen2_5_vl"].model))
    with pytest.raises(PermanentError, match=r"base_model: trained for 'qwen2_5_vl@.*choose the base model"):
        Fingerprint.of(opened.id, codec_for(opened, media)).check(lora)
