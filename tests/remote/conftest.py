"""The embedded model, once in the engine of this process and once by transformers alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bot.engine.embedded import ensure_embedded
from bot.engine.models import LoadedModel, load
from bot.media import MediaStore
from tests.remote.reference import Reference
from tests.support import picture

COLOURS: dict[str, tuple[str, tuple[int, int]]] = {
    "red": ("red", (100, 80)),
    "green": ("green", (64, 64)),
    "blue": ("blue", (40, 200)),
    "wide": ("white", (500, 20)),
}


@pytest.fixture(scope="session")
def one_core() -> None:
    """The tests share the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder() -> Path:
    return ensure_embedded()


@pytest.fixture(scope="session")
def loaded(folder: Path, one_core: None) -> LoadedModel:
    return load(str(folder), device="cpu")


@pytest.fixture(scope="session")
def reference(folder: Path, one_core: None) -> Reference:
    return Reference(folder)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> MediaStore:
    return MediaStore(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def photo(photos: MediaStore) -> Callable[[str], str]:
    """A colour's digest."""
    digests = {name: photos.put(picture(*what)) for name, what in COLOURS.items()}
    return digests.__getitem__
