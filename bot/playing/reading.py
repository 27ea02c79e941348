"""Asks a process apart what is in a file that plays, in bounded time and memory."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataError, PassingError

LONGEST_SECONDS = 60.0
"""Of videos: longer ones are not looked at."""

_WIDTH = 448  # pixels a side of a frame: about 150 positions of a Qwen-VL prompt, for there are three of them
_SECONDS = 120.0  # by the clock, on a busy machine; of the processor it may take half of that
_CHILD = Path(__file__).with_name("child.py")
_OPENED_BY = {
    "pysilk": ("in SILK, as WeChat's and QQ's voice messages are", "hearing"),
    "rlottie_python": ("a sticker that is drawn", "stickers"),
}
"""What a package opens that not everybody has, and the extra that brings it."""


class NotInstalled(DataError):
    """Nothing is installed that opens such a file. what: as in "it is …". install: the command that changes that."""

    def __init__(self, package: str) -> None:
        self.what, extra = _OPENED_BY.get(package, ("a sound or a video", "media"))
        self.install = f"pip install 'echoes-avatar[{extra}]'"
        super().__init__(f"A file that plays was left out: it is {self.what}, which `{self.install}` lets it open.")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a video shows. frames: pictures, in order. sound: as Ogg/Opus; empty where it has none. seconds: if told."""

    frames: tuple[bytes, ...]
    sound: bytes
    seconds: int | None


def is_drawn(data: bytes) -> bool:
    """Says whether these are the bytes of a sticker that is drawn, of which no still picture can be had otherwise."""
    return data.startswith(b"\x1f\x8b")


def look(data: bytes) -> Looked:
    """Takes frames and sound out of a video or whatever moves. Raises DataError for what is none, or too long."""
    seconds, (sound, *frames) = _asked(data, "look", str(_WIDTH), str(LONGEST_SECONDS))
    return Looked(tuple(frames), sound, None if seconds is None else round(seconds))


def samples(data: bytes, longest: float) -> tuple[bytes, float]:
    """The sound as 16 bits, 16,000 a second, one channel, and its seconds. Raises DataError, also if it is longer."""
    seconds, [sound] = _asked(data, "listen", str(longest))
    return sound, seconds or 0.0


def voice_message(sound: bytes, tags: Mapping[str, str], longest: float) -> tuple[bytes, float]:
    """Makes Ogg/Opus of a sound, as platforms send voice messages, with these tags; and tells its seconds.

    Raises DataError for what is no sound.
    """
    seconds, [message] = _asked(sound, "encode", str(longest), json.dumps(dict(tags)))
    return message, seconds or 0.0


def _asked(data: bytes, *question: str) -> tuple[float | None, list[bytes]]:
    try:
        ended = subprocess.run(
            [sys.executable, "-I", str(_CHILD), *question],
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"A file that plays was left out: it could not be opened within {_SECONDS:.0f} s.") from None
    except OSError as error:
        raise PassingError(f"A file that plays cannot be opened just now ({error.strerror}).") from error
    head, _, rest = ended.stdout.partition(b"\n")
    if not head:
        raise DataError("A file that plays was left out: opening it took too much memory or time.")
    said = json.loads(head)
    if "missing" in said:
        raise NotInstalled(said["missing"])
    if "error" in said:
        raise DataError(f"A file that plays was left out: {said['error']}.")
    parts = []
    for size in said["parts"]:
        parts.append(rest[:size])
        rest = rest[size:]
    return said["seconds"], parts
