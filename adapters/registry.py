"""The platforms there are, by name. A new one is a file of its own and one entry here."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.config import Config, DiscordConfig, TelegramConfig, WebConfig
from bot.errors import EchoesError
from bot.message import Chat
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
    language: str = "en"
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
    return TelegramAdapter(token, base_url=f"{api}/bot", base_file_url=f"{api}/file/bot", proxy=section.proxy)


def _discord(setting: Setting) -> Adapter:
    from adapters.discord import DiscordAdapter

    section = setting.config.platforms.discord or DiscordConfig()
    return DiscordAdapter(setting.secrets.need("discord_token"), proxy=section.proxy)


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
        group="群聊" if setting.language == "zh" else "Group",
        keep_days=setting.config.retention.journal_days,
        announce=setting.announce,
    )


async def _show_nothing(chat: Chat, message_id: str, probability: float, answered: bool) -> None:
    """Telegram and Discord have no place for it."""


def decisions_shown(adapters: Mapping[str, Adapter]) -> Callable[[Chat, str, float, bool], Awaitable[None]]:
    """Shows decisions on those of the platforms that have a place for them: the owner's own web chat."""
    if "web" not in adapters:
        return _show_nothing
    from adapters.web import WebAdapter

    web = adapters["web"]

    async def show(chat: Chat, message_id: str, probability: float, answered: bool) -> None:
        if isinstance(web, WebAdapter) and chat.platform == web.platform:
            with suppress(EchoesError):  # nobody looks just now
                await web.show_decision(message_id, probability, answered)

    return show


FACTORIES: Mapping[str, Callable[[Setting], Adapter]] = {"web": _web, "telegram": _telegram, "discord": _discord}
