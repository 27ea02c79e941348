"""One chat: gathers what comes, decides, composes, and hands the reply to delivery. Never two replies at a time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot import disclosure
from bot.config import ConversationConfig
from bot.conversation.context import RECENT, Context, heard
from bot.conversation.delivery import Delivery
from bot.conversation.photos import fetch_photos
from bot.conversation.policy import Command, allowed, answerable, command
from bot.decision import HISTORY, Calibration, Decision, features
from bot.engine.base import Engine, Sampling
from bot.errors import EchoesError
from bot.health import Observer
from bot.journal import Entry, Journal, State
from bot.media import MediaStore
from bot.people import People
from bot.persona import LANGUAGES, Persona
from bot.platform import Adapter
from bot.prompt import Prompt
from bot.prompt.render import whole_bubbles
from bot.types import Account, Chat, ChatKind

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0


ShowDecision = Callable[[Chat, str, float, bool], Awaitable[None]]
"""Shows what was decided about a message where a platform has a place for it: chat, its id, probability, answered."""


@dataclass(slots=True)
class Avatar:
    """Who speaks and how. people and calibration are replaced when they are reloaded."""

    engine: Engine
    persona: Persona
    people: People
    calibration: Calibration
    sampling: Sampling
    config: ConversationConfig
    media: MediaStore  # photos received
    show: ShowDecision | None = None


class ChatWorker:
    """Works only while something waits; the journal, not this object, knows what."""

    def __init__(self, chat: Chat, avatar: Avatar, adapter: Adapter, journal: Journal, observe: Observer) -> None:
        self._chat = chat
        self._avatar = avatar
        self._adapter = adapter
        self._journal = journal
        self._observe = observe
        self._delivery = Delivery(chat, adapter, journal, avatar.config, observe)
        room = avatar.engine.max_context
        limit = max(room - avatar.sampling.max_tokens, room // 2)
        self._context = Context(chat, avatar.persona, avatar.config, limit, avatar.media.shows)
        self._news = asyncio.Event()  # something arrived since composing began
        self._last_arrival = 0.0  # monotonic
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def wake(self, *, arrived: bool = True) -> None:
        """Something waits in the journal; `arrived` now, or was left from before."""
        if arrived:
            self._last_arrival = time.monotonic()
            self._news.set()
        if not self.busy and not self._closing:
            self._task = asyncio.create_task(self._run(), name=f"chat-{self._chat.platform}")

    async def finish(self, seconds: float) -> None:
        """Begins nothing new; what is in hand may end within that time. What waits stays in the journal."""
        self._closing = True
        if self._task is not None:
            _, running = await asyncio.wait([self._task], timeout=seconds)
            for task in running:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._closing:
            try:
                await self._delivery.send_all()
                pending = self._journal.pending(self._chat)
                if not pending:
                    return
                if self._chat.kind is ChatKind.PRIVATE or await self._decide_all(pending):
                    await self._answer()
                wait = _FIRST_WAIT
            except EchoesError as error:
                log.warning("A chat on %s waits %.0f s: %s", self._chat.platform, wait, error)
                self._observe.failed("conversation")
                await asyncio.sleep(wait)
                wait = min(wait * 1.75, _LONGEST_WAIT)
            except Exception:
                log.exception("A chat on %s failed; it is tried again in %.0f s.", self._chat.platform, wait)
                self._observe.failed("conversation")
                await asyncio.sleep(wait)
                wait = min(wait * 1.75, _LONGEST_WAIT)

    # -- deciding -------------------------------------------------------------------------------------------------

    async def _decide_all(self, pending: Sequence[Entry]) -> bool:
        """Group: decides message by message until one is to be answered; True if so."""
        for entry in await self._admit(pending):
            if self._closing:
                return False
            decision = await self._decide(entry)
            if decision.answer:
                return True
            self._journal.settle([entry.seq], State.SILENT)
        return False

    async def _decide(self, entry: Entry) -> Decision:
        avatar = self._avatar
        began = time.perf_counter()
        entries = [one for one in self._journal.recent(self._chat, RECENT) if one.seq <= entry.seq]
        prompt = await self._prompt(entries)
        p_model = await avatar.engine.p_answer(self._chat.key, prompt)
        others = {one.sender_name for one in entries if one.sender_name}
        seen = features([heard(one) for one in entries[-HISTORY:]], avatar.persona.names, tuple(others))
        decision = avatar.calibration.decide(p_model, seen)
        seconds = time.perf_counter() - began
        self._observe.decided(decision.answer, decision.probability, seconds)
        log.info(
            "Decision on %s, entry %d: %s, p=%.3f, %.0f ms",
            self._chat.platform,
            entry.seq,
            "answer" if decision.answer else "silence",
            decision.probability,
            seconds * 1000,
        )
        if avatar.show is not None and entry.native_id is not None:
            await avatar.show(self._chat, entry.native_id, decision.probability, decision.answer)
        return decision

    async def _prompt(self, entries: Sequence[Entry]) -> Prompt:
        """Photos not seen since the start are decoded for their size: not where the other chats would wait."""
        people, codec = self._avatar.people, self._avatar.engine.codec
        if not any(entry.photos for entry in entries):
            return self._context.prompt(entries, people, codec)
        return await asyncio.to_thread(self._context.prompt, entries, people, codec)

    # -- answering ------------------------------------------------------------------------------------------------

    async def _answer(self) -> None:
        """Answers all that waits with one reply. What arrives while it is composed joins, for a limited time."""
        patience = time.monotonic() + self._avatar.config.gather_max_seconds
        while True:
            await self._gather(patience)
            waiting = await self._admit(self._journal.pending(self._chat))
            if not waiting or self._closing:
                return
            began = time.monotonic()
            self._news.clear()

            def interrupted() -> bool:
                return self._news.is_set() and time.monotonic() < patience

            bubbles = await self._compose(waiting[-1].seq, interrupted)
            if bubbles is None:
                continue
            self._observe.replied(self._chat.platform, self._chat.kind, time.monotonic() - began)
            seqs = [entry.seq for entry in waiting]
            reply = self._journal.reply(self._chat, seqs, bubbles, self._notices(waiting))
            if await self._delivery.send_all(began, interrupted):
                return
            if not self._journal.withdraw(reply, seqs):
                await self._delivery.send_all()
                return

    async def _gather(self, patience: float) -> None:
        """Waits until nothing more came for a while: people write in bursts."""
        quiet = self._avatar.config.gather_seconds
        while not self._closing:
            now = time.monotonic()
            left = min(self._last_arrival + quiet, patience) - now
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.25))

    async def _compose(self, until: int, interrupted: Callable[[], bool]) -> list[str] | None:
        avatar = self._avatar
        entries = [entry for entry in self._journal.recent(self._chat, RECENT) if entry.seq <= until]
        prompt = await self._prompt(entries)
        typing = asyncio.create_task(self._delivery.typing())
        pieces: list[str] = []
        try:
            async with aclosing(avatar.engine.reply(self._chat.key, prompt, avatar.sampling)) as stream:
                async for piece in stream:
                    pieces.append(piece)
                    if interrupted():
                        return None
        finally:
            typing.cancel()
        bubbles = whole_bubbles("".join(pieces), avatar.engine.codec, avatar.sampling.max_tokens)
        if not bubbles:
            raise EchoesError("The engine gave an empty reply: the message is tried again.")
        return bubbles

    def _notices(self, waiting: Sequence[Entry]) -> list[str]:
        """What has to be said from outside the model, before the reply."""
        persona = self._avatar.persona
        language = disclosure.language_of(" ".join(entry.text for entry in waiting), persona)
        introductions = [disclosure.introduction(persona, one) for one in LANGUAGES]
        notices = []
        if not any(self._journal.noticed(self._chat, text) for text in introductions):
            notices.append(disclosure.introduction(persona, language))
        late = disclosure.late(persona, language)
        old = self._chat.kind is ChatKind.PRIVATE and self._age(waiting[0]) > self._stale
        if old and not self._journal.noticed(self._chat, late, after=waiting[0].seq):
            notices.append(late)
        return notices

    # -- policy ---------------------------------------------------------------------------------------------------

    async def _admit(self, pending: Sequence[Entry]) -> list[Entry]:
        """Settles what is not to be answered, obeys commands, fetches photos; returns what is left."""
        admitted: list[Entry] = []
        for entry in pending:
            sender = entry.sender
            if sender is None:
                continue
            order = command(entry.text)
            if order is not None:
                self._obey(order, entry, sender)
                if order is not Command.START:
                    admitted = [one for one in admitted if one.sender != sender]
            elif self._journal.is_stopped(sender):
                self._journal.erase(entry.seq)
            elif not self._may_answer(entry):
                heard_only = self._chat.kind is ChatKind.GROUP and self._in_group(sender)
                self._journal.settle([entry.seq], State.SILENT if heard_only else State.IGNORED)
            else:
                await fetch_photos(entry, self._adapter, self._avatar.media, self._journal, self._observe)
                admitted.append(entry)
        return admitted

    def _may_answer(self, entry: Entry) -> bool:
        if not entry.text.strip() and not entry.photos:
            return False
        if self._chat.kind is ChatKind.GROUP and self._age(entry) > self._stale:
            return False
        return answerable(self._avatar.config, self._avatar.people, self._chat, entry)

    def _in_group(self, sender: Account) -> bool:
        """Whether the group is one the avatar takes part in: then it hears also whom it does not answer."""
        config = self._avatar.config
        return config.groups == "all" or (config.groups != "none" and self._chat.key in config.groups)

    def _obey(self, order: Command, entry: Entry, sender: Account) -> None:
        persona, journal = self._avatar.persona, self._journal
        written = [one.text for one in journal.recent(self._chat, RECENT) if one.sender == sender and one != entry]
        language = disclosure.language_of(" ".join(written), persona)
        answer: str | None
        if order is Command.START:
            was_stopped = journal.is_stopped(sender)
            journal.resume(sender)
            say = disclosure.started if was_stopped else disclosure.introduction
            known = allowed(self._avatar.config, self._avatar.people, self._chat, sender)
            answer = say(persona, language) if known else None
        elif order is Command.STOP:
            journal.stop(sender)
            for one in journal.pending(self._chat):
                if one.sender == sender and one.seq < entry.seq:
                    journal.erase(one.seq)
            answer = disclosure.stopped(persona, language)
        else:
            for digest in journal.forget(sender, entry.seq):
                self._avatar.media.delete(digest)
            answer = disclosure.forgotten(persona, language)
        journal.settle([entry.seq], State.IGNORED)
        if answer:
            journal.reply(self._chat, [], [], [answer])

    @property
    def _stale(self) -> timedelta:
        return timedelta(hours=self._avatar.config.stale_hours)

    @staticmethod
    def _age(entry: Entry) -> timedelta:
        return datetime.now(UTC) - entry.at
