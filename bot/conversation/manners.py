"""How the person used to send, read from the corpus when it is first needed: pace and voice in each chat, stickers."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.conversation.pace import Pace, pace_of
from bot.conversation.stickers import Shown, shown
from bot.conversation.voices import Spoke, spoke
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


class Manners:
    """Remembers what it read until people, or who is forgotten, change. Without a past there are none."""

    def __init__(self, past: Past | None, persona: Persona, journal: Journal, gap: timedelta) -> None:
        self._past = past
        self._persona = persona
        self._journal = journal
        self._gap = gap
        self._read_for: tuple[People, frozenset[Account]] | None = None
        self._paces: dict[Hashable, Pace] = {}
        self._voices: dict[Hashable, Spoke] = {}
        self._stickers_for: People | None = None
        self._stickers: Mapping[str, Shown] = {}

    async def pace(self, chat: Chat, partner: Account, people: People, now: datetime) -> Pace:
        """Returns the pace in a group, or with the partner of a private chat; with anybody where little is known."""
        past, persona = self._past, self._persona
        if past is None:
            return Pace()
        forgotten = self._forgotten(people)

        def of_all() -> list[list[Message]]:
            return past.talks(people, persona, now, forgotten, _EACH)

        of_this = self._of_this_chat(past, chat, partner, people, now, forgotten)
        own = await self._learnt(self._whose(chat, partner), of_this)
        return own.over(await self._learnt(_ALL, of_all))

    async def voices(self, chat: Chat, partner: Account, people: People, now: datetime) -> Spoke:
        """Returns how often the person spoke instead of writing, in a group or with the partner of a private chat."""
        past = self._past
        if past is None:
            return Spoke()
        forgotten = self._forgotten(people)
        whose = self._whose(chat, partner)
        if whose not in self._voices:
            read = self._of_this_chat(past, chat, partner, people, now, forgotten)
            self._voices[whose] = await asyncio.to_thread(lambda: spoke(read()))
        return self._voices[whose]

    async def stickers(self, people: People) -> Mapping[str, Shown]:
        """Returns how often the person sent each emoji as a sticker, and how often as text."""
        past = self._past
        if past is None:
            return {}
        if self._stickers_for is not people:
            self._stickers = await asyncio.to_thread(lambda: shown(past.brief(people)))
            self._stickers_for = people
        return self._stickers

    def _forgotten(self, people: People) -> frozenset[Account]:
        """Who asked to be forgotten; what was learnt before somebody else did, or people changed, is let go."""
        forgotten = self._journal.forgotten()
        if self._read_for != (people, forgotten):
            self._read_for, self._paces, self._voices = (people, forgotten), {}, {}
        return forgotten

    def _whose(self, chat: Chat, partner: Account) -> Hashable:
        return chat.key if chat.kind is ChatKind.GROUP else partner

    def _of_this_chat(
        self, past: Past, chat: Chat, partner: Account, people: People, now: datetime, forgotten: frozenset[Account]
    ) -> Callable[[], list[list[Message]]]:
        """Reads the end of a group, or of what was said with the partner of a private chat."""
        persona, former = self._persona, self._journal.former(chat)
        if chat.kind is ChatKind.GROUP:
            return lambda: [past.group(chat, former, people, persona, now, forgotten, _CHAT)]
        return lambda: [past.private(partner, people, persona, now, forgotten, _CHAT)]

    async def _learnt(self, of: Hashable, read: Callable[[], Sequence[Sequence[Message]]]) -> Pace:
        if of not in self._paces:
            zone, gap = self._persona.zone, self._gap
            self._paces[of] = await asyncio.to_thread(lambda: pace_of(read(), zone, gap))
        return self._paces[of]
