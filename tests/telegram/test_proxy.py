"""Where Telegram can be reached through a proxy alone."""

import asyncio
from pathlib import Path

import pytest

from adapters.telegram import TELEGRAM, TelegramSection
from adapters.telegram.adapter import TelegramAdapter
from bot.people import People
from bot.platform import Setting
from bot.secrets import Secrets
from tests.standins.proxy import HttpProxy
from tests.standins.telegram import TelegramServer
from tests.support import refs
from tests.telegram.conftest import RecordingInbox, picture, running


def configured(server: TelegramServer, proxy: str, folder: Path) -> TelegramAdapter:
    """As `echoes run` makes it of its configuration."""
    section = TelegramSection(api_url="http://telegram.invalid", proxy=proxy)
    secrets = Secrets({"telegram_token": server.token})
    adapter = TELEGRAM.make(section, Setting(secrets, folder, "Nora", lambda: People.of(())))
    assert isinstance(adapter, TelegramAdapter)
    return adapter


async def test_everything_goes_through_it(server: TelegramServer, inbox: RecordingInbox, tmp_path: Path) -> None:
    anna, photo = server.person("Anna"), picture()
    async with HttpProxy({"telegram.invalid": server.base_url}) as proxy:
        adapter = configured(server, proxy.url, tmp_path)
        async with running(adapter, inbox):
            server.user_says(anna, "look", photo=photo)
            [message] = await inbox.got(1)
            await adapter.typing(message.chat)
            await adapter.send(message.chat, "nice", "k")
            fetched = await adapter.fetch(refs(message)[0], 10**6)
        assert fetched == photo and server.replies(anna) == ["nice"]
        assert any("/file/bot" in address for address in proxy.passed)
        assert len(proxy.passed) >= len(server.calls) + 1, "the photo, and every call"


async def test_a_wrong_password_is_waited_out_and_not_shown(
    server: TelegramServer, inbox: RecordingInbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with HttpProxy({"telegram.invalid": server.base_url}) as proxy:
        adapter = configured(server, proxy.url.replace("open-sesame", "close-sesame"), tmp_path)
        async with running(adapter, inbox), asyncio.timeout(10):
            while not (proxy.refused and "Trying again" in caplog.text):  # noqa: ASYNC110 (logging has no event)
                await asyncio.sleep(0.01)
    assert not server.calls and "sesame" not in caplog.text and server.token not in caplog.text
