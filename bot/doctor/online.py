"""What only the network can tell: whether tokens are good, privileges given, and a model server is there.

Addresses hold tokens, so no error of the network is ever shown with its words.
"""

import asyncio
from typing import Any

import aiohttp

from bot.config import Config, DiscordConfig, ServerConfig, TelegramConfig
from bot.doctor.checks import Check, bad, good, note
from bot.errors import ConfigError, PassingError
from bot.secrets import Secrets

DISCORD = "https://discord.com/api/v10"
_SECONDS = 15
_READS_MESSAGES = (1 << 18) | (1 << 19)  # the application's flags for the message content intent


async def examine_online(config: Config, secrets: Secrets, discord: str = DISCORD) -> list[Check]:
    """Asks every platform that is on, and the model server, once."""
    asked = []
    telegram_token, discord_token = secrets.get("telegram_token"), secrets.get("discord_token")
    if config.platforms.telegram is not None and telegram_token is not None:
        asked.append(_telegram(config.platforms.telegram, telegram_token))
    if config.platforms.discord is not None and discord_token is not None:
        asked.append(_discord(config.platforms.discord, discord, discord_token))
    if config.model.server is not None:
        asked.append(_server(config.model.server, secrets.get("server_token")))
    return list(await asyncio.gather(*asked))


async def _telegram(telegram: TelegramConfig, token: str) -> Check:
    name = "telegram online"
    try:
        url = f"{telegram.api_url.rstrip('/')}/bot{token}/getMe"
        # without a proxy of its own the platform's library takes the environment's
        status, answer = await _get(url, proxy=telegram.proxy, trust_env=True)
    except PassingError as error:
        return bad(name, error)
    if status in (401, 404):
        return bad(name, ConfigError("Telegram refused the token: copy it again from @BotFather (/mybots, API Token)."))
    if status != 200:
        return note(name, f"Telegram answers {status} for now: try again later")
    me = answer.get("result", {})
    if not me.get("can_read_all_group_messages"):
        what = "in groups it sees only commands and mentions: @BotFather /setprivacy, Disable, then add it again"
        return note(name, f"@{me.get('username')}; {what}")
    return good(name, f"@{me.get('username')}, reads groups")


async def _discord(config: DiscordConfig, api: str, token: str) -> Check:
    name = "discord online"
    try:
        status, answer = await _get(f"{api}/applications/@me", f"Bot {token}", proxy=config.proxy)
    except PassingError as error:
        return bad(name, error)
    if status in (401, 403):
        return bad(
            name, ConfigError("Discord refused the token: make a new one in the developer portal (Bot, Reset Token).")
        )
    if status != 200:
        return note(name, f"Discord answers {status} for now: try again later")
    if not int(answer.get("flags", 0)) & _READS_MESSAGES:
        what = "switch on the Message Content Intent in the developer portal (Bot, Privileged Gateway Intents)."
        return bad(name, ConfigError(f"Discord does not let this bot read messages: {what}"))
    return good(name, "reads messages")


async def _server(server: ServerConfig, token: str | None) -> Check:
    name = "server online"
    try:
        status, answer = await _get(f"{server.url.rstrip('/')}/models", f"Bearer {token}" if token else None)
    except PassingError as error:
        return bad(name, error)
    if status != 200:
        return bad(name, ConfigError(f"The model server at {server.url} answers {status}: see its log."))
    served = [str(entry.get("id")) for entry in answer.get("data", [])]
    if server.model not in served:
        shown = ", ".join(served) or "nothing"
        return bad(name, ConfigError(f"The model server does not serve {server.model!r} (it serves: {shown})."))
    return good(name, f"serves {server.model}")


async def _get(
    url: str, authorization: str | None = None, *, proxy: str | None = None, trust_env: bool = False
) -> tuple[int, dict[str, Any]]:
    """Goes the way that the running avatar would go. trust_env: through the environment's proxy, if there is one."""
    headers = {"Authorization": authorization} if authorization else {}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=trust_env) as session,
            session.get(url, headers=headers, proxy=proxy) as response,
        ):
            answer = await response.json(content_type=None)
            return response.status, answer if isinstance(answer, dict) else {}
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise PassingError(f"It cannot be reached ({type(error).__name__}): check the network.") from None
