"""All chats of the daemon: takes messages from the adapters and wakes the chat they belong to."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.conversation.arriving import Arrivals
from bot.conversation.avatar import Avatar
from bot.conversation.chat import ChatWorker
from bot.conversation.initiative.plan import Opening
from bot.conversation.manners import Manners
from bot.conversation.policy import asks_for_quiet, command, listens, named_groups
from bot.errors import PassingError
from bot.letters import is_emoji, well_formed
from bot.message import Chat, Message
from bot.observer import Observer
from bot.platform import Adapter
from bot.store.journal import Journal, State

log = logging.getLogger(__name__)

_RESTS = timedelta(hours=6)
"""Without a word for so long a chat is let go. The next one costs a longer look into the journal."""


class Conversations:
    """The adapters' inbox. One worker a chat; chats do not wait for each other."""

    def __init__(
        self,
        avatar: Avatar,
        journal: Journal,
        adapters: Mapping[str, Adapter],
        observe: Observer,
        clock: Clock | None = None,
    ) -> None:
        self.avatar = avatar
        self._journal = journal
        self._adapters = adapters
        self._observe = observe
        self._clock = clock or Clock()
        gap = timedelta(minutes=avatar.config.gap_minutes)
        self._manners = Manners(avatar.past, avatar.persona, journal, gap)
        self._arrivals = Arrivals(avatar.media, avatar.ears, journal, observe)
        self._workers: dict[str, ChatWorker] = {}
        self._lanes: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._draining = False

    # -- from the adapters ----------------------------------------------------------------------------------------

    async def receive(self, message: Message) -> None:
        try:
            message = self._kept(message)
            if self._journal.take(message) is None:
                return
        except (PassingError, OSError):
            raise
        except Exception as error:
            self._left_out(message.chat, error)
            return
        self._observe.received(message.chat.platform, message.chat.kind)
        self._wake(message.chat, arrived=True, wish=command(message.text) is not None or asks_for_quiet(message.text))

    async def reacted(self, reaction: Message) -> None:
        """Keeps what was put on a message. It wakes nobody: it is read with what is said next."""
        try:
            reaction = self._kept(reaction)
            if self._counts(reaction):
                self._journal.put(reaction)
        except (PassingError, OSError):
            raise
        except Exception as error:
            self._left_out(reaction.chat, error)

    async def took_back(self, reaction: Message) -> None:
        try:
            self._journal.take_back(self._kept(reaction))
        except (PassingError, OSError):
            raise
        except Exception as error:
            self._left_out(reaction.chat, error)

    async def edited(self, message: Message) -> None:
        """Takes a message's new words. What was answered stays answered, unless it has become a command."""
        try:
            message = self._kept(message)
            wish = command(message.text) is not None
            before = self._journal.edit(message, again=wish)
        except (PassingError, OSError):
            raise
        except Exception as error:
            self._left_out(message.chat, error)
            return
        if before is not None:
            self._forget(message.chat)
        if before is not None and (before.state is State.NEW or wish):
            self._wake(message.chat, arrived=True, wish=wish)

    async def deleted(self, chat: Chat, ids: Collection[str]) -> None:
        found = self._journal.find(chat, ids)
        for digest in self._journal.erase([entry.seq for entry in found]):
            self.avatar.media.delete(digest)
        if found:
            self._forget(chat)
        if any(entry.state is State.NEW for entry in found):
            self._wake(chat, arrived=True)

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        return self._journal.latest(platform)

    async def moved(self, old: Chat, new: Chat) -> None:
        """Lets a chat go on under another id. The old chat's own worker may call it while it sends, and goes on."""
        if self._journal.has_moved(old, new):
            return
        while other := self._workers.pop(new.key, None):
            await other.finish(0)
        self._journal.move(old, new)
        if worker := self._workers.pop(old.key, None):
            worker.follow(new, self._lane(new, self._adapters[new.platform]))
            self._workers[new.key] = worker
        log.info("A group on %s goes on under another id.", old.platform)
        self._warn_of_groups({old.key: new.key})
        self._wake(new, arrived=False)

    def typing(self, chat: Chat) -> None:
        if worker := self._workers.get(chat.key):
            worker.typing()

    def server_said(self, at: datetime) -> None:
        self._clock.server_said(at)

    # -- from the daemon ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Takes up what waits: messages without an answer, replies not sent."""
        self._warn_of_groups(self._journal.moves())
        for platform, adapter in self._adapters.items():
            for chat, message_id in self._journal.known(platform):
                adapter.saw(chat, message_id)
        for chat in self._journal.unfinished():
            self._wake(chat, arrived=False)

    def begin(self, chat: Chat, opening: Opening) -> None:
        """Begins a dialogue, unless something is in hand in that chat or its platform is off."""
        if (adapter := self._adapters.get(chat.platform)) is not None and not self._draining:
            self._worker(chat, adapter).begin(opening)

    def let_go(self) -> None:
        """Lets go of the workers of chats in which nobody speaks. What they need to know is in the journal."""
        since = self._clock.now() - _RESTS
        for key in [key for key, worker in self._workers.items() if worker.rested_since(since)]:
            del self._workers[key]

    async def drain(self, seconds: float) -> None:
        """Keeps taking messages into the journal but begins nothing new; what is in hand may end within that time."""
        self._draining = True
        await asyncio.gather(*(worker.finish(seconds) for worker in self._workers.values()))

    def idle(self) -> bool:
        """Whether nothing is in hand and nothing waits."""
        return not any(worker.busy for worker in self._workers.values()) and not self._journal.queue_length()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _kept(self, message: Message) -> Message:
        """The message as it is kept: in words that can be stored, where its chat goes on."""
        chat = replace(message.chat, title=well_formed(message.chat.title))
        text, name = well_formed(message.text), well_formed(message.sender_name)
        return self._journal.placed(replace(message, chat=chat, text=text, sender_name=name))

    def _counts(self, reaction: Message) -> bool:
        """Whether a reaction is kept: of whoever is heard there, and with an emoji."""
        sender, avatar, chat = reaction.sender, self.avatar, reaction.chat
        if sender is None or sender in avatar.people.subject or not is_emoji(reaction.reaction):
            return False
        heard = listens(avatar.config, avatar.people, chat, sender, self._journal.former(chat))
        return heard and not self._journal.is_stopped(sender)

    def _left_out(self, chat: Chat, error: Exception) -> None:
        """One message that cannot be kept, for whatever reason, must not hold up the others."""
        log.exception("A message on %s could not be taken (%s); it is left out.", chat.platform, type(error).__name__)
        self._observe.failed("receive")

    def _forget(self, chat: Chat) -> None:
        """What was made from the words of this chat is made anew."""
        if self.avatar.memory is not None:
            self.avatar.memory.forget(chat)

    def _warn_of_groups(self, moves: Mapping[str, str]) -> None:
        """The configuration still names a group by the id that it had."""
        for old in named_groups(self.avatar.config) & set(moves):
            log.warning(
                "conversation in config.yaml names the group %s, which has become %s: it is answered as before; "
                "write the new id.",
                old,
                moves[old],
            )

    def _wake(self, chat: Chat, *, arrived: bool, wish: bool = False) -> None:
        adapter = self._adapters.get(chat.platform)
        if adapter is None or self._draining:
            return
        self._worker(chat, adapter).wake(arrived=arrived, wish=wish)
        with suppress(PassingError):  # a number less: what was taken is in hand
            busy = sum(one.busy for one in self._workers.values())
            self._observe.waiting(busy, self._journal.queue_length())

    def _worker(self, chat: Chat, adapter: Adapter) -> ChatWorker:
        worker = self._workers.get(chat.key)
        if worker is None:
            worker = self._workers[chat.key] = ChatWorker(
                chat,
                self.avatar,
                adapter,
                self._journal,
                self._observe,
                self._clock,
                self._lane(chat, adapter),
                self._manners,
                self._arrivals,
            )
        return worker

    def _lane(self, chat: Chat, adapter: Adapter) -> asyncio.Lock:
        name = (chat.platform, adapter.lane(chat))
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = asyncio.Lock()
        return lane
