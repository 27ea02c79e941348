"""What the avatar has before its eyes in one chat: its past, what was said since, and what waits, as a prompt."""

import asyncio
from collections.abc import Sequence

from bot.chat.prompt import Prompt
from bot.chat.window import served_tokens
from bot.clock import Clock
from bot.conversation.avatar import Avatar
from bot.conversation.context import Context, Line
from bot.message import Account, Chat, ChatKind, Message
from bot.released import Exchange
from bot.store.journal import Entry, Journal, Kind, State


class View:
    """Reads the journal anew each time; keeps where the window began, and the past from before the avatar."""

    def __init__(self, chat: Chat, avatar: Avatar, journal: Journal, clock: Clock) -> None:
        self._chat = chat
        self._avatar = avatar
        self._journal = journal
        self._clock = clock
        limit = served_tokens(avatar.engine.max_context, avatar.sampling.max_tokens)
        self._context = Context(chat, avatar.persona, avatar.config, limit, avatar.media.shows)
        self._known_past: tuple[object, list[Message]] | None = None  # and what it was read for

    def follow(self, chat: Chat) -> None:
        """Lets the chat go on under another id."""
        self._chat = chat
        self._context.follow(chat)

    def begin_at(self, seq: int) -> None:
        """Leaves out what was said before: rendering it may be what fails."""
        self._context.begin_at(seq)

    def lines(self, until: int, count: int | None = None, partner: Account | None = None) -> list[Line]:
        """The chat's past, what was said since, then what waits up to that message.

        count: at most so many of what was said since; None: as many as the next prompt needs. partner: whose past;
        None: that of whoever wrote last.

        A message may have come while the reply to an earlier one was composed, and so stands before it in the journal:
        read in that order, the earlier one would look unanswered, and be answered again.
        """
        wanted = self._context.entries if count is None else count
        recent = self._journal.in_its_era(self._chat, wanted)
        seen = [entry for entry in recent if entry.state is not State.NEW or entry.seq <= until]
        waiting = [entry.seq for entry in seen if entry.state is State.NEW]

        def comes_last(entry: Entry) -> bool:
            """What waits, and what was put on a message since: nobody has read it yet."""
            unread = entry.kind is Kind.REACTION and bool(waiting) and entry.seq > waiting[0]
            return entry.state is State.NEW or unread

        lines = [(entry.seq, entry.message) for entry in sorted(seen, key=comes_last)]
        partner = partner or next((message.sender for _, message in reversed(lines) if message.sender), None)
        from_its_beginning = len(recent) < wanted
        past = self._past(lines, partner) if from_its_beginning else []
        self._context.begin_with(self._examples(partner) if from_its_beginning and not past else ())
        return [(number - len(past), message) for number, message in enumerate(past)] + lines

    async def prompt(self, lines: Sequence[Line], *, opens: bool = False) -> Prompt:
        """The prompt after these lines, ready for the avatar's turn. opens: it begins a dialogue by itself.

        Photos not seen since the start are decoded for their size: not where the other chats would wait.
        """
        people, codec = self._avatar.people, self._avatar.engine.codec
        if opens:
            make = self._context.opening
        else:
            memory = self._avatar.memory if self._avatar.remembers else None
            await self._context.prepare(lines, people, memory)
            self._context.remember(lines, people, memory)
            make = self._context.prompt
        if not any(message.digests for _, message in lines):
            return make(lines, people, codec)
        return await asyncio.to_thread(make, lines, people, codec)

    def _examples(self, partner: Account | None) -> Sequence[Exchange]:
        """What stands in the place of a past in a private chat that has none."""
        avatar = self._avatar
        if partner is None or avatar.examples is None or self._chat.kind is ChatKind.GROUP:
            return ()
        return avatar.examples.for_account(partner, avatar.people, self._journal.forgotten())

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
                found = past.group(self._chat, former, avatar.people, avatar.persona, before, forgotten, reactions=True)
            else:
                found = past.private(partner, avatar.people, avatar.persona, before, forgotten, reactions=True)
            self._known_past = (known, found)
        return self._known_past[1]
