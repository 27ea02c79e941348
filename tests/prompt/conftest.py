"""The real tokenizer of the embedded model, and photos."""

from pathlib import Path

import pytest

from bot.chat.prompt import Codec
from bot.engine.describe import BaseModel, codec_for, describe
from bot.media import MediaStore


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path)


@pytest.fixture(scope="session")
def base() -> BaseModel:
    return describe("embedded")


@pytest.fixture
def codec(base: BaseModel, media: MediaStore) -> Codec:
    return codec_for(base, media)
