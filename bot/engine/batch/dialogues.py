"""Whole dialogues scored: one pass over each gives every decision and every reply."""

import copy
import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from bot.chat.prompt import Prompt
from bot.engine.base import DialogueScores, ScoredDialogue
from bot.engine.batch.head import OutputHead
from bot.engine.models import LoadedModel
from bot.engine.photos import photo_inputs
from bot.engine.prefill import rotary_places
from bot.media import MediaStore

_STEP = 64  # lengths are filled up to multiples of this, so that some are alike
_WORTH = 64  # ids that all dialogues begin with, from which on they are read once


@dataclass(frozen=True, slots=True)
class _Job:
    """skip: how many of the dialogue's first ids are read once for all."""

    index: int
    skip: int
    dialogue: ScoredDialogue

    @property
    def length(self) -> int:
        return -(-(len(self.dialogue.prompt.ids) - self.skip) // _STEP) * _STEP


@dataclass(frozen=True)
class DialogueScorer:
    """Scores whole dialogues. filler: the id that pads shorter ones. batch_tokens: of one batch, padding included."""

    loaded: LoadedModel
    media: MediaStore
    head: OutputHead
    filler: int
    batch_tokens: int

    def score(self, dialogues: Sequence[ScoredDialogue]) -> Generator[dict[int, DialogueScores], None, None]:
        """Yields the scores by index, one batch of dialogues of like length a step, the batches in a random order."""
        beginning = _in_common([one.prompt for one in dialogues])
        with torch.inference_mode():
            begun = self._begun(beginning)
        for batch in self._batches(dialogues, len(beginning)):
            hidden = self._hidden(batch, begun)
            yield {job.index: self._scores(job, row) for job, row in zip(batch, hidden, strict=True)}

    def _batches(self, dialogues: Sequence[ScoredDialogue], skip: int) -> list[list[_Job]]:
        rng = random.Random(0)
        shelves: dict[int, list[_Job]] = {}
        for index, dialogue in enumerate(dialogues):
            job = _Job(index, skip, dialogue)
            shelves.setdefault(job.length, []).append(job)
        batches: list[list[_Job]] = []
        for length, shelf in sorted(shelves.items()):
            rng.shuffle(shelf)
            rows = max(self.batch_tokens // length, 1)
            batches += [shelf[first : first + rows] for first in range(0, len(shelf), rows)]
        rng.shuffle(batches)
        return batches

    def _begun(self, beginning: Sequence[int]) -> DynamicCache:
        """What all dialogues begin with, read."""
        states = DynamicCache()
        if beginning:
            ids = torch.tensor([beginning], device=self.loaded.device)
            self.loaded.model.model.language_model(input_ids=ids, past_key_values=states, use_cache=True)
        return states

    @torch.inference_mode()
    def _hidden(self, batch: Sequence[_Job], begun: DynamicCache) -> Tensor:
        """The last hidden states after what was begun, rows × length × width.

        Filling is on the right, where no token looks.
        """
        device, skip = self.loaded.device, batch[0].skip
        prompts = [job.dialogue.prompt for job in batch]
        ids = torch.full((len(batch), batch[0].length), self.filler, dtype=torch.long)
        places = torch.zeros(3, *ids.shape, dtype=torch.long)
        for number, prompt in enumerate(prompts):
            rest = len(prompt.ids) - skip
            ids[number, :rest] = torch.tensor(prompt.ids[skip:])
            places[:, number, :rest] = rotary_places(self.loaded, prompt)[:, 0, skip:]
        more: dict[str, Any] = {}
        if skip:
            states = copy.deepcopy(begun)
            states.batch_repeat_interleave(len(batch))
            more["past_key_values"] = states
        photos = photo_inputs(self.loaded, self.media, [photo for prompt in prompts for photo in prompt.photos])
        hidden: Tensor = self.loaded.model.model(
            input_ids=ids.to(device), position_ids=places.to(device), use_cache=bool(skip), **more, **photos
        ).last_hidden_state
        return hidden

    def _scores(self, job: _Job, hidden: Tensor) -> DialogueScores:
        """hidden: length × width; what stands before an id says how likely it is."""
        dialogue, ids = job.dialogue, job.dialogue.prompt.ids
        before = [place - 1 - job.skip for place in dialogue.decisions]
        nats = (
            self.head.nats(hidden[start - 1 - job.skip : end - 1 - job.skip], ids[start:end], dialogue.group)
            for start, end in dialogue.replies
        )
        return DialogueScores(tuple(self.head.log_odds(hidden[before])) if before else (), tuple(nats))


def _in_common(prompts: Sequence[Prompt]) -> tuple[int, ...]:
    """The ids that all prompts begin with, before any photo or turn of the avatar, if they are worth the trouble."""
    if len(prompts) < 2:
        return ()
    ids = []
    for prompt in prompts:
        marks = [*(photo.start for photo in prompt.photos), *(turn.start for turn in prompt.avatar_turns)]
        ids.append(prompt.ids[: min(marks, default=len(prompt.ids)) - 1])
    first, last = min(ids), max(ids)  # what these share, those between share too
    length = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    common = first[:length]
    return common if len(common) >= _WORTH else ()
