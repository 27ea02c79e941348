"""A reply over llama.cpp, chosen token by token as the engine in torch chooses it.

Until something can be seen, no token is written that shows nothing. The presence penalty counts what the reply holds;
llama.cpp's own would count the prompt too. So the server writes without it, each token is weighed here as it comes,
and one that is refused is drawn again, by a request that has the penalty of every token so far as a bias. A token x
that the server draws by p and that is kept with chance a(x), or else drawn anew by the right chances q ∝ p·a, comes
by q: p·a + (1 − Σ p·a)·q = q (rejection with a residual; von Neumann 1951).
"""

import math
import random
import secrets
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from typing import Any

from bot.chat.prompt import Codec
from bot.engine.server import Json
from bot.engine.text import PATIENCE, TextStream
from bot.engine.unseen import UnseenError
from bot.letters import visible
from bot.sampling import Sampling

_CHARACTER = 4  # tokens that one has at most: each is a byte or more of it (UTF-8)
_LIKELY = 4096  # tokens that a share is chosen from: to sort a whole vocabulary takes a tenth of a step of 8 replies

Ask = Callable[[Json], AsyncGenerator[Json, None]]
"""Sends a request and yields what the server streams back, at last a piece with `stop`."""


class Writer:
    """Writes one reply. Closing its generator stops the server between two tokens."""

    def __init__(
        self,
        codec: Codec,
        blank: frozenset[int],
        sampling: Sampling,
        ids: tuple[int, ...],
        room: int,
        *,
        held: bool = True,
    ) -> None:
        """blank: the tokens that show nothing, the end of turn among them. room: tokens that the context leaves.

        held: whether the chat has a slot. One that has none learns which it got only at the end of a request, and a
        request broken off before would have all read anew, in another: so the first one ends after one token.
        """
        self._codec, self._blank, self._sampling = codec, blank, sampling
        self._ids, self._room = ids, room
        self._chance = random.Random(secrets.randbits(63) if sampling.seed is None else sampling.seed)
        self._text, self._seen = TextStream(codec), False
        self._reply: list[int] = []
        self._barred = not held  # whether the tokens that show nothing are kept from the server, one request a token
        self._one = 1  # tokens that a request for one character draws
        self._ended = False
        self._seed = 0
        self._untold = False  # whether the last request ended before the server spoke of a token
        self._told = 0  # tokens of the present request that the server has spoken of

    async def write(self, ask: Ask) -> AsyncGenerator[str, None]:
        """Yields the text in pieces, none empty. Raises UnseenError where nothing could be seen."""
        while not self._ended and self._left > 0:
            weighed = frozenset(self._reply) if self._sampling.presence_penalty else frozenset()
            if not self._untold:
                self._seed = self._chance.getrandbits(31)
            self._told = 0
            self._untold = False
            async with aclosing(self._kept(ask(self._body(weighed)), weighed)) as tokens:
                async for token in tokens:
                    self._reply.append(token)
                    if piece := self._text.add(token):
                        self._seen = self._seen or visible(piece)
                        self._barred = self._barred and not self._seen
                        yield piece
        if not self._seen:
            raise UnseenError("The model wrote nothing that can be read.")

    @property
    def tokens(self) -> tuple[int, ...]:
        """What is written so far, the end of turn left out."""
        return tuple(self._reply)

    @property
    def _left(self) -> int:
        """How many tokens more the reply may have."""
        longest = self._sampling.max_tokens if self._seen else self._sampling.max_tokens + PATIENCE
        return min(longest, self._room) - len(self._reply)

    async def _kept(self, events: AsyncGenerator[Json, None], weighed: Collection[int]) -> AsyncGenerator[int, None]:
        """Yields what the server draws, up to the first token that is refused."""
        first_only = self._barred and self._one > 1  # what comes after it was drawn as if it could not end there
        async with aclosing(events):
            async for event in events:
                for token in self._tokens(event):
                    if self._left <= 0:
                        return
                    if not self._seen and token in self._blank:
                        self._barred = True
                        return
                    if token == self._codec.end_of_turn:
                        self._ended = True
                        return
                    if self._refused(token, weighed):
                        return
                    yield token
                if first_only and self._told:
                    return
        if not self._told:
            self._nothing_told()

    def _nothing_told(self) -> None:
        """Goes on after a request that drew only parts of a character, of which the server does not speak."""
        if self._barred and self._one == 1:
            self._one, self._untold = _CHARACTER, True  # the same draw again, to the character's end
        else:
            self._ended = True

    def _tokens(self, event: Json) -> list[int]:
        """The tokens of a piece, the end of turn last where it ends so.

        The server holds back the parts of a character and then tells only the last of them: those are read from the
        text again, which has nearly always just one way to be cut into tokens.
        """
        if event.get("stop"):
            return [self._codec.end_of_turn] if event.get("stop_type") == "eos" else []
        tokens: list[int] = event["tokens"]
        if event["tokens_predicted"] - self._told > len(tokens):
            tokens = self._codec.encode(event["content"]) or tokens
        self._told = event["tokens_predicted"]
        return tokens

    def _refused(self, token: int, weighed: Collection[int]) -> bool:
        """Whether a token is drawn again for the penalty of what was written since the request began."""
        penalty = self._sampling.presence_penalty
        fresh = [one for one in self._reply if one not in weighed] if penalty else ()
        if not fresh or (token in fresh) != (penalty > 0):
            return False
        if self._sampling.temperature <= 0:
            return True
        return self._chance.random() >= math.exp(-abs(penalty) / self._sampling.temperature)

    def _body(self, weighed: Collection[int]) -> Json:
        never = self._blank if self._barred else self._codec.banned
        biases: list[list[Any]] = [[token, False] for token in sorted(never)]
        biases += [[token, -self._sampling.presence_penalty] for token in sorted(weighed) if token not in never]
        return {
            "prompt": [*self._ids, *self._reply],
            "n_predict": min(self._one, self._left) if self._barred else self._left,
            "return_tokens": True,
            "seed": self._seed,
            "logit_bias": biases,
            **drawing(self._sampling),
        }


def drawing(sampling: Sampling) -> Json:
    """Everything else that bears on the choice of a token, lest the server's own defaults do."""
    return {
        "samplers": ["top_k", "temperature", "min_p", "top_p"],  # in this order, the last three as in torch
        "temperature": max(sampling.temperature, 0.0),
        "min_p": sampling.min_p,
        "top_p": sampling.top_p,
        "top_k": _LIKELY if sampling.top_p < 1 else 0,
        "repeat_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
    }
