"""Base models: found, described, loaded; what cannot be is said in a sentence. Photos are cut as the prompt counted."""

import json
import random
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
import numpy as np
import pytest
import torch
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError
from PIL import Image
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

from bot.chat.prompt import PhotoGeometry
from bot.engine.describe import Family, codec_for, describe
from bot.engine.models import LoadedModel, load, photo_tensors
from bot.errors import ConfigError, PassingError
from bot.media import MediaStore
from tests.engine.conftest import tiny_model
from tests.support import picture

ANSWER = httpx2.Response(404, request=httpx2.Request("GET", "http://hub.invalid"))
GEOMETRIES = [
    pytest.param(PhotoGeometry(14, 2, 56 * 56, 112 * 112), id="embedded"),
    pytest.param(PhotoGeometry(14, 2, 56 * 56, 256 * 28 * 28), id="Qwen2.5-VL"),
    pytest.param(PhotoGeometry(16, 2, 256 * 256, 256 * 32 * 32), id="Qwen3-VL"),
]


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_the_vision_tower_sees_what_transformers_would_show_it(loaded: LoadedModel) -> None:
    for width, height in [(640, 480), (480, 640), (112, 112), (20, 20), (1568, 400), (301, 299), (57, 100), (33, 40)]:
        image = noise(width, height)
        pixels, grids = photo_tensors(loaded, [image])
        real = loaded.image_processor(images=[image], return_tensors="pt")
        assert torch.equal(grids, real["image_grid_thw"])
        assert torch.equal(pixels, real["pixel_values"])


def test_photos_of_every_shape_have_the_grid_the_codec_counted(loaded: LoadedModel, media: MediaStore) -> None:
    codec = codec_for(loaded, media)
    sizes = [(1, 1), (1, 1500), (1500, 1), (12, 786), (786, 12), (200, 100), (1568, 1568)]
    digests = [media.put(picture("red", size)) for size in sizes]
    pixels, grids = photo_tensors(loaded, [media.open(digest) for digest in digests])
    counted = [codec.geometry.grid(*codec.photo_size(digest)) for digest in digests]
    assert [tuple(grid) for grid in grids.tolist()] == counted
    assert len(pixels) == sum(rows * columns for _, rows, columns in counted)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_grids_follow_the_processor_and_stay_as_they_are_when_cut_again(geometry: PhotoGeometry) -> None:
    chance = random.Random(1)
    factor, bounds = geometry.patch * geometry.merge, (geometry.min_pixels, geometry.max_pixels)
    for number in range(3000):
        short = 1568 if number % 2 else 60
        width, height = chance.randint(1, short), chance.randint(1, 1568)
        _, rows, columns = geometry.grid(width, height)
        size = (rows * geometry.patch, columns * geometry.patch)
        assert smart_resize(*size, factor, *bounds) == size  # another processor cuts the resized photo the same way
        assert bounds[0] <= size[0] * size[1] <= bounds[1]
        if min(width, height) >= factor / 2 and max(width, height) < 7 * min(width, height):
            assert smart_resize(height, width, factor, *bounds) == size


def test_a_folder_is_named_by_its_content(folders: dict[Family, Path], tmp_path: Path) -> None:
    folder = folders["qwen2_5_vl"]
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in folder.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    assert describe(str(moved)).id == describe(str(folder)).id
    other = tiny_model(tmp_path / "other", "qwen2_5_vl", seed=2)
    assert describe(str(other)).id != describe(str(folder)).id
    assert describe(str(folders["qwen3_vl"])).id.startswith("qwen3_vl@")


def test_what_is_known_before_loading(folders: dict[Family, Path]) -> None:
    small, large = describe(str(folders["qwen2_5_vl"])), describe(str(folders["qwen3_vl"]))
    assert (small.family, small.geometry) == ("qwen2_5_vl", PhotoGeometry(14, 2, 4 * 28 * 28, 16 * 28 * 28))
    assert (large.family, large.geometry) == ("qwen3_vl", PhotoGeometry(16, 2, 4 * 32 * 32, 16 * 32 * 32))
    assert small.max_positions == 4096


def changed(folder: Path, target: Path, name: str, **changes: Any) -> Path:
    """A copy of a model's folder with one of its JSON files changed."""
    target.mkdir()
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    content = json.loads((target / name).read_text()) | changes
    (target / name).write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    return target


def test_a_photo_never_takes_more_than_256_positions_unless_asked(folders: dict[Family, Path], tmp_path: Path) -> None:
    size = {"shortest_edge": 65536, "longest_edge": 16777216}  # as Qwen3-VL ships
    folder = changed(folders["qwen3_vl"], tmp_path / "large", "preprocessor_config.json", size=size)
    assert describe(str(folder)).geometry == PhotoGeometry(16, 2, 65536, 256 * 32 * 32)
    older = changed(
        folders["qwen2_5_vl"],
        tmp_path / "older",
        "preprocessor_config.json",
        size=None,
        min_pixels=3136,
        max_pixels=12845056,  # as Qwen2.5-VL ships
    )
    assert describe(str(older)).geometry == PhotoGeometry(14, 2, 3136, 256 * 28 * 28)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("qwen3_5", "cannot be shortened"),
        ("qwen3_5_moe", "cannot be shortened"),
        ("llama", "Echoes runs Qwen2.5-VL and Qwen3-VL"),
    ],
)
def test_other_families_are_refused(folders: dict[Family, Path], tmp_path: Path, kind: str, sentence: str) -> None:
    folder = changed(folders["qwen3_vl"], tmp_path / "model", "config.json", model_type=kind)
    with pytest.raises(ConfigError, match=sentence):
        describe(str(folder))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("config.json", "has no config.json"),
        ("tokenizer.json", "has no tokenizer.json"),
        ("preprocessor_config.json", "has no processor_config.json"),
        ("model.safetensors", "cannot be loaded"),
    ],
)
def test_an_incomplete_folder_is_refused(folders: dict[Family, Path], tmp_path: Path, name: str, sentence: str) -> None:
    folder = changed(folders["qwen2_5_vl"], tmp_path / "model", "config.json")
    (folder / name).unlink()
    with pytest.raises(ConfigError, match=sentence):
        load(str(folder), device="cpu")
    (folder / name).write_bytes(b"{")
    with pytest.raises(ConfigError) as refused:
        load(str(folder), device="cpu")
    assert "\n" not in str(refused.value)


def test_a_model_with_missing_weights_is_refused(folders: dict[Family, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = changed(folders["qwen2_5_vl"], tmp_path / "model", "config.json")
    weights = load_file(folder / "model.safetensors")
    weights = {name: value for name, value in weights.items() if "layers.1.mlp.up_proj" not in name}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"lacks 1 of its weights \(such as .*layers\.1\.mlp\.up_proj"):
        load(str(folder), device="cpu")


@pytest.mark.parametrize("base", ["/no/such/folder", "./model", "~/model", "gpt2", "a b/c", "a/b/c"])
def test_what_is_no_model_is_refused_without_asking_anybody(base: str) -> None:
    with pytest.raises(ConfigError, match="neither a folder nor a model's id"):
        describe(base)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RepositoryNotFoundError("404", response=ANSWER), "knows no model Qwen/Nothing"),
        (GatedRepoError("403", response=ANSWER), "set HF_TOKEN"),
    ],
)
def test_a_hub_that_does_not_help(monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str) -> None:
    def download(*_: object, local_files_only: bool = False) -> str:
        raise LocalEntryNotFoundError("not here") if local_files_only else error

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(ConfigError, match=sentence):
        describe("Qwen/Nothing")


@pytest.mark.parametrize("error", [LocalEntryNotFoundError("no network"), OSError("disk")])
def test_a_hub_that_is_out_of_reach_may_come_back(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def download(*_: object, local_files_only: bool = False) -> str:
        raise LocalEntryNotFoundError("not here") if local_files_only else error

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(PassingError, match=r"cannot be reached .* check the network"):
        describe("Qwen/Nothing")


def test_a_hub_model_keeps_its_id(monkeypatch: pytest.MonkeyPatch, folders: dict[Family, Path]) -> None:
    def download(_: str, name: str, local_files_only: bool = False) -> str:
        if not local_files_only:
            pytest.fail("what is here already needs no network")
        return str(folders["qwen3_vl"] / name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    model = describe("Qwen/Qwen3-VL-8B-Instruct")
    assert (model.id, model.source) == ("Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-VL-8B-Instruct")


@pytest.mark.parametrize(
    ("device", "dtype", "four_bit", "sentence"),
    [
        ("cuda:99", "auto", False, r"model\.device: cuda:99: PyTorch sees"),
        ("toaster", "auto", False, r"model\.device: 'toaster' is not a device"),
        ("cpu", "float8", False, r"model\.dtype: 'float8' is not one of"),
        ("cpu", "auto", True, r"model\.four_bit: 4-bit weights need an NVIDIA GPU"),
    ],
)
def test_settings_that_cannot_be(
    folders: dict[Family, Path], device: str, dtype: str, four_bit: bool, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load(str(folders["qwen2_5_vl"]), device, dtype, four_bit)


def test_four_bits_ask_for_their_library(folders: dict[Family, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="pip install bitsandbytes"):
        load(str(folders["qwen2_5_vl"]), "cuda", "bfloat16", four_bit=True)


def test_types_on_a_processor(folders: dict[Family, Path]) -> None:
    assert load(str(folders["qwen2_5_vl"]), "cpu").model.dtype == torch.float32
    assert load(str(folders["qwen3_vl"]), "cpu", "bfloat16").model.dtype == torch.bfloat16
