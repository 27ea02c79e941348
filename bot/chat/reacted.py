"""Reactions on their way into a prompt: which message each is to, and with which one it is shown.

A reaction is no message: it takes no turn of its own from whoever may speak, ends or continues no dialogue, and never
changes what was shown before it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from bot.chat.dialogue import Quote, Reaction, Speaker
from bot.chat.scene import speaker_of
from bot.message import Account, ChatKind, Message
from bot.people import People

MOST = 4
"""Shown with one message, the newest: in a large group hundreds put theirs on the same one."""


@dataclass(frozen=True, slots=True)
class _Put:
    """A reaction of somebody, to a message by its id."""

    message: Message
    speaker: Speaker | None
    to: str


class Reacted:
    """Goes along with a chat's messages, in order. lookback: how many messages back one is looked for."""

    def __init__(self, lookback: int) -> None:
        self.since: datetime | None = None  # the time of the newest message
        self._waiting: list[_Put] = []  # until somebody else says something
        self._lookback = lookback
        self._known: OrderedDict[str, Quote] = OrderedDict()
        self._newest: tuple[Account | None, str] = (None, "")  # who wrote the newest message, and its id
        self._newest_of_another = ""  # the id of the newest message by somebody else than that

    def passed(self, message: Message, quote: Quote) -> None:
        """Notes a message: reactions to it may follow. quote: who said it, and what, as a prompt shows it."""
        writer, _ = self._newest
        if self.since is not None and message.sender != writer:
            self._newest_of_another = self._newest[1]
        self._newest = (message.sender, message.id)
        self.since = message.sent_at
        if message.id:
            self._known[message.id] = quote
            if len(self._known) > self._lookback:
                self._known.popitem(last=False)

    def take(self, message: Message, people: People) -> Reaction | None:
        """Takes a reaction. Returns it where the subject says so something in private; else it waits to be shown.

        One to a message that is not known any more is left out.
        """
        if (to := message.reply_to or "") not in self._known:
            return None
        own = message.sender is None
        put = _Put(message, None if own else speaker_of(message, people), to)
        if own and message.chat.kind is ChatKind.PRIVATE:
            return self._as_shown(put)
        self._waiting = [*self._waiting, put][-MOST:]
        return None

    def shown(self) -> tuple[Reaction, ...]:
        """Returns those that waited: they are shown with what somebody else says now."""
        shown = tuple(self._as_shown(put) for put in self._waiting if put.to in self._known)
        self._waiting = []
        return shown

    def _as_shown(self, put: _Put) -> Reaction:
        """What it is to is told where that is not the newest message of others: else any reader takes it for that."""
        writer, newest = self._newest
        plain = self._newest_of_another if writer == put.message.sender else newest
        return Reaction(put.message.reaction, put.speaker, None if put.to == plain else self._known[put.to])
