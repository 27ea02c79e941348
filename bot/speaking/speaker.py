"""Who speaks a text: one small interface, whatever voice is behind it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Speech:
    """What was spoken. sound: Ogg/Opus whose tags say that it is synthetic."""

    sound: bytes
    seconds: float


class Speaker(Protocol):
    async def speak(self, text: str, language: str) -> Speech:
        """Speaks a text. language: en or zh. Raises EchoesError, in a sentence that quotes nothing of it."""
