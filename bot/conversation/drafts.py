"""Replies as the engine draws them in one chat, until one may be sent."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from bot.chat.attachments import spoken
from bot.chat.prompt import Prompt
from bot.chat.prompt.render import whole_bubbles
from bot.conversation.repeats import ELSEWHERE, Repeat, TellsOnError, phrases, repeated
from bot.engine.base import Engine
from bot.errors import EchoesError
from bot.message import Chat, Message
from bot.people import People
from bot.sampling import Sampling
from bot.store.journal import Journal

log = logging.getLogger(__name__)

_DRAWS = 3


class Drafts:
    """typing: shows that the avatar types, until it is cancelled."""

    def __init__(
        self, chat: Chat, engine: Engine, journal: Journal, typing: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self._chat = chat
        self._engine = engine
        self._journal = journal
        self._typing = typing
        self._drawn = 0  # times, by which a fixed seed goes on: the same chances would draw the same reply again

    def follow(self, chat: Chat) -> None:
        """Lets the chat go on under another id."""
        self._chat = chat

    async def reply(
        self,
        prompt: Prompt,
        sampling: Sampling,
        said: Callable[[], list[Message]],
        people: People,
        interrupted: Callable[[], bool],
    ) -> list[str] | None:
        """Returns the bubbles of a reply that says nothing of another chat, if one is drawn; None if interrupted.

        said: reads what was said in this chat. Raises TellsOnError where each reply tells what somebody else wrote.
        """
        draws = _DRAWS if sampling.temperature else 1  # the likeliest words are the same each time
        for draw in range(draws):
            seed = None if sampling.seed is None else sampling.seed + self._drawn
            self._drawn += 1
            bubbles = await self._draw(prompt, replace(sampling, seed=seed), interrupted)
            if bubbles is None:
                return None
            repeat = await self._repeats(bubbles, said, people)
            if repeat is Repeat.NOTHING or (repeat is Repeat.OWN and draw == draws - 1):
                return bubbles
            log.info("A reply on %s is not sent: it says %s.", self._chat.platform, repeat.value)
        raise TellsOnError("Each reply told what somebody wrote in another chat: the message is tried again.")

    async def _draw(self, prompt: Prompt, sampling: Sampling, interrupted: Callable[[], bool]) -> list[str] | None:
        typing = asyncio.create_task(self._typing())
        pieces: list[str] = []
        try:
            async with aclosing(self._engine.reply(self._chat.key, prompt, sampling)) as stream:
                async for piece in stream:
                    pieces.append(piece)
                    if interrupted():
                        return None
        finally:
            typing.cancel()
        bubbles = whole_bubbles("".join(pieces), self._engine.codec, sampling.max_tokens)
        if not bubbles:
            raise EchoesError("The engine gave an empty reply: the message is tried again.")
        return bubbles

    async def _repeats(self, bubbles: Sequence[str], said: Callable[[], list[Message]], people: People) -> Repeat:
        """What of another chat a reply says again. Most are too short for it, and nothing is read for them."""
        if not phrases(" ".join(bubbles)):
            return Repeat.NOTHING
        here = said()
        partner = next((message.sender for message in reversed(here) if message.sender), None)
        contact = people.find(partner) if partner else None
        accounts = [one for one in (partner, *(contact.accounts if contact else ())) if one]
        words, elsewhere = [spoken(message) for message in here], self._journal.elsewhere(self._chat, ELSEWHERE)
        return await asyncio.to_thread(repeated, bubbles, words, elsewhere, self._chat, accounts)
