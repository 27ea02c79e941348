"""Tiny random models of the real classes, in folders such as a person would name in the configuration."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from bot.engine.describe import Family
from bot.engine.embedded import ensure_embedded
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, QwenVL, load
from bot.media import MediaStore
from tests.support import byte_tokenizer

FAMILIES: tuple[Family, ...] = ("qwen2_5_vl", "qwen3_vl")


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    """The tests share the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    return {family: tiny_model(tmp_path_factory.mktemp(family), family) for family in FAMILIES}


@pytest.fixture(scope="session", params=FAMILIES)
def loaded(request: pytest.FixtureRequest, folders: dict[Family, Path]) -> LoadedModel:
    return load(str(folders[request.param]), device="cpu")


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
async def engine(loaded: LoadedModel, media: MediaStore) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(loaded, media)
    yield engine
    await engine.aclose()


@pytest.fixture(scope="session")
def embedded() -> Path:
    return ensure_embedded()


def tiny_model(folder: Path, family: Family, seed: int = 1) -> Path:
    """A model of three layers with weights large enough that everything it reads matters."""
    tokenizer = byte_tokenizer()
    ids = {name: tokenizer.token_to_id(f"<|{name}|>") for name in ("vision_start", "vision_end", "image_pad")}
    text: dict[str, Any] = {
        "vocab_size": 264,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "initializer_range": 0.15,
        "bos_token_id": None,
        "eos_token_id": tokenizer.token_to_id("<|im_end|>"),
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]},
    }
    vision: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_heads": 2,
        "out_hidden_size": 64,
        "initializer_range": 0.3,
    }
    places: dict[str, Any] = {
        "vision_start_token_id": ids["vision_start"],
        "vision_end_token_id": ids["vision_end"],
        "image_token_id": ids["image_pad"],
        "video_token_id": 263,
    }
    torch.manual_seed(seed)
    model: QwenVL
    if family == "qwen2_5_vl":
        vision |= {"depth": 2, "patch_size": 14, "window_size": 56, "fullatt_block_indexes": [1]}
        model = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=vision, **places))
    else:
        vision |= {"depth": 3, "patch_size": 16, "num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1]}
        model = Qwen3VLForConditionalGeneration(
            Qwen3VLConfig(text_config=text | {"head_dim": 16}, vision_config=vision, **places)
        )
    patch = int(vision["patch_size"])
    processor = Qwen2VLImageProcessorPil(
        patch_size=patch, size={"shortest_edge": 4 * (2 * patch) ** 2, "longest_edge": 16 * (2 * patch) ** 2}
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
