"""What both Discord exports have in common: ids, and the signs for names and emoji within a text."""

import re
from collections.abc import Mapping

from training.data.importers.base import clean

PLATFORM = "discord"

_PERSON = re.compile(r"<@!?(\d{5,20})>")
_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{5,20}>")
_PLACE = re.compile(r"<(?:#|@&)\d{5,20}>")
_GIF = re.compile(r"https://(?:tenor\.com/view|giphy\.com/gifs|media\d*\.giphy\.com|klipy\.com/gifs?)/\S+")


def snowflake(value: object) -> str | None:
    """Returns an id of Discord's, which is the same in everybody's export."""
    text = "" if isinstance(value, bool) or value is None else str(value).strip()
    return text if text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) < 2**63 else None


def plain(value: object, names: Mapping[str, str]) -> str:
    """Returns a text with names in the place of ids; of somebody unknown only that there was one."""
    if not isinstance(value, str):
        return ""
    text = _PERSON.sub(lambda match: "@" + (names.get(match[1]) or "user"), value)
    return clean(_EMOJI.sub(r":\1:", _PLACE.sub("#channel", text)))


def is_gif(text: str) -> bool:
    """Says whether a text is nothing but the address of an animation, as the app sends those that one picks."""
    return _GIF.fullmatch(text) is not None
