"""What people ask of the avatar with /start, /stop, /forget and /quiet: it is done at once, for anybody, in any chat.

Saying so is another matter: nobody may make the avatar write by asking again and again.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot import disclosure
from bot.chat.remembered import Memory
from bot.clock import Clock
from bot.config import ConversationConfig
from bot.conversation.context import RECENT
from bot.conversation.policy import Command, allowed, asks_for_quiet, command, takes_part
from bot.engine.base import Engine
from bot.errors import PassingError
from bot.media import MediaStore
from bot.message import Account, Chat, ChatKind
from bot.people import People
from bot.persona import Persona
from bot.store.journal import Entry, Journal

log = logging.getLogger(__name__)

_NOT_AGAIN = timedelta(minutes=10)
"""The same confirmation is not repeated within this time where nothing changed, or where others read it."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Obeys commands in one chat. Plain calls that wait for nothing, so they can come at any moment."""

    persona: Persona
    config: ConversationConfig
    media: MediaStore
    journal: Journal
    engine: Engine
    clock: Clock
    memory: Memory | None = None

    def obey(self, chat: Chat, people: People) -> None:
        """Does what the commands that wait in the chat ask for."""
        orders = [(entry, order) for entry in self.journal.pending(chat) if (order := self._order(entry, chat))]
        for entry, order in orders:
            try:
                if entry.sender is not None and not entry.message.from_bot:
                    self._do(order, entry, entry.sender, chat, people)
                self.journal.erase([entry.seq])
            except PassingError:
                raise
            except Exception as error:
                if not self.journal.failed([entry.seq], type(error).__name__):
                    raise
                log.exception("A wish on %s failed three times and is set aside: see `echoes aside`.", chat.platform)

    def _order(self, entry: Entry, chat: Chat) -> Command | None:
        """A command, or one of the words that ask for quiet, where it answers what the avatar began by itself."""
        if asks_for_quiet(entry.text) and self.journal.answers_opening(chat, entry.seq):
            return Command.QUIET
        return command(entry.text)

    def _do(self, order: Command, entry: Entry, sender: Account, chat: Chat, people: People) -> None:
        language = self._language(entry, sender, chat)
        was_stopped = self.journal.is_stopped(sender)
        if order is Command.START:
            self.journal.resume(sender)
            if allowed(self.config, people, chat, sender, self.journal.former(chat)):
                say = disclosure.started if was_stopped else disclosure.introduction
                self._confirm(chat, say(self.persona, language), changed=was_stopped)
        elif order is Command.STOP:
            self.journal.stop(sender)
            self._leave_unanswered(entry, sender, chat)
            self._confirm(chat, disclosure.stopped(self.persona, language), changed=not was_stopped)
        elif order is Command.QUIET:
            was_left_alone = self.journal.is_left_alone(sender)
            self.journal.leave_alone(sender)
            self.journal.withhold(chat, openings_alone=True)
            self._confirm(chat, disclosure.left_alone(self.persona, language), changed=not was_left_alone)
        else:
            forgotten = self.journal.forget(sender, entry.seq)
            for digest in forgotten.photos:
                self.media.delete(digest)
            if forgotten.messages:
                self.engine.forget()
            if self.memory is not None:
                self.memory.forget()
            self._confirm(chat, disclosure.forgotten(self.persona, language), changed=forgotten.messages > 0)

    def _leave_unanswered(self, stop: Entry, sender: Account, chat: Chat) -> None:
        """What somebody said just before they said stop is not answered, nor is an answer finished."""
        before = [one.seq for one in self.journal.pending(chat) if one.sender == sender and one.seq < stop.seq]
        for digest in self.journal.erase(before):
            self.media.delete(digest)
        if chat.kind is ChatKind.PRIVATE:
            self.journal.withhold(chat)

    def _confirm(self, chat: Chat, text: str, *, changed: bool) -> None:
        private = chat.kind is ChatKind.PRIVATE
        if not private and not takes_part(self.config, (chat.key, *self.journal.former(chat))):
            return  # a group that it is in, but never speaks in
        said = self.journal.noticed_since(chat, text, self.clock.now() - _NOT_AGAIN)
        if (private and changed) or (not said and (private or changed)):
            self.journal.reply(chat, [], [], [text])

    def _language(self, entry: Entry, sender: Account, chat: Chat) -> str:
        recent = self.journal.recent(chat, RECENT)
        written = " ".join(one.text for one in recent if one.sender == sender and one != entry)
        return disclosure.language_of(written, self.persona)
