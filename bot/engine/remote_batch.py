"""The engine over HTTP for many prompts at once: a vLLM scores and writes them as exactly as the engine in process."""

import asyncio
import hashlib
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.chat.prompt import Prompt
from bot.engine.base import Batches, Continuation, DialogueScores, ScoredDialogue
from bot.engine.odds import log_answer, log_odds
from bot.engine.remote import RemoteEngine
from bot.engine.routes import Route, Written
from bot.engine.server import Json
from bot.engine.together import as_found
from bot.engine.unseen import seen_reply
from bot.errors import EchoesError, PermanentError
from bot.lora import WEIGHTS
from bot.sampling import Sampling

_AT_ONCE = 32  # requests that the server works on together


class RemoteBatchEngine(RemoteEngine):
    """Asks the server's base model where no LoRA is loaded, and each LoRA under a name of its own.

    So what the server serves to chats stays as it is. Scoring needs a server that gives `prompt_logprobs`.
    """

    _base_alone = True
    _loaded: frozenset[str] = frozenset()
    pauses: Sequence[float] = (1, 2, 4, 8, 15, 30, 60, 60, 60, 60)
    """Seconds that a batch waits, one after the other, while the server does not answer."""

    async def load_lora(self, lora: Path | None) -> None:
        """None asks the base model that the LoRAs of the server lie on."""
        if lora is None:
            self._served = self._served.beside(self._served.base)
            return
        self.fingerprint.check(lora)
        served = self._served.beside(await asyncio.to_thread(_name_of, lora))
        await served.load(lora)
        self._served = served
        self._loaded |= {served.name}

    async def aclose(self) -> None:
        """Takes away from the server what was loaded for this."""
        loaded, self._loaded = self._loaded, frozenset()
        for name in loaded:
            with suppress(EchoesError):
                await self._served.unload(name)
        await super().aclose()

    def score_dialogues(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        order = random.Random(0).sample(range(len(dialogues)), len(dialogues))
        return as_found({index: partial(self._score, dialogues[index]) for index in order}, _AT_ONCE, self.pauses)

    def score_continuations(self, prompts: Sequence[Prompt], turns: Sequence[Continuation]) -> Batches[float]:
        works = {index: partial(self._weigh, prompts[turn.after], turn) for index, turn in enumerate(turns)}
        return as_found(works, _AT_ONCE, self.pauses)

    def write_replies(self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        asked = enumerate(zip(prompts, seeds, strict=True))
        works = {index: partial(self._reply_to, prompt, seed, sampling) for index, (prompt, seed) in asked}
        return as_found(works, _AT_ONCE, self.pauses)

    async def _stream(self, route: Route, prompt: Prompt, options: Json) -> AsyncGenerator[Written, None]:
        """The whole reply at once: nobody reads along, and an event for each token is work for both sides."""
        if route is self._chat:  # whose answers are read piece by piece only
            async with aclosing(super()._stream(route, prompt, options)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        answer = await self._served.post(route.path, await self._body(route.request, prompt, options))
        for choice in answer["choices"]:
            yield route.written(choice)

    async def _score(self, dialogue: ScoredDialogue) -> DialogueScores:
        prompt = dialogue.prompt
        known = await self._log_probabilities(prompt)
        silences: dict[int, float] = {}

        async def silence(place: int) -> float:
            """log p of silence there: it was read, or is asked for where the avatar spoke."""
            if place not in silences:
                silent = prompt.ids[place] == self.codec.end_of_turn
                silences[place] = known[place] if silent else await self._silence(_up_to(prompt, place))
            return silences[place]

        odds = [log_odds(await silence(place)) for place in dialogue.decisions]
        nats = []
        for start, end in dialogue.replies:
            given = dialogue.group and end - start > 1
            nats.append(-sum(known[start:end]) + (log_answer(await silence(start)) if given else 0.0))
        return DialogueScores(tuple(odds), tuple(nats))

    async def _weigh(self, prompt: Prompt, turn: Continuation) -> float:
        start = len(prompt.ids)
        known = await self._log_probabilities(replace(prompt, ids=prompt.ids + turn.ids))
        given = turn.group and len(turn.ids) > 1
        return -sum(known[start:]) + (log_answer(await self._silence(prompt)) if given else 0.0)

    async def _reply_to(self, prompt: Prompt, seed: int, sampling: Sampling) -> str:
        return await seen_reply(lambda own: self.reply("", prompt, own), seed, sampling)

    async def _log_probabilities(self, prompt: Prompt) -> list[float]:
        """log p of each id after those before it; of the first, 0."""
        longest = self._served.longest
        if longest is not None and len(prompt.ids) >= longest:
            raise EchoesError(
                f"A conversation of {len(prompt.ids)} tokens is more than the {longest} that the server at "
                f"{self._server.url} reads: start it with a larger --max-model-len than model.context_tokens."
            )
        route = await self._route(prompt)
        if route is self._chat:
            raise PermanentError(
                f"The server at {self._server.url} takes photos in chats alone, and so cannot score them: "
                "start vLLM with --enable-scale-out, or evaluate without model.server."
            )
        options = {"max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
        answer = await self._served.post(route.path, await self._body(route.request, prompt, options))
        try:
            listed = answer.get("prompt_logprobs") or answer["choices"][0]["prompt_logprobs"]
            pairs = zip(listed[1:], prompt.ids[1:], strict=True)
            return [0.0, *(float(one[str(token)]["logprob"]) for one, token in pairs)]
        except (KeyError, IndexError, TypeError, ValueError):
            raise PermanentError(
                f"The server at {self._server.url} does not say how likely a prompt's tokens are (prompt_logprobs), "
                "without which nothing can be scored: use vLLM, or evaluate without model.server."
            ) from None


def _up_to(prompt: Prompt, place: int) -> Prompt:
    photos = tuple(photo for photo in prompt.photos if photo.end <= place)
    return replace(prompt, ids=prompt.ids[:place], photos=photos)


def _name_of(lora: Path) -> str:
    """The same LoRA has the same name, and another never."""
    return f"echoes-{hashlib.sha256((lora / WEIGHTS).read_bytes()).hexdigest()[:16]}"
