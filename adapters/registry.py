"""The platforms there are, by name. A new one is a file of its own and one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.config import Config, TelegramConfig, WebConfig
from bot.people import People
from bot.platform import Adapter
from bot.secrets import Secrets, web_token
from bot.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Setting:
    """What adapters are made from. people: asked at each use, so that a reload shows. announce: is told the web
    chat's link, which holds its token."""

    config: Config
    secrets: Secrets
    workspace: Workspace
    avatar: str  # what the avatar is called
    people: Callable[[], People]
    announce: Callable[[str], None] = lambda link: None


def make(name: str, setting: Setting) -> Adapter:
    """An adapter that is not yet connected. Raises ConfigError or PermanentError where its token is of no use.

    A platform's library is imported only here, when the platform is on.
    """
    return FACTORIES[name](setting)


def _telegram(setting: Setting) -> Adapter:
    from adapters.telegram import TelegramAdapter

    section = setting.config.platforms.telegram or TelegramConfig()
    api = section.api_url.rstrip("/")
    token = setting.secrets.need("telegram_token")
    return TelegramAdapter(token, base_url=f"{api}/bot", base_file_url=f"{api}/file/bot")


def _discord(setting: Setting) -> Adapter:
    from adapters.discord import DiscordAdapter

    return DiscordAdapter(setting.secrets.need("discord_token"))


def _web(setting: Setting) -> Adapter:
    from adapters.web import WebAdapter

    section = setting.config.platforms.web or WebConfig()
    return WebAdapter(
        section.host,
        section.port,
        web_token(setting.workspace, setting.secrets),
        setting.people,
        setting.workspace.root / "web",
        avatar=setting.avatar,
        keep_days=setting.config.retention.journal_days,
        announce=setting.announce,
    )


FACTORIES: Mapping[str, Callable[[Setting], Adapter]] = {"web": _web, "telegram": _telegram, "discord": _discord}
