"""What only the network can tell: whether tokens are good, privileges given, and a model server is there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.checks import Check, bad, good, note
from bot.config import Config, ServerConfig
from bot.doctor.asking import ask
from bot.errors import ConfigError, EchoesError, PassingError
from bot.lora import NONE
from bot.platform import Platform, Platforms, PlatformSection
from bot.secrets import Secrets


async def examine_online(config: Config, secrets: Secrets, platforms: Platforms) -> list[Check]:
    """Asks every platform that is on and has its tokens, and the model server, once."""
    asked: list[Awaitable[Check]] = []
    for name, section in config.platforms.sections.items():
        platform = platforms.good[name]
        own = secrets.only(platform.secrets)
        if platform.check is not None and all(own.get(one.name) or one.kept for one in platform.secrets):
            asked.append(_platform(platform, platform.check, section, own))
    if config.model.server is not None:
        asked.append(_server(config.model.server, config.model.lora != NONE, secrets.get("server_token")))
    return list(await asyncio.gather(*asked))


async def _platform(
    platform: Platform[Any],
    check: Callable[[PlatformSection, Secrets], Awaitable[Check]],
    section: PlatformSection,
    secrets: Secrets,
) -> Check:
    name = f"{platform.name} online"
    try:
        return await check(section, secrets)
    except EchoesError as error:
        return bad(name, error)
    except Exception as error:
        return bad(name, platform.failed("when it was asked", error))


async def _server(server: ServerConfig, has_lora: bool, token: str | None) -> Check:
    name = "server online"
    try:
        status, answer = await ask(f"{server.url.rstrip('/')}/models", f"Bearer {token}" if token else None)
    except PassingError as error:
        return bad(name, error)
    if status != 200:
        return bad(name, ConfigError(f"The model server at {server.url} answers {status}: see its log."))
    served = [str(entry.get("id")) for entry in answer.get("data", [])]
    if server.model not in served:
        shown = ", ".join(served) or "nothing"
        lacking = f"The model server does not serve {server.model!r} (it serves: {shown})"
        if has_lora:
            return note(name, f"{lacking}: the start asks it to, which needs VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 there.")
        return bad(name, ConfigError(f"{lacking}."))
    return good(name, f"serves {server.model}")
