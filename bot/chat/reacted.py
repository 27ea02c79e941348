"""Reactions on their way into a prompt: which message each is to, and with which one it is shown.

A reaction is no message: it takes no turn of its own from whoever may speak, ends or continues no dialogue, and never
changes what was shown before it.
"""

from collections import OrderedDict
from datetime import datetime

from bot.chat.dialogue import Quote, Reaction
from bot.chat.scene import speaker_of
from bot.message import Account, ChatKind, Message
from bot.people import People

MOST = 4
"""Shown with one message, the newest: in a large group hundreds put theirs on the same one."""


class Reacted:
    """Goes along with a chat's messages, in order. lookback: how many messages back one is looked for."""

    def __init__(self, lookback: int) -> None:
        self.since: datetime | None = None  # the time of the newest message
        self.waiting: list[Reaction] = []  # until somebody else says something
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
        target = self._known.get(message.reply_to or "")
        if target is None:
            return None
        own = message.sender is None
        is_plain = message.reply_to == self._newest_for(message.sender)
        speaker = None if own else speaker_of(message, people)
        reaction = Reaction(message.reaction, speaker, None if is_plain else target)
        if own and message.chat.kind is ChatKind.PRIVATE:
            return reaction
        self.waiting = [*self.waiting, reaction][-MOST:]
        return None

    def shown(self) -> tuple[Reaction, ...]:
        """Returns those that waited: they are shown from here on."""
        shown, self.waiting = tuple(self.waiting), []
        return shown

    def _newest_for(self, account: Account | None) -> str:
        """The id of the newest message that is not that account's own."""
        writer, newest = self._newest
        return self._newest_of_another if writer == account else newest
