"""Models as one downloads them for llama.cpp: a GGUF file with its mmproj beside it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from bot.engine.describe import Family, describe
from bot.engine.embedded import ensure_embedded
from bot.engine.llama.export import export
from bot.engine.llama.quantizing import Quantize
from bot.media import MediaStore
from tests.engine.conftest import FAMILIES, tiny_model
from tests.ready.mmproj import write_mmproj


@dataclass(frozen=True)
class Ready:
    """A model's file, beside it its mmproj, and the folder that they were made of."""

    model: Path
    mmproj: Path
    original: Path


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    """The tests share the machine."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is left in the user's cache; the tests share one of their own."""
    shared = tmp_path_factory.getbasetemp() / "cache" / "echoes"
    monkeypatch.setattr("bot.engine.ready.opening.cache_home", lambda: shared)
    monkeypatch.setattr("bot.engine.llama.files.cache_home", lambda: shared)
    return shared / "gguf"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Ready]:
    """Of both families, small and random. Do not change them."""
    return {family: ready(tmp_path_factory.mktemp(family), _made(tmp_path_factory, family)) for family in FAMILIES}


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    return ready(tmp_path_factory.mktemp("embedded"), ensure_embedded())


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def ready(folder: Path, original: Path, quantize: Quantize = "f16") -> Ready:
    export(describe(str(original)), original, None, quantize, folder / "model.gguf")
    return Ready(folder / "model.gguf", write_mmproj(original, folder / "mmproj-model.gguf"), original)


def _made(factory: pytest.TempPathFactory, family: Family) -> Path:
    return tiny_model(factory.mktemp(f"original-{family}"), family)
