"""An HTTP proxy as config.yaml gives it, for the platforms that go through one."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field

from bot.platform import PlatformSection
from bot.validation import Text, wrong


def _port(url: str | None) -> str | None:
    if url is not None and not 0 < int(url.rstrip("/").rpartition(":")[2]) < 65536:
        raise wrong("the port must be from 1 to 65535.")
    return url


class ProxiedSection(PlatformSection):
    """The section of a platform that can go through a proxy. With a password in it, it shows in no log."""

    proxy: Annotated[
        Text | None,
        Field(
            description="an HTTP proxy that everything here goes through, "
            "as http://host:port or http://user:password@host:port",
            pattern=r"^http://([^\s/@:]+(:[^\s/@]*)?@)?([^\s/@:\[\]]+|\[[0-9A-Fa-f:]+\]):\d{1,5}/?$",
            examples=["http://127.0.0.1:8080"],
            repr=False,
        ),
        AfterValidator(_port),
    ] = None

    def hidden(self) -> Sequence[str]:
        """How the proxy is signed in to, written in every way that a log could have it."""
        url = urlsplit(self.proxy or "")
        if not url.password:
            return ()
        user, password = url.username or "", url.password
        return f"{user}:{password}", f"{unquote(user)}:{unquote(password)}", password, unquote(password)
