"""Which of the extras are installed that open what plays."""

import importlib.util
from functools import cache


@cache  # it is asked for every sticker of an import
def can_look() -> bool:
    """Whether `echoes[media]` is, which opens videos, and whatever moves or sounds."""
    return importlib.util.find_spec("av") is not None


@cache
def can_draw() -> bool:
    """Whether `echoes[stickers]` is, which draws Telegram's animated stickers."""
    return importlib.util.find_spec("rlottie_python") is not None
