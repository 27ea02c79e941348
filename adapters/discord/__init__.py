"""Discord, through a bot account."""

from adapters.proxy import ProxiedSection
from bot.checks import Check, bad, good, note
from bot.errors import ConfigError
from bot.platform import Adapter, Platform, Setting
from bot.secrets import Secret, Secrets

API = "https://discord.com/api/v10"
_READS_MESSAGES = (1 << 18) | (1 << 19)  # the application's flags for the message content intent

TOKEN = Secret(
    "discord_token",
    shape=r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}",
    source="the Discord developer portal",
)


class DiscordSection(ProxiedSection):
    pass


def make(section: DiscordSection, setting: Setting) -> Adapter:
    from adapters.discord.adapter import DiscordAdapter

    return DiscordAdapter(setting.secrets.need(TOKEN.name), proxy=section.proxy, stickers=setting.stickers)


async def check(section: DiscordSection, secrets: Secrets) -> Check:
    """Checks whether the token is good, and whether messages can be read."""
    from bot.doctor.asking import ask

    name = "discord online"
    url = f"{API}/applications/@me"
    status, answer = await ask(url, f"Bot {secrets.need(TOKEN.name)}", proxy=section.proxy)
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


DISCORD = Platform(
    name="discord",
    section=DiscordSection,
    make=make,
    check=check,
    secrets=(TOKEN,),
    about=f"a Discord bot; its token comes from {TOKEN.variable}",
)
