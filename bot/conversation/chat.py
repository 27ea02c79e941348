"""One chat: gathers what comes, decides, composes, and hands the reply to delivery. Never two replies at a time."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from bot import disclosure
from bot.chat.attachments import spoken
from bot.chat.prompt import Prompt
from bot.chat.prompt.reactions import without_reactions
from bot.clock import Clock
from bot.conversation.admission import Admission
from bot.conversation.answering import answered
from bot.conversation.arriving import Arrivals
from bot.conversation.avatar import Avatar
from bot.conversation.context import RECENT, messages
from bot.conversation.deciding import decide
from bot.conversation.delivery import Delivery
from bot.conversation.drafts import Drafts
from bot.conversation.gathering import TYPING_SECONDS, wait_after
from bot.conversation.initiative.plan import Opening
from bot.conversation.manners import Manners
from bot.conversation.outcomes import Outcomes
from bot.conversation.pace import Pace
from bot.conversation.quiet import end_of_quiet
from bot.conversation.reacting import LOOKED_AT, Said, reacted_to, reacting
from bot.conversation.stickers import chosen, sticker_for
from bot.conversation.tries import Tries
from bot.conversation.view import View
from bot.conversation.voices import to_speak
from bot.conversation.wishes import Wishes
from bot.errors import EchoesError, PassingError
from bot.message import Chat, ChatKind, Message
from bot.observer import Observer
from bot.persona import LANGUAGES
from bot.platform import Adapter
from bot.store.journal import Entry, Journal, State

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_LATELY = 120  # entries that tell how it goes here


class ChatWorker:
    """Answers one chat. It works only while something waits; the journal, not this object, knows what."""

    def __init__(
        self,
        chat: Chat,
        avatar: Avatar,
        adapter: Adapter,
        journal: Journal,
        observe: Observer,
        clock: Clock,
        lane: asyncio.Lock,
        manners: Manners,
        arrivals: Arrivals,
    ) -> None:
        """lane: held while one bubble is on its way, shared with the chats of which the adapter says so."""
        self._chat = chat
        self._avatar = avatar
        self._adapter = adapter
        self._journal = journal
        self._observe = observe
        self._clock = clock
        self._tries = Tries(chat, journal)
        self._manners = manners
        self._wishes = Wishes(avatar.persona, avatar.config, avatar.media, journal, avatar.engine, clock, avatar.memory)
        self._outcomes = Outcomes(adapter, journal)
        self._admission = Admission(avatar, adapter, journal, clock, self._tries, self._outcomes, arrivals)
        self._delivery = Delivery(chat, adapter, journal, avatar, observe, lane)
        self._drafts = Drafts(chat, avatar.engine, journal, self._delivery.typing)
        self._view = View(chat, avatar, journal, clock)
        self._news = asyncio.Event()  # something arrived since composing began
        self._obeyed = asyncio.Event()  # a wish was obeyed since composing began
        self._called = asyncio.Event()  # a pause is to end
        self._last_arrival = 0.0  # monotonic
        self._opening: Opening | None = None  # to begin, as soon as nothing else is in hand
        self._woken = clock.now()
        self._typing_until = 0.0  # monotonic; till then somebody counts as typing
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def rested_since(self, moment: datetime) -> bool:
        """Whether nothing is in hand, nor came since that moment."""
        return not self.busy and self._woken < moment

    def wake(self, *, arrived: bool = True, wish: bool = False) -> None:
        """Tells the worker that something waits; `arrived`: it came just now. A `wish` is obeyed at once."""
        if self._closing:
            return
        self._woken = self._clock.now()
        if arrived:
            self._last_arrival = time.monotonic()
            self._typing_until = 0.0
            self._news.set()
        if wish:
            self._obey_now()
        if not self.busy:
            self._task = asyncio.create_task(self._run(), name=f"chat-{self._chat.platform}")

    def typing(self) -> None:
        """Notes that somebody types in the chat: what they write belongs to what waits."""
        self._typing_until = time.monotonic() + TYPING_SECONDS

    def _obey_now(self) -> None:
        """Interrupts what is in hand. What goes wrong is left to the loop, which tries again."""
        try:
            self._wishes.obey(self._chat, self._avatar.people)
            self._obeyed.set()
            self._called.set()
        except PassingError as error:
            log.warning("A wish on %s waits: %s", self._chat.platform, error)
        except Exception:
            log.exception("A wish on %s could not be obeyed yet; it is tried again.", self._chat.platform)
            self._observe.failed("conversation")

    def begin(self, opening: Opening) -> None:
        """Begins a dialogue by itself, unless something is in hand or comes meanwhile."""
        if not self.busy:
            self._opening = opening
            self.wake(arrived=False)

    def follow(self, chat: Chat, lane: asyncio.Lock) -> None:
        """Lets the chat go on under another id, whatever is in hand."""
        self._chat = chat
        self._delivery.follow(chat, lane)
        self._drafts.follow(chat)
        self._view.follow(chat)

    async def finish(self, seconds: float) -> None:
        """Begins nothing new; what is in hand may end within that time. What waits stays in the journal."""
        self._closing = True
        self._called.set()
        if self._task is not None:
            _, running = await asyncio.wait([self._task], timeout=seconds)
            for task in running:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._closing:
            try:
                opening, self._opening = self._opening, None
                self._wishes.obey(self._chat, self._avatar.people)
                if left := self._quiet_left():
                    await self._delivery.confirm()
                    if not (self._journal.pending(self._chat) or self._journal.outbox(self._chat)):
                        self._tries.clear()
                        return
                    await self._pause(min(left, _LONGEST_WAIT))
                    continue
                await self._delivery.send_all()
                pending = self._journal.pending(self._chat)
                if not pending:
                    if opening is None:
                        self._tries.clear()
                        return
                    await self._open(opening)
                    continue
                if self._chat.kind is ChatKind.PRIVATE or await self._decide_all(pending):
                    await self._answer()
                wait = _FIRST_WAIT
                continue
            except EchoesError as error:
                log.warning("A chat on %s waits %.0f s: %s", self._chat.platform, wait, error)
            except Exception:
                log.exception("A chat on %s failed; it is tried again in %.0f s.", self._chat.platform, wait)
            self._observe.failed("conversation")
            await self._pause(wait)
            wait = min(wait * 1.75, _LONGEST_WAIT)

    def _quiet_left(self) -> float:
        """For how many seconds nothing may be sent."""
        now = self._clock.now()
        end = end_of_quiet(self._avatar.config.quiet_hours, self._avatar.persona.zone, now)
        return (end - now).total_seconds() if end else 0.0

    async def _pause(self, seconds: float) -> None:
        """A wish ends the pause: what is said of it goes out at once. So does the daemon's end."""
        try:
            async with asyncio.timeout(seconds):
                await self._called.wait()
        except TimeoutError:
            pass
        self._called.clear()

    # -- deciding -------------------------------------------------------------------------------------------------

    async def _decide_all(self, pending: Sequence[Entry]) -> bool:
        """Group: decides message by message until one is to be answered; True if so."""
        for entry in await self._admission.admit(self._chat, pending):
            if self._closing:
                return False
            if not self._journal.waits(entry.seq):
                continue
            self._look_again(entry)
            with self._tries.handling([entry]):
                outcome = await decide(
                    entry, self._chat, self._view, self._avatar, self._journal, self._observe, self._clock
                )
            if self._journal.waits(entry.seq):  # else it was deleted meanwhile
                await self._outcomes.tell(self._chat, entry, outcome)
                if not outcome.answer:
                    self._journal.settle([entry.seq], State.SILENT)
            if outcome.answer:
                return True
        return False

    def _look_again(self, entry: Entry) -> None:
        """On its last try a message is read without what was said before it, which may be what fails."""
        if self._tries.is_last(entry):
            self._view.begin_at(entry.seq)

    # -- answering ------------------------------------------------------------------------------------------------

    async def _answer(self) -> None:
        """Answers all that waits with one reply. What arrives while it is composed joins, for a limited time."""
        pace, delay = await self._pace()
        patience = time.monotonic() + self._avatar.config.gather_max_seconds + delay
        while True:
            await self._gather(patience, delay)
            waiting = self._tries.at_a_time(await self._admission.admit(self._chat, self._journal.pending(self._chat)))
            if not waiting or self._closing or self._quiet_left():
                return
            self._look_again(waiting[0])
            began = time.monotonic()
            self._news.clear()
            self._obeyed.clear()

            def interrupted() -> bool:
                return self._obeyed.is_set() or (self._news.is_set() and time.monotonic() < patience)

            with self._tries.handling(waiting):
                prompt = await self._view.prompt(self._view.lines(waiting[-1].seq))
                bubbles = await self._compose(prompt, waiting[-1].seq, interrupted)
            if bubbles is None:
                continue
            self._observe.replied(self._chat.platform, self._chat.kind, time.monotonic() - began)
            said = self._reacting(bubbles, waiting[-1])
            bubbles = [one for one in said.bubbles if one not in said.reactions]
            seqs = [entry.seq for entry in waiting]
            to = answered(waiting).native_id if self._chat.kind is ChatKind.GROUP else None
            stickers = await self._stickers(bubbles)
            notices = self._notices(waiting)
            voices = await self._voices([one for one in bubbles if one not in stickers], waiting[-1])
            reply = self._journal.reply(
                self._chat,
                seqs,
                said.bubbles,
                notices,
                to=to,
                stickers=stickers,
                voices=voices,
                reactions=said.reactions,
            )
            if not reply:
                continue
            await self._outcomes.joined(self._chat, waiting)
            if await self._delivery.send_all(began, interrupted, pace.pauses):
                return
            if not self._journal.withdraw(reply, seqs):
                await self._delivery.send_all()
                return

    async def _pace(self) -> tuple[Pace, float]:
        """How the person answered here, where the owner wants that, and how many seconds they would leave it yet."""
        avatar, pending, now = self._avatar, self._journal.pending(self._chat), self._clock.now()
        sender = pending[-1].sender if pending else None
        if avatar.config.pace == "typing" or sender is None:
            return Pace(), 0.0
        pace = await self._manners.pace(self._chat, sender, avatar.people, now)
        hour, waited = now.astimezone(avatar.persona.zone).hour, (now - pending[-1].at).total_seconds()
        return pace, pace.delay_left(hour, random.random(), avatar.config.longest_delay_seconds, waited)

    async def _gather(self, patience: float, delay: float) -> None:
        """Waits until nothing more came for a while, and nobody types: people write in bursts."""
        last, quiet = -1.0, 0.0
        while not self._closing:
            if self._obeyed.is_set():
                self._obeyed.clear()
                await self._delivery.confirm()
            if last != self._last_arrival:
                last, quiet = self._last_arrival, max(self._burst_seconds(), delay)
            left = min(max(last + quiet, self._typing_until), patience) - time.monotonic()
            if left <= 0 or not self._journal.pending(self._chat):
                return
            await asyncio.sleep(min(left, 0.25))

    async def _open(self, opening: Opening) -> None:
        """Says something nobody asked for. Whoever writes meanwhile is answered instead."""
        persona = self._avatar.persona
        self._news.clear()
        self._obeyed.clear()
        lines = self._view.lines(0, partner=opening.partner)
        written = " ".join(message.text for _, message in lines if message.sender)
        notice = disclosure.began(persona, disclosure.language_of(written, persona), opening.occasion)
        prompt = await self._view.prompt(lines, opens=True)
        bubbles = await self._compose(prompt, 0, lambda: self._news.is_set() or self._obeyed.is_set())
        if bubbles is None:
            return
        bubbles = without_reactions(bubbles)
        stickers = await self._stickers(bubbles)
        if self._journal.open_dialogue(self._chat, [notice], bubbles, opening.until, stickers):
            log.info("A dialogue on %s is begun.", self._chat.platform)

    def _burst_seconds(self) -> float:
        """How long nothing more must come."""
        config, pending = self._avatar.config, self._journal.pending(self._chat)
        if not pending:
            return 0.0
        said = messages(self._view.lines(pending[-1].seq, _LATELY))
        return wait_after(said, self._chat.kind, config.gather_seconds, config.gather_max_seconds)

    async def _compose(self, prompt: Prompt, until: int, interrupted: Callable[[], bool]) -> list[str] | None:
        avatar = self._avatar

        def said() -> list[Message]:
            return messages(self._view.lines(until, RECENT))

        return await self._drafts.reply(prompt, avatar.sampling, said, avatar.people, interrupted)

    def _reacting(self, bubbles: Sequence[str], at_hand: Entry) -> Said:
        """The reply, with those of its bubbles that are put on a message; in private, where the owner lets it."""
        if self._chat.kind is ChatKind.GROUP or not self._avatar.config.reactions:
            return Said(without_reactions(bubbles), {})
        recent = self._journal.recent(self._chat, LOOKED_AT)
        return reacting(bubbles, self._adapter.reaction_for, lambda one: reacted_to(one, at_hand, recent))

    async def _stickers(self, bubbles: Sequence[str]) -> set[str]:
        """Which of the bubbles go out as stickers."""
        offered = self._adapter.stickers()
        if not any(sticker_for(bubble, offered) for bubble in bubbles):
            return set()
        return chosen(bubbles, offered, await self._manners.stickers(self._avatar.people), random.random)

    async def _voices(self, bubbles: Sequence[str], answered: Entry) -> set[str]:
        """Which of the bubbles are spoken: at most as many as the person would have."""
        voice = self._avatar.voice
        if voice is None or answered.sender is None or not self._adapter.sends_voice() or not voice.allowed():
            return set()
        theirs = await self._manners.voices(self._chat, answered.sender, self._avatar.people, self._clock.now())
        return to_speak(bubbles, theirs, voice.longest, random.random)

    def _notices(self, waiting: Sequence[Entry]) -> list[str]:
        """What has to be said from outside the model, before the reply."""
        persona = self._avatar.persona
        language = disclosure.language_of(" ".join(spoken(entry.message) for entry in waiting), persona)
        introductions = [disclosure.introduction(persona, one) for one in LANGUAGES]
        notices = []
        if not any(self._journal.noticed(self._chat, text) for text in introductions):
            notices.append(disclosure.introduction(persona, language))
        first = waiting[0]
        late = (disclosure.late if self._admission.missed(first) else disclosure.rested)(persona, language)
        old = self._chat.kind is ChatKind.PRIVATE and self._admission.late(first)
        if old and not self._journal.noticed(self._chat, late, after=first.seq):
            notices.append(late)
        return notices
