"""Letters: a text file in the folder `in` of a box is a message, and what the avatar writes is a file in `out`."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from pydantic import Field

from bot.checks import Check, bad, good
from bot.errors import ConfigError, PassingError
from bot.message import Account, Chat, ChatKind, Message
from bot.platform import Adapter, Inbox, Platform, PlatformSection, Setting
from bot.secrets import Secret, Secrets
from bot.validation import Text

log = logging.getLogger(__name__)

SEAL = Secret("letters_seal", source="the owner of the box")  # given as ECHOES_LETTERS_SEAL


class LettersSection(PlatformSection):
    """What stands under `platforms: letters:` in config.yaml."""

    box: Text = Field(description="the folder with `in` and `out` in it", examples=["/srv/letters"])
    seconds: float = Field(default=1.0, ge=0.05, le=3600, description="how often the box is looked into")


class LettersAdapter(Adapter):
    platform = "letters"

    def __init__(self, section: LettersSection, seal: str) -> None:
        self._in, self._out = Path(section.box, "in"), Path(section.box, "out")
        self._seconds = section.seconds
        self._seal = seal

    async def run(self, inbox: Inbox) -> None:
        while True:
            if not self._in.is_dir():
                raise PassingError("the letter box is not there.")  # it is tried again
            for letter in sorted(self._in.glob("*.txt")):
                message = self._read(letter)
                if message is not None:
                    await inbox.receive(message)
                letter.unlink()  # only now: from here on the daemon has it
            await asyncio.sleep(self._seconds)

    def _read(self, letter: Path) -> Message | None:
        """A letter such as `anna.1.txt`, of which the first line is the seal; None where it is not."""
        seal, _, text = letter.read_text("utf-8", "replace").partition("\n")
        if seal != self._seal:
            log.warning("A letter without the seal was left out.")
            return None
        sender = letter.name.partition(".")[0]
        at = datetime.fromtimestamp(letter.stat().st_mtime, UTC)
        chat = Chat(self.platform, sender, ChatKind.PRIVATE)
        return Message(chat, letter.name, Account(self.platform, sender), sender, at, text)

    async def send(self, chat: Chat, text: str, key: str) -> str:
        letter = self._letter(chat, key)
        part = letter.with_suffix(".part")
        part.write_text(text, "utf-8")
        part.replace(letter)
        return letter.name

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        letter = self._letter(chat, key)
        return letter.name if letter.exists() else False

    def _letter(self, chat: Chat, key: str) -> Path:
        return self._out / f"{chat.id}.{quote(key, safe='')}.txt"


def make(section: LettersSection, setting: Setting) -> Adapter:
    return LettersAdapter(section, setting.secrets.need(SEAL.name))


async def check(section: LettersSection, secrets: Secrets) -> Check:
    """For `echoes doctor --online`."""
    for folder in (Path(section.box, "in"), Path(section.box, "out")):
        if not folder.is_dir():
            return bad("letters online", ConfigError(f"{folder} is missing: make it, or mend platforms.letters.box."))
    return good("letters online", "the box is there")


LETTERS = Platform(
    name="letters",
    section=LettersSection,
    make=make,
    check=check,
    secrets=(SEAL,),
    about="letters in a folder; its seal comes from ECHOES_LETTERS_SEAL",
)
