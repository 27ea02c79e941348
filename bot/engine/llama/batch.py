"""The engine over llama.cpp for many prompts at once: what serves also decides and writes for the evaluation.

Its server does not tell how likely a prompt's tokens are. Those are weighed in torch, on the very weights of the file
that serves. In 16 bits so are the decisions, which there are the same; of fewer bits llama.cpp makes something else
than torch does, and decides itself.

Both at once take three times the model's file. So llama.cpp's process ends while words are weighed in torch, and torch
lets go of its weights before llama.cpp writes, unless some of what is written then answers a photo.
"""

import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot.chat.prompt import Prompt
from bot.engine.base import Batches, Continuation, DialogueScores, ScoredDialogue
from bot.engine.llama.engine import LlamaEngine
from bot.engine.odds import log_odds
from bot.engine.together import as_found
from bot.engine.unseen import seen_reply
from bot.errors import PassingError
from bot.sampling import Sampling

if TYPE_CHECKING:
    from bot.engine.local import LocalEngine

T = TypeVar("T")


class LlamaBatchEngine(LlamaEngine):
    """See `bot.engine.base.BatchEngine`. One slot is left to the chats."""

    def score_dialogues(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        return self._unchanged(self._scored(dialogues))

    def score_continuations(self, prompts: Sequence[Prompt], turns: Sequence[Continuation]) -> Batches[float]:
        return self._unchanged(self._in_torch(lambda torch: torch.score_continuations(prompts, turns)))

    def write_replies(self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        return self._unchanged(self._replies(prompts, seeds, sampling))

    async def _scored(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        itself = self._quantize != "f16"
        if itself and not any(one.replies or one.prompt.photos for one in dialogues):
            async with aclosing(self._all_decided(dialogues)) as batches:
                async for scores in batches:
                    yield scores
            return
        weighed = self._in_torch(lambda torch: torch.score_dialogues(dialogues), alone=not itself)
        async with aclosing(weighed) as batches:
            async for found in batches:
                own = [index for index in found if itself and not dialogues[index].prompt.photos]
                decided = await self._gathered({index: partial(self._decided, dialogues[index]) for index in own})
                yield found | {index: replace(found[index], log_odds=odds) for index, odds in decided.items()}

    async def _all_decided(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        order = random.Random(0).sample(range(len(dialogues)), len(dialogues))
        works = {index: partial(self._decided, dialogues[index]) for index in order}
        async with aclosing(as_found(works, self._at_once)) as batches:
            async for found in batches:
                yield {index: DialogueScores(odds, ()) for index, odds in found.items()}

    async def _decided(self, dialogue: ScoredDialogue) -> tuple[float, ...]:
        """The log-odds of a dialogue's decisions, one after another, so that each reads only what is new."""
        chat, odds = f"a batch's {id(dialogue)}", []
        for place in dialogue.decisions:
            asked = replace(dialogue.prompt, ids=dialogue.prompt.ids[:place])
            odds.append(log_odds(await self._silence(chat, asked)))
        return tuple(odds)

    async def _replies(self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        asked = list(enumerate(zip(prompts, seeds, strict=True)))
        works = {n: partial(self._reply_to, prompt, seed, sampling) for n, (prompt, seed) in asked if not prompt.photos}
        if len(works) == len(asked):
            async with self._gate.shut():
                await self._twin.make_room()
        async with aclosing(as_found(works, self._at_once)) as batches:
            async for found in batches:
                yield found
        seeing = [(n, prompt, seed) for n, (prompt, seed) in asked if prompt.photos]
        if seeing:
            places, shown, theirs = zip(*seeing, strict=True)
            written = self._in_torch(lambda one: one.write_replies(shown, theirs, sampling), alone=False)
            async with aclosing(written) as batches:
                async for found in batches:
                    yield {places[index]: text for index, text in found.items()}

    async def _reply_to(self, prompt: Prompt, seed: int, sampling: Sampling) -> str:
        return await seen_reply(lambda own: self.reply(f"a batch's {seed}", prompt, own), seed, sampling)

    async def _in_torch(self, ask: "Callable[[LocalEngine], Batches[T]]", *, alone: bool = True) -> Batches[T]:
        """alone: whether nothing else of the batch is asked of llama.cpp meanwhile."""
        if alone and not self._asked:
            async with self._gate.shut():
                await self._process.rest()
        async with self._twin.use() as torch, aclosing(ask(torch)) as batches:
            async for found in batches:
                yield found

    async def _gathered(self, works: Mapping[int, Callable[[], Coroutine[Any, Any, T]]]) -> dict[int, T]:
        gathered: dict[int, T] = {}
        async with aclosing(as_found(works, self._at_once)) as batches:
            async for found in batches:
                gathered |= found
        return gathered

    @property
    def _at_once(self) -> int:
        return max(1, self._slots.count - 1)

    async def _unchanged(self, batches: Batches[T]) -> Batches[T]:
        """Ends a batch when the LoRA is changed: half of its answers would be the old one's."""
        before = self._changes
        async with aclosing(batches):
            async for found in batches:
                if self._changes != before:
                    raise PassingError("The LoRA was changed while a batch was at work.")
                yield found
