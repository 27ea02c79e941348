"""Tiny models in folders, and engines over llama.cpp that serve them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec, Prompt, render
from bot.config.embedded import EMBEDDED
from bot.engine.describe import Family, describe
from bot.engine.llama.batch import LlamaBatchEngine
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from tests.engine.conftest import FAMILIES, tiny_model

Start = Callable[..., Awaitable[LlamaBatchEngine]]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    return {family: tiny_model(tmp_path_factory.mktemp(family), family) for family in FAMILIES}


@pytest.fixture
def base(folders: dict[Family, Path]) -> Path:
    return folders["qwen2_5_vl"]


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random models leave nothing in the user's cache."""
    monkeypatch.setattr("bot.engine.llama.files._cache", lambda: tmp_path_factory.getbasetemp() / "llama")


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
async def start(media: MediaStore, own_cache: None) -> AsyncIterator[Start]:
    """Starts engines with the models of folders, and ends them."""
    async with starting(media) as begin:
        yield begin


@pytest.fixture
async def embedded(media: MediaStore) -> AsyncIterator[LlamaBatchEngine]:
    """The embedded model, which takes its time."""
    async with starting(media) as begin:
        yield await begin(EMBEDDED)


@asynccontextmanager
async def starting(media: MediaStore) -> AsyncIterator[Start]:
    started: list[LlamaBatchEngine] = []

    async def begin(base: Path | str, **options: Any) -> LlamaBatchEngine:
        options = {"max_context": 1024, "cache_bytes": 120_000_000} | options
        started.append(await LlamaBatchEngine.start(describe(str(base)), media, **options))
        return started[-1]

    yield begin
    for engine in started:
        await engine.aclose()


def asked(codec: Codec, *lines: str, photos: tuple[str, ...] = (), group: bool = True) -> Prompt:
    """Tom says these lines, in a group or in private."""
    tom = Speaker("Tom", "friend")
    scene = (
        Scene(Persona("Mei"), ChatKind.GROUP, title="hiking") if group else Scene(Persona("Mei"), ChatKind.PRIVATE, tom)
    )
    bubbles = tuple(Bubble(line, photos if line == lines[-1] else ()) for line in lines)
    return render(scene, [Turn(tom, bubbles, datetime(2026, 3, 1, tzinfo=UTC))], codec, open_turn=True)
