"""Looks every few minutes whether there is somebody to write to first, and lets the worker of that chat do it."""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot import disclosure
from bot.clock import Clock
from bot.config import SpeakFirstConfig
from bot.conversation.avatar import Avatar
from bot.conversation.conversations import Conversations
from bot.conversation.initiative.habit import Habit, habit_of
from bot.conversation.initiative.plan import GOOD_FOR, History, Moment, Opening, Plan
from bot.conversation.policy import allowed
from bot.people import Contact, People
from bot.persona import LANGUAGES
from bot.store.journal import Journal, Talk

log = logging.getLogger(__name__)

_LOOKS_AGAIN = timedelta(hours=1)


@dataclass(slots=True)
class _Learnt:
    """What was learnt of the people as they were listed then."""

    people: People
    habits: Mapping[str, Habit]


@dataclass(frozen=True, slots=True)
class _Planned:
    """When to look at a contact again, and the moment that this is; None where there is none for now."""

    at: datetime
    moment: Moment | None = None


class Initiative:
    """Begins dialogues. What it plans is in memory alone: chance has no memory, so a restart changes nothing."""

    def __init__(
        self,
        avatar: Avatar,
        conversations: Conversations,
        journal: Journal,
        limits: SpeakFirstConfig,
        clock: Clock,
        chance: random.Random | None = None,
    ) -> None:
        self._avatar = avatar
        self._conversations = conversations
        self._journal = journal
        self._limits = limits
        self._clock = clock
        self._chance = chance or random.Random()
        self._learnt: _Learnt | None = None
        self._planned: dict[str, _Planned] = {}

    async def look(self) -> None:
        """Begins with at most one contact whose moment has come; what was missed, as by a laptop that slept, is not."""
        habits = await self._habits()
        now = self._clock.now()
        for contact in self._avatar.people.contacts:
            planned = self._planned.get(contact.slug)
            if contact.slug not in habits or (planned is not None and planned.at > now):
                continue
            self._planned[contact.slug] = _Planned(now + _LOOKS_AGAIN)
            if (talk := self._talk(contact)) is None:
                continue
            plan, history = self._plan(contact, habits[contact.slug]), History(talk.openings, talk.heard, talk.last)
            moment = planned.moment if planned is not None else None
            if moment is not None and self._may(plan, history, moment, now):
                self._conversations.begin(talk.chat, Opening(talk.partner, now + GOOD_FOR, moment.occasion))
                return
            if following := plan.next_moment(history, now, self._chance):
                self._planned[contact.slug] = _Planned(following.at, following)

    def _may(self, plan: Plan, history: History, moment: Moment, now: datetime) -> bool:
        """Whether a moment that was planned is still one: the contact may have written, or the machine slept."""
        return (
            now - moment.at < GOOD_FOR
            and plan.earliest(history, now) == now
            and plan.allows(Moment(now, moment.occasion))
        )

    def _plan(self, contact: Contact, habit: Habit) -> Plan:
        persona, config = self._avatar.persona, self._avatar.config
        days = [day for day in persona.dates if day.contact == contact.slug]
        gap = timedelta(minutes=config.gap_minutes)
        return Plan(habit, self._limits, gap, persona.zone, days, config.quiet_hours)

    def _talk(self, contact: Contact) -> Talk | None:
        """What there was with a contact who may be written to; None where that is not so.

        They must have been answered before, and told what answers; nobody who said stop, or wants to be forgotten or
        left alone, under whichever account.
        """
        people, journal, persona = self._avatar.people, self._journal, self._avatar.persona
        accounts = people.accounts_of(contact)
        if accounts & journal.forgotten() or any(
            journal.is_stopped(account) or journal.is_left_alone(account) for account in accounts
        ):
            return None
        talk = journal.talk(accounts)
        if talk is None or talk.chat.key in people.left_out_chats:
            return None
        if not allowed(self._avatar.config, people, talk.chat, talk.partner):
            return None
        told = (disclosure.introduction(persona, language) for language in LANGUAGES)
        return talk if any(journal.noticed(talk.chat, text) for text in told) else None

    async def _habits(self) -> Mapping[str, Habit]:
        """The habits with those whom the owner allows to be written to; read anew where the list of people changed."""
        avatar, people = self._avatar, self._avatar.people
        if self._learnt is None or self._learnt.people is not people:
            self._learnt = _Learnt(people, await asyncio.to_thread(self._learn, avatar, people))
            self._planned.clear()
        return self._learnt.habits

    def _learn(self, avatar: Avatar, people: People) -> dict[str, Habit]:
        """In a thread of its own: somebody may have written a hundred thousand messages."""
        gap = timedelta(minutes=avatar.config.gap_minutes)
        learn = partial(habit_of, gap=gap, zone=avatar.persona.zone)
        willing = [one for one in people.contacts if one.speak_first and not one.left_out]
        found = {}
        for contact in willing:
            habit = avatar.past.read_private(contact, people, avatar.persona, learn) if avatar.past else None
            if habit is not None:
                found[contact.slug] = habit
        log.info("%d of %d contacts may be written to first: with them there is a habit.", len(found), len(willing))
        return found
