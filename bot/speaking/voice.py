"""The avatar's voice: spoken as long as the consent names it, and never at the cost of what was to be said."""

import logging
from pathlib import Path

from bot.consent import Use, require
from bot.disclosure import VOICE_MARK
from bot.errors import EchoesError
from bot.platform import VoiceMessage
from bot.speaking.speaker import Speaker

log = logging.getLogger(__name__)


class Voice:
    """What the running avatar speaks with. longest: characters of what is spoken; the rest is sent as text."""

    def __init__(self, speaker: Speaker, name: str, consent: Path, longest: int) -> None:
        """name: as the owner calls the voice. consent: the record, which is looked at each time."""
        self._speaker = speaker
        self._name = name
        self._consent = consent
        self.longest = longest

    def allowed(self) -> bool:
        """Whether the consent names this voice, and still holds."""
        try:
            require(self._consent, Use.VOICE, voice=self._name)
        except EchoesError:
            return False
        return True

    async def message(self, text: str, language: str) -> VoiceMessage | None:
        """The text, spoken and marked as synthetic; None where it is to be sent as text, and the log says why."""
        if not self.allowed():
            log.warning("A voice message goes out as text: the consent no longer allows this voice.")
            return None
        try:
            speech = await self._speaker.speak(text, language)
        except EchoesError as error:
            log.warning("A voice message goes out as text. %s", error)
            return None
        except Exception as error:
            log.warning("A voice message goes out as text (%s).", type(error).__name__)
            return None
        return VoiceMessage(speech.sound, max(1, round(speech.seconds)), VOICE_MARK)
