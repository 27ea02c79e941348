"""The web chat, listening on a free port."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from adapters.web.adapter import WebAdapter
from tests.web.stage import TOKEN, Avatar, serving
from tests.web.window import Opener, browsing


@pytest.fixture
def avatar() -> Avatar:
    return Avatar()


@pytest.fixture
async def web(tmp_path: Path, avatar: Avatar) -> AsyncIterator[WebAdapter]:
    async with serving(tmp_path / "web", avatar) as adapter:
        yield adapter


@pytest.fixture
async def stranger(web: WebAdapter) -> AsyncIterator[aiohttp.ClientSession]:
    """A client without a session."""
    jar = aiohttp.CookieJar(unsafe=True)  # keeps cookies of an address, too
    async with aiohttp.ClientSession(web.url.partition("/#")[0], cookie_jar=jar) as session:
        yield session


@pytest.fixture
async def client(stranger: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A client that opened the link."""
    async with stranger.post("/api/session", json={"token": TOKEN}) as answer:
        assert answer.status == 204
    return stranger


@pytest.fixture
async def opened(web: WebAdapter) -> AsyncIterator[Opener]:
    """Opens windows, which close before the server does."""
    async with browsing() as opener:
        yield opener
