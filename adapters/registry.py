"""The platforms there are, by name. A new one is a file of its own and one entry here."""

from collections.abc import Callable, Mapping

from bot.config import Config
from bot.errors import ConfigError
from bot.platform import Adapter
from bot.secrets import Secrets, web_token
from bot.workspace import Workspace

Factory = Callable[[Config, Secrets, Workspace], Adapter]


def make(name: str, config: Config, secrets: Secrets, workspace: Workspace) -> Adapter:
    """An adapter that is not yet connected. Raises ConfigError where its token is missing.

    A platform's library is imported only here, when the platform is on.
    """
    return FACTORIES[name](config, secrets, workspace)


def _telegram(config: Config, secrets: Secrets, workspace: Workspace) -> Adapter:
    from adapters.telegram import TelegramAdapter

    section = config.platforms.telegram
    if section is None:
        raise ConfigError("platforms.telegram is not in config.yaml.")
    api = section.api_url.rstrip("/")
    return TelegramAdapter(secrets.need("telegram_token"), base_url=f"{api}/bot", base_file_url=f"{api}/file/bot")


def _discord(config: Config, secrets: Secrets, workspace: Workspace) -> Adapter:
    from adapters.discord import DiscordAdapter

    return DiscordAdapter(secrets.need("discord_token"))


def _web(config: Config, secrets: Secrets, workspace: Workspace) -> Adapter:
    from adapters.web import WebAdapter

    section = config.platforms.web
    if section is None:
        raise ConfigError("platforms.web is not in config.yaml.")
    return WebAdapter(section.host, section.port, web_token(workspace, secrets))


FACTORIES: Mapping[str, Factory] = {"web": _web, "telegram": _telegram, "discord": _discord}
