"""One chat: gathers what comes, decides, composes, and hands the reply to delivery. Never two replies at a time."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import disclosure
from bot.chat.decision import Calibration
from bot.chat.features import is_addressed, seen
from bot.chat.prompt import Prompt
from bot.chat.remembered import Memory
from bot.chat.window import served_tokens
from bot.clock import Clock
from bot.config import ConversationConfig
from bot.conversation.answering import answered
from bot.conversation.context import RECENT, Context, Line
from bot.conversation.delivery import Delivery
from bot.conversation.drafts import Drafts
from bot.conversation.gathering import TYPING_SECONDS, wait_after
from bot.conversation.habits import Habits
from bot.conversation.initiative.plan import Opening
from bot.conversation.loops import goes_round
from bot.conversation.outcomes import Outcomes
from bot.conversation.pace import Pace
from bot.conversation.photos import fetch_photos
from bot.conversation.policy import part_in, replies_left, settled_by
from bot.conversation.quiet import end_of_quiet, heard_at
from bot.conversation.stickers import chosen, sticker_for
from bot.conversation.tries import Tries
from bot.conversation.wishes import Wishes
from bot.engine.base import Engine
from bot.errors import EchoesError, PassingError
from bot.media import MediaStore
from bot.message import Account, Chat, ChatKind, Message
from bot.observer import Observer
from bot.outcome import Gate, Outcome
from bot.people import People
from bot.persona import LANGUAGES, Persona
from bot.platform import Adapter
from bot.sampling import Sampling
from bot.store.journal import Entry, Journal, State
from bot.store.past import Past

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_HOUR = timedelta(hours=1)
_LATELY = 120  # entries that tell how it goes here


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
    past: Past | None = None  # what was said before the avatar
    memory: Memory | None = None  # what fits the message at hand, from earlier talks
    remembers: bool = True  # whether that is shown: a LoRA may have been trained without


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
        habits: Habits,
    ) -> None:
        """lane: held while one bubble is on its way, shared with the chats of which the adapter says so."""
        self._chat = chat
        self._avatar = avatar
        self._adapter = adapter
        self._journal = journal
        self._observe = observe
        self._clock = clock
        self._tries = Tries(chat, journal)
        self._habits = habits
        self._wishes = Wishes(avatar.persona, avatar.config, avatar.media, journal, avatar.engine, clock, avatar.memory)
        self._outcomes = Outcomes(adapter, journal)
        self._delivery = Delivery(chat, adapter, journal, avatar.config, observe, lane)
        self._drafts = Drafts(chat, avatar.engine, journal, self._delivery.typing)
        limit = served_tokens(avatar.engine.max_context, avatar.sampling.max_tokens)
        self._context = Context(chat, avatar.persona, avatar.config, limit, avatar.media.shows)
        self._known_past: tuple[object, list[Message]] | None = None  # and what it was read for
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
        self._context.follow(chat)

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
        for entry in await self._admit(pending):
            if self._closing:
                return False
            if not self._journal.waits(entry.seq):
                continue
            self._look_again(entry)
            with self._tries.handling([entry]):
                outcome = await self._decide(entry)
            if self._journal.waits(entry.seq):  # else it was deleted meanwhile
                await self._outcomes.tell(self._chat, entry, outcome)
                if not outcome.answer:
                    self._journal.settle([entry.seq], State.SILENT)
            if outcome.answer:
                return True
        return False

    async def _decide(self, entry: Entry) -> Outcome:
        avatar, keys = self._avatar, (self._chat.key, *self._journal.former(self._chat))
        began = time.perf_counter()
        lines = self._before_the_eyes(entry.seq)
        features = seen([message for _, message in lines], avatar.persona)
        addressed = is_addressed(features)
        if part_in(avatar.config, keys) == "addressed" and not addressed:
            return Outcome(Gate.UNADDRESSED)
        prompt = await self._prompt(lines)
        p_model = await avatar.engine.p_answer(self._chat.key, prompt)
        decision = avatar.calibration.decide(p_model, features)
        given = self._journal.replies_since(self._chat, self._clock.now() - _HOUR)
        spent = decision.answer and not replies_left(avatar.config, keys, given, addressed=addressed)
        outcome = Outcome(Gate.BUDGET if spent else Gate.DECIDED, decision.answer and not spent, decision)
        seconds = time.perf_counter() - began
        self._observe.decided(outcome.answer, decision.probability, seconds)
        log.info(
            "Decision on %s, entry %d: %s, p=%.3f, %.0f ms",
            self._chat.platform,
            entry.seq,
            "answer" if outcome.answer else "silence",
            decision.probability,
            seconds * 1000,
        )
        return outcome

    def _before_the_eyes(self, until: int, partner: Account | None = None) -> list[Line]:
        """The chat's past, what was said since, then what waits up to that message.

        A message may have come while the reply to an earlier one was composed, and so stands before it in the journal:
        read in that order, the earlier one would look unanswered, and be answered again.
        """
        return self._lines(until, self._context.entries, partner)

    def _lines(self, until: int, wanted: int, partner: Account | None = None) -> list[Line]:
        recent = self._journal.recent(self._chat, wanted)
        seen = [entry for entry in recent if entry.state is not State.NEW or entry.seq <= until]
        lines = [(entry.seq, entry.message) for entry in sorted(seen, key=lambda entry: entry.state is State.NEW)]
        partner = partner or next((message.sender for _, message in reversed(lines) if message.sender), None)
        past = self._past(lines, partner) if len(recent) < wanted else []
        return [(number - len(past), message) for number, message in enumerate(past)] + lines

    def _past(self, lines: Sequence[Line], partner: Account | None) -> list[Message]:
        """What was said in this chat before the avatar. Read anew where somebody else writes, or people changed."""
        avatar, past = self._avatar, self._avatar.past
        if past is None or partner is None:
            return []
        forgotten = self._journal.forgotten()
        group = self._chat.kind is ChatKind.GROUP
        before = lines[0][1].sent_at if lines else self._clock.now()
        known = (avatar.people, self._chat.key, None if group else partner, before, forgotten)
        if self._known_past is None or self._known_past[0] != known:
            if group:
                former = self._journal.former(self._chat)
                found = past.group(self._chat, former, avatar.people, avatar.persona, before, forgotten)
            else:
                found = past.private(partner, avatar.people, avatar.persona, before, forgotten)
            self._known_past = (known, found)
        return self._known_past[1]

    def _look_again(self, entry: Entry) -> None:
        """On its last try a message is read without what was said before it, which may be what fails."""
        if self._tries.is_last(entry):
            self._context.begin_at(entry.seq)

    async def _prompt(self, lines: Sequence[Line], *, opens: bool = False) -> Prompt:
        """Photos not seen since the start are decoded for their size: not where the other chats would wait."""
        people, codec = self._avatar.people, self._avatar.engine.codec
        if opens:
            make = self._context.opening
        else:
            self._context.remember(lines, people, self._avatar.memory if self._avatar.remembers else None)
            make = self._context.prompt
        if not any(message.digests for _, message in lines):
            return make(lines, people, codec)
        return await asyncio.to_thread(make, lines, people, codec)

    # -- answering ------------------------------------------------------------------------------------------------

    async def _answer(self) -> None:
        """Answers all that waits with one reply. What arrives while it is composed joins, for a limited time."""
        pace, delay = await self._pace()
        patience = time.monotonic() + self._avatar.config.gather_max_seconds + delay
        while True:
            await self._gather(patience, delay)
            waiting = self._tries.at_a_time(await self._admit(self._journal.pending(self._chat)))
            if not waiting or self._closing or self._quiet_left():
                return
            self._look_again(waiting[0])
            began = time.monotonic()
            self._news.clear()
            self._obeyed.clear()

            def interrupted() -> bool:
                return self._obeyed.is_set() or (self._news.is_set() and time.monotonic() < patience)

            with self._tries.handling(waiting):
                prompt = await self._prompt(self._before_the_eyes(waiting[-1].seq))
                bubbles = await self._compose(prompt, waiting[-1].seq, interrupted)
            if bubbles is None:
                continue
            self._observe.replied(self._chat.platform, self._chat.kind, time.monotonic() - began)
            seqs = [entry.seq for entry in waiting]
            to = answered(waiting).native_id if self._chat.kind is ChatKind.GROUP else None
            stickers = await self._stickers(bubbles)
            notices = self._notices(waiting)
            reply = self._journal.reply(self._chat, seqs, bubbles, notices, to=to, stickers=stickers)
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
        pace = await self._habits.pace(self._chat, sender, avatar.people, now)
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
        lines = self._before_the_eyes(0, opening.partner)
        written = " ".join(message.text for _, message in lines if message.sender)
        notice = disclosure.began(persona, disclosure.language_of(written, persona), opening.occasion)
        prompt = await self._prompt(lines, opens=True)
        bubbles = await self._compose(prompt, 0, lambda: self._news.is_set() or self._obeyed.is_set())
        if bubbles is None:
            return
        stickers = await self._stickers(bubbles)
        if self._journal.open_dialogue(self._chat, [notice], bubbles, opening.until, stickers):
            log.info("A dialogue on %s is begun.", self._chat.platform)

    def _burst_seconds(self) -> float:
        """How long nothing more must come."""
        config, pending = self._avatar.config, self._journal.pending(self._chat)
        if not pending:
            return 0.0
        said = [message for _, message in self._lines(pending[-1].seq, _LATELY)]
        return wait_after(said, self._chat.kind, config.gather_seconds, config.gather_max_seconds)

    async def _compose(self, prompt: Prompt, until: int, interrupted: Callable[[], bool]) -> list[str] | None:
        avatar = self._avatar

        def said() -> list[Message]:
            return [message for _, message in self._lines(until, RECENT)]

        return await self._drafts.reply(prompt, avatar.sampling, said, avatar.people, interrupted)

    async def _stickers(self, bubbles: Sequence[str]) -> set[str]:
        """Which of the bubbles go out as stickers."""
        offered = self._adapter.stickers()
        if not any(sticker_for(bubble, offered) for bubble in bubbles):
            return set()
        return chosen(bubbles, offered, await self._habits.stickers(self._avatar.people), random.random)

    def _notices(self, waiting: Sequence[Entry]) -> list[str]:
        """What has to be said from outside the model, before the reply."""
        persona = self._avatar.persona
        language = disclosure.language_of(" ".join(entry.text for entry in waiting), persona)
        introductions = [disclosure.introduction(persona, one) for one in LANGUAGES]
        notices = []
        if not any(self._journal.noticed(self._chat, text) for text in introductions):
            notices.append(disclosure.introduction(persona, language))
        first = waiting[0]
        late = (disclosure.late if self._missed(first) else disclosure.rested)(persona, language)
        old = self._chat.kind is ChatKind.PRIVATE and self._age(first) > self._stale
        if old and not self._journal.noticed(self._chat, late, after=first.seq):
            notices.append(late)
        return notices

    # -- policy ---------------------------------------------------------------------------------------------------

    async def _admit(self, pending: Sequence[Entry]) -> list[Entry]:
        """Settles what is not to be answered, fetches photos; returns what is left, as it is then."""
        admitted: set[int] = set()
        former = self._journal.former(self._chat)
        group = self._chat.kind is ChatKind.GROUP
        for entry in self._tries.without_lethal(pending):
            if entry.sender is None:
                self._journal.settle([entry.seq], State.IGNORED)
            elif self._journal.is_stopped(entry.sender):
                self._journal.erase([entry.seq])
                await self._outcomes.tell(self._chat, entry, Outcome(Gate.STOPPED))
            elif gate := self._settled_by(entry, former):
                heard_only = gate is Gate.STALE or (group and gate is not Gate.OFF)
                self._journal.settle([entry.seq], State.SILENT if heard_only else State.IGNORED)
                await self._outcomes.tell(self._chat, entry, Outcome(gate))
            else:
                if any(one.to_fetch for one in entry.attachments):
                    with self._tries.handling([entry]):
                        await fetch_photos(entry, self._adapter, self._avatar.media, self._journal, self._observe)
                admitted.add(entry.seq)
        return [entry for entry in self._journal.pending(self._chat) if entry.seq in admitted]

    def _settled_by(self, entry: Entry, former: set[str]) -> Gate | None:
        """What settles a message before anything is decided; None where it may be answered."""
        avatar = self._avatar
        gate = settled_by(avatar.config, avatar.people, self._chat, entry, former, self._age(entry))
        if gate is None and entry.message.from_bot:
            recent = self._journal.recent(self._chat, _LATELY)
            if goes_round([one for one in recent if one.seq < entry.seq], self._clock.now()):
                return Gate.LOOP
        private = self._chat.kind is ChatKind.PRIVATE
        if gate is None and private and avatar.config.after_outage == "leave" and self._missed(entry):
            return Gate.STALE
        return gate

    def _missed(self, entry: Entry) -> bool:
        """Whether a message waited long, and not because of quiet hours."""
        heard = heard_at(self._avatar.config.quiet_hours, self._avatar.persona.zone, entry.at)
        return self._clock.now() - heard > self._stale

    @property
    def _stale(self) -> timedelta:
        return timedelta(hours=self._avatar.config.stale_hours)

    def _age(self, entry: Entry) -> timedelta:
        return self._clock.now() - entry.at
