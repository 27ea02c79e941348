"""What the model thinks of real dialogues: one pass over each gives every decision and every reply."""

import copy
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from transformers.cache_utils import DynamicCache

from bot.chat.prompt import Codec, Prompt, render
from bot.engine.models import LoadedModel, photo_tensors
from bot.engine.reader import rotary_places
from bot.message import ChatKind
from training.data.dialogues import DecisionPoint, Dialogue, decision_points

_STEP = 64  # lengths are filled up to multiples of this, so that some are alike
_WORTH = 64  # ids that all dialogues begin with, from which on they are read once
_LOGIT_ROWS = 256  # places whose logits are held at once: the vocabulary is large


@dataclass(frozen=True, slots=True)
class Reply:
    """nats: −log p of a real turn of the subject and its end. In a group, given that there is an answer.

    turn: which of the dialogue's turns it is.
    """

    chat: str
    kind: ChatKind
    day: date
    nats: float
    tokens: int
    characters: int  # with the breaks between bubbles
    turn: int


@dataclass(frozen=True, slots=True)
class Scores:
    """decisions: log p(answer) − log p(silence), by the message decided on. read: how many dialogues."""

    decisions: Mapping[int, float]
    replies: tuple[Reply, ...]
    read: int


@dataclass(frozen=True, slots=True)
class _Job:
    """index: of the dialogue. skip: how many of its first ids are read once for all."""

    index: int
    skip: int
    dialogue: Dialogue
    prompt: Prompt
    points: tuple[DecisionPoint, ...]

    @property
    def length(self) -> int:
        return -(-(len(self.prompt.ids) - self.skip) // _STEP) * _STEP


@dataclass(frozen=True)
class Scorer:
    """Scores dialogues with the model as it is, LoRA or not. Photos are opened by digest."""

    loaded: LoadedModel
    codec: Codec
    open_photo: Callable[[str], Image.Image]
    batch_tokens: int = 2048  # of one batch, with filling

    def score(
        self,
        dialogues: Sequence[Dialogue],
        *,
        replies: bool = True,
        seconds: float | None = None,
        seed: int = 0,
        progress: Callable[[int], object] | None = None,
    ) -> Scores:
        """Every decision that counts and, if asked for, every reply, in batches of like length.

        After `seconds` no further batch is begun; batches come in an order by chance, so that a part is a fair sample.
        `progress` is told how many dialogues each batch held.
        """
        start = time.monotonic()
        decisions: dict[int, float] = {}
        found: list[Reply] = []
        read = 0
        with closing(self.batches(dialogues, replies=replies, seed=seed)) as batches:
            for batch in batches:
                for scores in batch.values():
                    decisions |= scores.decisions
                    found += scores.replies
                read += len(batch)
                if progress:
                    progress(len(batch))
                if seconds is not None and time.monotonic() - start > seconds:
                    break
        return Scores(decisions, tuple(found), read)

    def batches(
        self, dialogues: Sequence[Dialogue], *, replies: bool = True, seed: int = 0
    ) -> Generator[dict[int, Scores], None, None]:
        """The scores of each dialogue by its index, a batch at a time. Close it where it is not read to its end."""
        model: torch.nn.Module = self.loaded.model
        was_training = model.training
        model.eval()
        try:
            prompts = [render(dialogue.scene, dialogue.turns, self.codec) for dialogue in dialogues]
            beginning = _in_common(prompts)
            with torch.inference_mode():
                begun = self._begun(beginning)
            for batch in self._batches(dialogues, prompts, len(beginning), seed):
                with torch.inference_mode():
                    hidden = self._hidden(batch, begun)
                    scores = {
                        job.index: Scores(
                            self._decisions(job, row), tuple(self._replies(job, row)) if replies else (), 1
                        )
                        for job, row in zip(batch, hidden, strict=True)
                    }
                yield scores
        finally:
            model.train(was_training)

    def _batches(
        self, dialogues: Sequence[Dialogue], prompts: Sequence[Prompt], skip: int, seed: int
    ) -> list[list[_Job]]:
        rng = random.Random(seed)
        shelves: dict[int, list[_Job]] = {}
        for index, (dialogue, prompt) in enumerate(zip(dialogues, prompts, strict=True)):
            job = _Job(index, skip, dialogue, prompt, tuple(decision_points(dialogue, prompt)))
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

    def _hidden(self, batch: Sequence[_Job], begun: DynamicCache) -> Tensor:
        """The last hidden states after what was begun, rows × length × width.

        Filling is on the right, where no token looks.
        """
        device, skip = self.loaded.device, batch[0].skip
        ids = torch.full((len(batch), batch[0].length), self.codec.end_of_turn, dtype=torch.long)
        places = torch.zeros(3, *ids.shape, dtype=torch.long)
        for number, job in enumerate(batch):
            rest = len(job.prompt.ids) - skip
            ids[number, :rest] = torch.tensor(job.prompt.ids[skip:])
            places[:, number, :rest] = rotary_places(self.loaded, job.prompt)[:, 0, skip:]
        more: dict[str, Any] = {}
        images = [self.open_photo(photo.digest) for job in batch for photo in job.prompt.photos]
        if images:
            pixels, grids = photo_tensors(self.loaded, images)
            more = {"pixel_values": pixels.to(device, self.loaded.model.dtype), "image_grid_thw": grids.to(device)}
        if skip:
            states = copy.deepcopy(begun)
            states.batch_repeat_interleave(len(batch))
            more["past_key_values"] = states
        hidden: Tensor = self.loaded.model.model(
            input_ids=ids.to(device), position_ids=places.to(device), use_cache=bool(skip), **more
        ).last_hidden_state
        return hidden

    def _decisions(self, job: _Job, hidden: Tensor) -> dict[int, float]:
        odds: list[float] = []
        for first in range(0, len(job.points), _LOGIT_ROWS):
            logits = self._logits(
                hidden, [point.position - 1 - job.skip for point in job.points[first : first + _LOGIT_ROWS]]
            )
            odds += (self._answering(logits) - logits[:, self.codec.end_of_turn]).tolist()
        return {point.message: value for point, value in zip(job.points, odds, strict=True)}

    def _replies(self, job: _Job, hidden: Tensor) -> Iterator[Reply]:
        dialogue, ids = job.dialogue, job.prompt.ids
        for turn in job.prompt.avatar_turns:
            if turn.turn < dialogue.context or turn.silent:
                continue
            said = ids[turn.start : turn.end]
            before = hidden[turn.start - 1 - job.skip : turn.end - 1 - job.skip]
            nats = self.nats(before, said, dialogue.scene.kind is ChatKind.GROUP)
            characters = len(self.codec.decode(list(said)))
            yield Reply(dialogue.chat, dialogue.scene.kind, dialogue.day, nats, len(said), characters, turn.turn)

    def nats(self, hidden: Tensor, ids: Sequence[int], group: bool) -> float:
        """−log p of a turn and its end; in a group given that there is an answer, unless the turn itself is silence.

        hidden: the last hidden state before each id.
        """
        nats = 0.0
        for first in range(0, len(ids), _LOGIT_ROWS):
            some = ids[first : first + _LOGIT_ROWS]
            logits = self._logits(hidden, range(first, first + len(some)))
            whole = logits.logsumexp(1)
            if group and first == 0 and len(ids) > 1:
                whole[0] = self._answering(logits[:1])[0]
            wanted = logits.gather(1, torch.tensor(some, device=logits.device)[:, None])[:, 0]
            nats += float((whole - wanted).sum())
        return nats

    def _logits(self, hidden: Tensor, places: Sequence[int]) -> Tensor:
        """places × vocabulary, in float32."""
        logits: Tensor = self.loaded.model.lm_head(hidden[torch.tensor(places, device=hidden.device)]).float()
        return logits

    def _answering(self, logits: Tensor) -> Tensor:
        """log Σ exp over every first token but the end of turn."""
        silence = torch.tensor([self.codec.end_of_turn], device=logits.device)
        return logits.index_fill(1, silence, -torch.inf).logsumexp(1)


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
