"""Who writes down what is said: one small interface, whatever model is behind it."""

import threading
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said. words: empty where nobody speaks. language: as the model took it to be. seconds: of sound."""

    words: str
    language: str
    seconds: float


class Transcriber(Protocol):
    name: str
    """Which model it is, as it is noted beside the words."""

    def transcribe(self, file: bytes, stop: threading.Event) -> Transcript:
        """Writes down what is said in a sound or video file. For one thread at a time.

        stop: ends it, within the half minute of sound that it is at. Raises DataError for what cannot be heard.
        """
