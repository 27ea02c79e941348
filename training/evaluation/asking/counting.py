"""A model that answers at once and counts what a real one would have to do: an evaluation is rehearsed with it."""

import random
from asyncio import Runner
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bot.chat.prompt import Prompt
from bot.engine.base import BatchEngine, Batches, Continuation, DialogueScores, ScoredDialogue
from bot.engine.batch.groups import prefix_groups
from bot.engine.blocking import Blocking
from bot.engine.cache import reading_of
from bot.sampling import Sampling
from training.evaluation.asking.store import Answers
from training.evaluation.opened import ModelUnderTest

SCORED, WEIGHED, WRITTEN = "scored", "weighed", "written"
"""What is counted: tokens of dialogues, tokens of prompts and of the turns after them, replies."""


@dataclass
class CountingEngine:
    """See `bot.engine.base.BatchEngine`. It computes nothing; what it is asked, it counts by kind.

    like: the engine in whose place it stands. words: what its replies are drawn from.
    """

    like: BatchEngine
    words: Sequence[str]
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.codec, self.fingerprint = self.like.codec, self.like.fingerprint
        self.max_context, self.precision = self.like.max_context, self.like.precision
        self._random = random.Random(0)

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        return self._random.random()

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> Any:
        yield self._random.choice(self.words)

    async def load_lora(self, lora: Path | None) -> None: ...

    def forget(self) -> None: ...

    def step_seconds(self) -> float:
        return 0.0

    async def aclose(self) -> None: ...

    async def score_dialogues(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        self.counted[SCORED] += sum(len(one.prompt.ids) for one in dialogues)
        yield {
            index: DialogueScores(
                tuple(self._random.gauss() for _ in one.decisions),
                tuple(self._nats(end - start) for start, end in one.replies),
            )
            for index, one in enumerate(dialogues)
        }

    async def score_continuations(self, prompts: Sequence[Prompt], turns: Sequence[Continuation]) -> Batches[float]:
        asked = sorted({turn.after for turn in turns})
        self.counted[WEIGHED] += tokens_to_read([prompts[index] for index in asked])
        self.counted[WEIGHED] += sum(len(turn.ids) for turn in turns)
        yield {index: self._nats(len(turn.ids)) for index, turn in enumerate(turns)}

    async def write_replies(self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        self.counted[WRITTEN] += len(prompts)
        yield {index: self._random.choice(self.words) for index in range(len(prompts))}

    def _nats(self, tokens: int) -> float:
        return tokens * (2 + 2 * self._random.random())


class Overlay:
    """See `Answers`: what is known already, and what is made up; of the latter nothing is kept."""

    def __init__(self, known: Answers | None) -> None:
        self._known, self._made_up = known, dict[str, Any]()

    def get(self, keys: Iterable[str]) -> dict[str, Any]:
        wanted = set(keys)
        return (self._known.get(wanted) if self._known else {}) | {
            key: self._made_up[key] for key in wanted & self._made_up.keys()
        }

    def put(self, answers: Mapping[str, Any]) -> None:
        self._made_up |= answers


def counting(model: ModelUnderTest, words: Sequence[str], runner: Runner) -> tuple[ModelUnderTest, Counter[str]]:
    """Returns a stand-in for a model, which knows what that one was asked before, and what it will have counted."""
    engine = CountingEngine(model.engine, words)
    return model.stand_in(Blocking(engine, runner), Overlay(model.kept)), engine.counted


def tokens_to_read(prompts: Sequence[Prompt]) -> int:
    """Counts the tokens of prompts, but for those with which one begins like the one read before it."""
    total, before = 0, np.empty(0, np.int64)
    for group in prefix_groups(prompts):
        reading = reading_of(group.longest)
        length = min(len(before), len(reading))
        differing = np.flatnonzero(before[:length] != reading[:length])
        total += len(reading) - (int(differing[0]) if len(differing) else length)
        before = reading
    return total
