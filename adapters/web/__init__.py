"""The web chat: the owner's own window to try the avatar, as any contact or as a stranger."""

from pydantic import Field

from bot.platform import Adapter, Platform, PlatformSection, Setting
from bot.secrets import Secret
from bot.validation import Text

TOKEN = Secret("web_token", kept=True)
_GROUP = {"en": "Group", "zh": "群聊"}


class WebSection(PlatformSection):
    host: Text = Field(default="127.0.0.1", description="the address it listens on; 127.0.0.1 is this machine alone")
    port: int = Field(default=8642, ge=0, le=65535, description="the port it listens on; 0 takes a free one")

    def listens(self) -> tuple[str, int]:
        return self.host, self.port


def make(section: WebSection, setting: Setting) -> Adapter:
    from adapters.web.adapter import WebAdapter

    return WebAdapter(
        section.host,
        section.port,
        setting.secrets.need(TOKEN.name),
        setting.people,
        setting.folder,
        avatar=setting.avatar,
        group=_GROUP[setting.language],
        keep_days=setting.keep_days,
        announce=setting.announce,
        stickers=setting.stickers,
    )


WEB = Platform(
    name="web",
    section=WebSection,
    make=make,
    secrets=(TOKEN,),
    about="a chat page in the browser; its link is printed at the start",
    on_at_first=True,
)
