"""Telegram, as a bot that polls (python-telegram-bot's client for the Bot API)."""

from pydantic import Field

from adapters.proxy import ProxiedSection
from bot.checks import Check, bad, good, note
from bot.errors import ConfigError
from bot.platform import Adapter, Platform, Setting
from bot.secrets import Secret, Secrets
from bot.validation import Text

TOKEN = Secret(
    "telegram_token",
    shape=r"(?<!\d)\d{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{30,}",  # in an address after `bot`, and perhaps percent-encoded
    source="@BotFather",
)


class TelegramSection(ProxiedSection):
    api_url: Text = Field(
        default="https://api.telegram.org",
        description="address of your own Bot API server; the public one if left out",
        pattern=r"^https?://\S+$",
    )
    sticker_set: Text | None = Field(
        default=None,
        description="the set whose stickers the avatar may send, by the name in its link t.me/addstickers/NAME",
        pattern=r"^\w+$",
        examples=["HotCherry"],
    )


def make(section: TelegramSection, setting: Setting) -> Adapter:
    from adapters.telegram.adapter import TelegramAdapter

    api = section.api_url.rstrip("/")
    token = setting.secrets.need(TOKEN.name)
    return TelegramAdapter(
        token,
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        proxy=section.proxy,
        sticker_set=section.sticker_set,
        sticker_files=setting.stickers,
    )


async def check(section: TelegramSection, secrets: Secrets) -> Check:
    """Checks whether the token is good, whether groups can be read, and whether the stickers are there."""
    from bot.doctor.asking import ask

    name = "telegram online"
    bot = f"{section.api_url.rstrip('/')}/bot{secrets.need(TOKEN.name)}"
    # without a proxy of its own the platform's library takes the environment's
    status, answer = await ask(f"{bot}/getMe", proxy=section.proxy, trust_env=True)
    if status in (401, 404):
        return bad(name, ConfigError("Telegram refused the token: copy it again from @BotFather (/mybots, API Token)."))
    if status != 200:
        return note(name, f"Telegram answers {status} for now: try again later")
    me = answer.get("result", {})
    if section.sticker_set is not None:
        there, _ = await ask(f"{bot}/getStickerSet?name={section.sticker_set}", proxy=section.proxy, trust_env=True)
        if there == 400:
            what = f"Telegram has no stickers {section.sticker_set}: see platforms.telegram.sticker_set"
            return note(name, f"@{me.get('username')}; {what}")
    if not me.get("can_read_all_group_messages"):
        what = "in groups it sees only commands and mentions: @BotFather /setprivacy, Disable, then add it again"
        return note(name, f"@{me.get('username')}; {what}")
    return good(name, f"@{me.get('username')}, reads groups")


TELEGRAM = Platform(
    name="telegram",
    section=TelegramSection,
    make=make,
    check=check,
    secrets=(TOKEN,),
    about=f"a Telegram bot; its token comes from {TOKEN.variable}",
)
