"""What the conversation reports as it happens, for whoever counts it."""

from typing import Protocol

from bot.message import ChatKind


class Observer(Protocol):
    """What the conversation reports as it happens. Calls are cheap and never raise."""

    def received(self, platform: str, kind: ChatKind) -> None:
        """A message was taken into the journal."""

    def decided(self, answer: bool, probability: float, seconds: float) -> None:
        """A group message was decided; `seconds` is what the decision took."""

    def replied(self, platform: str, kind: ChatKind, seconds: float) -> None:
        """A reply is complete; `seconds` from the end of gathering to its text, without typing pauses."""

    def sent(self, platform: str) -> None:
        """One bubble has arrived at the platform."""

    def failed(self, where: str) -> None:
        """Something was caught and logged. `where`: receive, send, fetch, conversation, platform, schedule, daemon."""

    def waiting(self, chats: int, messages: int) -> None:
        """How many chats have work in hand or waiting, and how many messages wait in all."""


class Unobserved:
    """An observer that does not look."""

    def received(self, platform: str, kind: ChatKind) -> None:
        """Nothing."""

    def decided(self, answer: bool, probability: float, seconds: float) -> None:
        """Nothing."""

    def replied(self, platform: str, kind: ChatKind, seconds: float) -> None:
        """Nothing."""

    def sent(self, platform: str) -> None:
        """Nothing."""

    def failed(self, where: str) -> None:
        """Nothing."""

    def waiting(self, chats: int, messages: int) -> None:
        """Nothing."""
