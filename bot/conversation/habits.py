"""The person's habits, read from the corpus when they are first needed: their pace in each chat, their stickers."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.conversation.pace import Pace, pace_of
from bot.conversation.stickers import Shown, shown
from bot.message import Account, Chat, ChatKind, Message
from bot.people import People
from bot.persona import Persona
from bot.store.journal import Journal
from bot.store.past import Past

_CHAT = 2000
"""Messages of the end of a chat that tell."""
_EACH = 500
"""Messages of the end of each private chat that tell where one chat tells too little."""
_ALL = "every private chat"


class Habits:
    """Remembers what it read until people, or who is forgotten, change. Without a past there are no habits."""

    def __init__(self, past: Past | None, persona: Persona, journal: Journal, gap: timedelta) -> None:
        self._past = past
        self._persona = persona
        self._journal = journal
        self._gap = gap
        self._read_for: tuple[People, frozenset[Account]] | None = None
        self._paces: dict[Hashable, Pace] = {}
        self._stickers_for: People | None = None
        self._stickers: Mapping[str, Shown] = {}

    async def pace(self, chat: Chat, partner: Account, people: People, now: datetime) -> Pace:
        """Returns the pace in a group, or with the partner of a private chat; with anybody where little is known."""
        past, persona = self._past, self._persona
        if past is None:
            return Pace()
        forgotten = self._journal.forgotten()
        if self._read_for != (people, forgotten):
            self._read_for, self._paces = (people, forgotten), {}
        former = self._journal.former(chat)
        group = chat.kind is ChatKind.GROUP

        def of_this_chat() -> list[list[Message]]:
            if group:
                return [past.group(chat, former, people, persona, now, forgotten, _CHAT)]
            return [past.private(partner, people, persona, now, forgotten, _CHAT)]

        def of_all() -> list[list[Message]]:
            return past.talks(people, persona, now, forgotten, _EACH)

        own = await self._learnt(chat.key if group else partner, of_this_chat)
        return own.over(await self._learnt(_ALL, of_all))

    async def stickers(self, people: People) -> Mapping[str, Shown]:
        """Returns how often the person sent each emoji as a sticker, and how often as text."""
        past = self._past
        if past is None:
            return {}
        if self._stickers_for is not people:
            self._stickers = await asyncio.to_thread(lambda: shown(past.brief(people)))
            self._stickers_for = people
        return self._stickers

    async def _learnt(self, of: Hashable, read: Callable[[], Sequence[Sequence[Message]]]) -> Pace:
        if of not in self._paces:
            zone, gap = self._persona.zone, self._gap
            self._paces[of] = await asyncio.to_thread(lambda: pace_of(read(), zone, gap))
        return self._paces[of]
