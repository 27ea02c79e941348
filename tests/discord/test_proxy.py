"""Where Discord can be reached through a proxy alone."""

from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from adapters.discord import DISCORD, DiscordSection
from adapters.discord.adapter import DiscordAdapter
from bot.message import Chat, ChatKind
from bot.people import People
from bot.platform import Setting
from bot.secrets import Secrets
from tests.discord.conftest import Box
from tests.discord.far_side import PNG, TOKEN, FarSide
from tests.discord.test_wire import running
from tests.standins.proxy import HttpProxy

HIDDEN = "http://discord.invalid"
DM = Chat("discord", "500", ChatKind.PRIVATE)


async def test_gateway_and_calls_go_through_it(
    box: Box, far_side: FarSide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HttpProxy({"discord.invalid": far_side.base}) as proxy:
        monkeypatch.setattr(Route, "BASE", HIDDEN)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL("ws://discord.invalid/gateway/"))
        setting = Setting(Secrets({"discord_token": TOKEN}), tmp_path, "Nora", lambda: People.of(()))
        adapter = DISCORD.make(DiscordSection(proxy=proxy.url), setting)
        assert isinstance(adapter, DiscordAdapter)
        async with running(adapter, box, far_side):
            assert box.texts == ["hello"]
            await adapter.send(DM, "hi", "k")
        assert far_side.messages["500"][-1]["content"] == "hi"
        assert any("/gateway/" in address for address in proxy.passed)


async def test_pictures_come_through_it(far_side: FarSide) -> None:
    async with HttpProxy({"discord.invalid": far_side.base}) as proxy:
        adapter = DiscordAdapter(TOKEN, proxy=proxy.url, origins=[HIDDEN])
        assert await adapter.fetch(f"{HIDDEN}/pictures/cat.png", 1000) == PNG
        assert proxy.passed == [f"{HIDDEN}/pictures/cat.png"]
