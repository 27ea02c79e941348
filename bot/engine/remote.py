"""The engine over HTTP: an OpenAI-compatible server such as vLLM, which serves one base model with many LoRAs."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Self

from bot.chat.prompt import Codec, Fingerprint, Prompt
from bot.engine.routes import ChatRoute, PhotoRoute, Route, TokenRoute, Written
from bot.engine.served import ServedModel
from bot.engine.server import Json, ModelServer
from bot.engine.text import TextStream, blank_tokens
from bot.engine.unseen import UnseenError
from bot.errors import EchoesError, PermanentError, RefusedError
from bot.letters import visible
from bot.media import MediaStore
from bot.sampling import Sampling

log = logging.getLogger(__name__)

_NEVER = -100.0  # the strongest bias an OpenAI server takes
_BROKEN = "\ufffd"


class RemoteEngine:
    """`model` is the name under which the server serves the LoRA. Greedy replies equal the in-process engine's."""

    _base_alone = False
    """Whether the name need not be served, since only the base model and LoRAs under other names are asked."""

    def __init__(
        self,
        server: ModelServer,
        served: ServedModel,
        codec: Codec,
        fingerprint: Fingerprint,
        media: MediaStore,
        max_context: int,
        blank: frozenset[int],
    ) -> None:
        """blank: the tokens that show nothing; use `connect`, which finds them."""
        self.codec = codec
        self.max_context = max_context
        self.fingerprint = fingerprint
        self._server = server
        self._served = served
        self._ids = TokenRoute(codec)
        self._ids_with_photos = PhotoRoute(codec, media)
        self._chat = ChatRoute(codec, media)
        self._blank = blank
        self._photo_route: Route | None = None  # found out with the first photo

    @classmethod
    async def connect(
        cls,
        url: str,
        model: str,
        codec: Codec,
        fingerprint: Fingerprint,
        media: MediaStore,
        max_context: int,
        token: str | None = None,
        lora: Path | None = None,
    ) -> Self:
        """Asks the server whether it serves the model; a shorter context of its own counts. Raises in a sentence.

        token: what the server's `--api-key` asks for. lora: what it is to serve under that name, see `ServedModel`.
        """
        blank = await asyncio.to_thread(blank_tokens, codec)  # takes a moment for a large vocabulary
        server = ModelServer(url, token)
        try:
            served = await ServedModel.find(server, model, lora, base_alone=cls._base_alone)
        except BaseException:
            await server.aclose()
            raise
        context = min(max_context, served.longest or max_context)
        return cls(server, served, codec, fingerprint, media, context, blank)

    @property
    def precision(self) -> str:
        return f"as {self._server.url} computes"

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        return -math.expm1(min(await self._silence(prompt), 0.0))

    async def _silence(self, prompt: Prompt) -> float:
        """log p of the end of turn as the next token."""
        self._check_length(prompt)
        route = await self._route(prompt)
        # vLLM reports log-probabilities from before this restriction, and so tells that of the end of turn at any rank.
        only_end = {"temperature": 0, "max_tokens": 1, "allowed_token_ids": [self.codec.end_of_turn]}
        answer = await self._served.post(route.path, await self._body(route.decision, prompt, only_end))
        try:
            return route.end_log_probability(answer["choices"][0])
        except (KeyError, IndexError, TypeError):
            raise PermanentError(
                f"The server at {self._server.url} gives no log-probabilities, without which nothing can be decided: "
                "use vLLM, or run the model in this process."
            ) from None

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        self._check_length(prompt)
        route = await self._route(prompt)
        stream, seen = TextStream(self.codec), False
        async with aclosing(self._written(route, prompt, sampling)) as pieces:
            async for written in pieces:
                tokens = written.tokens
                text = "".join(map(stream.add, tokens)) if tokens else written.text.replace(_BROKEN, "")
                seen = seen or visible(text)
                if seen and text:
                    yield text
        if not seen:
            raise UnseenError("The model wrote nothing that can be read.")

    async def load_lora(self, lora: Path | None) -> None:
        if lora is None:  # none of ours was asked for, now as at the start
            log.info("The model server goes on with what it serves as %s.", self._served.name)
            return
        self.fingerprint.check(lora)
        await self._served.load(lora)

    def forget(self) -> None:
        self._served.forget()

    def step_seconds(self) -> float:
        """Returns 0: the server watches its own steps."""
        return 0.0

    async def aclose(self) -> None:
        await self._server.aclose()

    # -- how prompts travel -----------------------------------------------------------------------------------------

    async def _route(self, prompt: Prompt) -> Route:
        if not prompt.photos:
            return self._ids
        if self._photo_route is None:
            exact = await self._reads_exactly(prompt)
            self._photo_route = self._ids_with_photos if exact else self._chat
            if not exact:
                log.warning("photos go to the model server as a chat that it renders itself: see docs/remote.md")
        return self._photo_route

    async def _reads_exactly(self, prompt: Prompt) -> bool:
        """Whether the server takes token ids beside photos, and then reads just the ids of the prompt."""
        route = self._ids_with_photos
        try:
            one = {"max_tokens": 1, "temperature": 0}
            answer = await self._served.post(route.path, await self._body(route.request, prompt, one))
        except RefusedError:
            return False
        return answer.get("prompt_token_ids") == list(prompt.ids)

    async def _body(self, make: Callable[[Prompt, Json], Json], prompt: Prompt, options: Json) -> Json:
        """With what every request holds."""
        named = {"model": self._served.name, "cache_salt": self._served.salt}
        if not prompt.photos:
            return named | make(prompt, options)
        return named | await asyncio.to_thread(make, prompt, options)  # decoding must not hold up the other chats

    def _check_length(self, prompt: Prompt) -> None:
        if len(prompt.ids) >= self.max_context:
            raise EchoesError(
                f"A prompt of {len(prompt.ids)} tokens leaves no room for a reply in a context of {self.max_context}: "
                "shorten what is rendered."
            )

    # -- writing ----------------------------------------------------------------------------------------------------

    def _options(self, prompt: Prompt, sampling: Sampling) -> Json:
        """Everything that bears on the choice of words, lest the server's or the model's own defaults do."""
        options: Json = {
            "max_tokens": min(sampling.max_tokens, self.max_context - len(prompt.ids)),
            "min_tokens": 1,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": -1,
            "min_p": sampling.min_p,
            "presence_penalty": sampling.presence_penalty,
            "frequency_penalty": 0.0,
            "repetition_penalty": 1.0,
            "stop_token_ids": [self.codec.end_of_turn],
            "logit_bias": _biases(self.codec.banned, _NEVER),
        }
        return options if sampling.seed is None else options | {"seed": sampling.seed}

    async def _written(self, route: Route, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Written, None]:
        """What the server writes; begun anew where it begins with a token that shows nothing."""
        options = self._options(prompt, sampling)
        begun = False
        async with aclosing(self._stream(route, prompt, options)) as stream:
            async for written in stream:
                if not begun and written.tokens and written.tokens[0] in self._blank:
                    break
                begun = True
                yield written
            else:
                return
        # In process such tokens are barred until something is seen. A server has no such rule: so the first token is
        # asked for alone, and the rest as what follows the prompt and it.
        barred = options | {"max_tokens": 1, "logit_bias": _biases(self._blank, _NEVER)}
        answer = await self._served.post(route.path, await self._body(route.request, prompt, barred))
        first = route.written(answer["choices"][0])
        yield first
        if options["max_tokens"] > 1:
            biases = options["logit_bias"] | _biases(first.tokens, -sampling.presence_penalty)
            rest = options | {"max_tokens": options["max_tokens"] - 1, "min_tokens": 0, "logit_bias": biases}
            async with aclosing(self._stream(route, replace(prompt, ids=prompt.ids + first.tokens), rest)) as stream:
                async for written in stream:
                    yield written

    async def _stream(self, route: Route, prompt: Prompt, options: Json) -> AsyncGenerator[Written, None]:
        body = await self._body(route.request, prompt, options)
        async with aclosing(self._served.events(route.path, body)) as events:
            async for event in events:
                for choice in event.get("choices", ()):
                    yield route.written(choice)


def _biases(tokens: Iterable[int], bias: float) -> dict[str, float]:
    return {str(token): bias for token in sorted(tokens)}
