"""The frozen language model, asked about pictures it is told of as vectors, in the avatar's own rendering of a chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DynamicCache

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec
from bot.chat.prompt.render import render
from bot.engine.models import LoadedModel
from bot.message import ChatKind
from bot.persona import Persona

_AT = datetime(2025, 5, 4, 12, tzinfo=UTC)
_ROUND = 8  # sequences are padded to so many tokens: a new shape costs new kernels


@dataclass(frozen=True, slots=True)
class Asking:
    """A private chat up to a question about pictures. `after` is said in the pictures' bubble, `before` in one before.

    `{name}` in `after` stands for what is asked for.
    """

    avatar: str
    partner: str
    relationship: str
    after: str = ""
    before: str = ""


ASKINGS = (
    Asking("Mira", "Tom", "friend", "what is this?"),
    Asking("Alex", "Jo", "partner"),
    Asking("Wren", "Mei", "sibling", "what's in the photo?"),
    Asking("Sam", "Ana", "colleague", "what do you see?"),
    Asking("Leo", "Kim", "friend", before="look at this"),
    Asking("Nora", "Ben", "parent", "describe this picture"),
)
"""With one picture: answered with its name."""

CHOICES = (
    Asking("Mira", "Tom", "friend", "which one is the {name}, the first or the second?"),
    Asking("Sam", "Ana", "colleague", "where do you see the {name}, in the first or the second?"),
    Asking("Alex", "Jo", "partner", "the {name}, is that the first one or the second one?"),
    Asking("Leo", "Kim", "friend", "{name}: first or second?"),
    Asking("Wren", "Mei", "sibling", "which of these two is the {name}?"),
    Asking("Nora", "Ben", "parent", "{name}?", before="the first or the second?"),
)
"""With two pictures: answered `the first` or `the second`."""

UNHEARD = Asking("Ida", "Lou", "relative", "tell me which picture shows the {name}, first or second")
"""As well, and never learnt from."""

ORDER = ("the first", "the second")


@dataclass(frozen=True)
class Batch:
    """Rendered questions that share their beginning, with their answers.

    start: ids before the first picture. ids: samples × length, from the first picture's places on, padded at the end;
    labels: the same, -100 where nothing is learnt; slots: where in a row the pictures' places are, in order;
    positions: 3 × (start + length).
    """

    start: Tensor
    ids: Tensor
    labels: Tensor
    slots: Tensor
    positions: Tensor


class AnswerScorer:
    """Puts vectors in the places of pictures and says how likely, in nats, the model finds the answers."""

    def __init__(self, loaded: LoadedModel, *, frozen: bool = True) -> None:
        """frozen: what is read of a shared beginning is kept; not so where the model itself learns."""
        self.loaded, self.frozen = loaded, frozen
        self._starts: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}

    @cached_property
    def table(self) -> Tensor:
        """Vocabulary × width: the embeddings."""
        weight = self.loaded.model.get_input_embeddings().weight
        assert isinstance(weight, Tensor)
        return weight.detach()

    @cached_property
    def output(self) -> Tensor:
        """Vocabulary × width: what the last hidden state is multiplied with."""
        weight = self.loaded.model.lm_head.weight
        assert isinstance(weight, Tensor)
        return weight.detach()

    def batch(
        self,
        asking: Asking,
        answers: Sequence[str],
        grid: tuple[int, int],
        pictures: int = 1,
        names: Sequence[str] = (),
    ) -> Batch:
        """Asks the same of each sample, to be answered so. grid: rows and columns of patches; names: for `{name}`."""
        geometry = self.loaded.geometry
        size = grid[1] * geometry.patch, grid[0] * geometry.patch
        codec = Codec(self.loaded.tokenizer, geometry, lambda digest: size)
        rows, learnt = [], []
        for number, answer in enumerate(answers):
            turns = _turns(asking, answer, pictures, names[number] if names else "")
            prompt = render(_scene(asking), turns, codec)
            turn = prompt.avatar_turns[-1]
            rows.append(prompt.ids[: turn.end])
            learnt.append(turn.end - turn.start)
        first = prompt.photos[0].start
        places = [index - first for span in prompt.photos for index in range(span.start, span.end)]
        longest = -(-(max(map(len, rows)) - first) // _ROUND) * _ROUND
        ids = torch.full((len(rows), longest), codec.end_of_turn)
        labels = torch.full((len(rows), longest), -100)
        for index, (row, count) in enumerate(zip(rows, learnt, strict=True)):
            end = len(row) - first
            ids[index, :end] = torch.tensor(row[first:])
            labels[index, end - count : end] = ids[index, end - count : end]
        whole = torch.cat([torch.tensor([rows[0][:first]]), ids[:1]], dim=1)
        kinds = torch.zeros_like(whole, dtype=torch.int)
        kinds[0, torch.tensor(places) + first] = 1
        positions, _ = self.loaded.model.model.get_rope_index(
            whole, kinds, torch.tensor([[1, *grid]] * pictures), attention_mask=torch.ones_like(whole)
        )
        return Batch(whole[0, :first], ids, labels, torch.tensor(places), positions[:, 0])

    def nats(self, batch: Batch, seen: Tensor) -> Tensor:
        """-log p of each sample's answer, its end included. seen: samples × all pictures' places × width."""
        chosen = batch.labels != -100
        before = torch.roll(chosen, -1, dims=1)
        logits = self.logits(batch, seen, before)
        losses = functional.cross_entropy(logits.float(), batch.labels[chosen], reduction="none")
        samples = chosen.nonzero()[:, 0]
        return torch.zeros(len(batch.ids), dtype=losses.dtype).index_add(0, samples, losses)

    def logits(self, batch: Batch, seen: Tensor, where: Tensor) -> Tensor:
        """The model's logits at the places `where` is true (samples × length), in their order."""
        language = self.loaded.model.model.language_model
        embedded = functional.embedding(batch.ids, self.table)
        embedded = embedded.index_copy(1, batch.slots, seen.to(embedded.dtype))
        count, start = len(batch.ids), len(batch.start)
        hidden = language(
            inputs_embeds=embedded,
            position_ids=batch.positions[:, None, start:].expand(3, count, -1),
            past_key_values=self.past(batch, count),
            use_cache=True,
        ).last_hidden_state
        return functional.linear(hidden[where], self.output)

    def past(self, batch: Batch, count: int) -> DynamicCache:
        """What the model keeps of the shared beginning, read once."""
        key = tuple(batch.start.tolist())
        if not self.frozen:
            return self.read_in(self._begin(batch), count)
        if key not in self._starts:
            with torch.no_grad():
                self._starts[key] = self._begin(batch)
        return self.read_in(self._starts[key], count)

    def _begin(self, batch: Batch) -> list[tuple[Tensor, Tensor]]:
        language = self.loaded.model.model.language_model
        cache = DynamicCache(config=language.config)
        language(
            inputs_embeds=functional.embedding(batch.start[None], self.table),
            position_ids=batch.positions[:, None, : len(batch.start)],
            past_key_values=cache,
            use_cache=True,
        )
        return read_out(cache)

    def read_in(self, kept: Sequence[tuple[Tensor, Tensor]], count: int) -> DynamicCache:
        """A cache that begins with what was read, for so many samples."""
        cache = DynamicCache(config=self.loaded.model.model.language_model.config)
        for number, (keys, values) in enumerate(kept):
            cache.update(keys.expand(count, -1, -1, -1), values.expand(count, -1, -1, -1), number)
        return cache

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        found = self.loaded.tokenizer.token_to_id("<|im_end|>")
        assert found is not None
        return int(found)


def read_out(cache: DynamicCache) -> list[tuple[Tensor, Tensor]]:
    """Keys and values of every layer."""
    layers: Any = cache.layers
    return [(layer.keys, layer.values) for layer in layers]


def _scene(asking: Asking) -> Scene:
    return Scene(Persona(asking.avatar), ChatKind.PRIVATE, Speaker(asking.partner, asking.relationship), times=False)


def _turns(asking: Asking, answer: str, pictures: int, name: str) -> list[Turn]:
    photos = tuple(f"picture {number}" for number in range(pictures))
    bubbles: tuple[Bubble, ...] = (Bubble(asking.after.format(name=name), photos),)
    if asking.before:
        bubbles = (Bubble(asking.before), *bubbles)
    return [
        Turn(Speaker(asking.partner, asking.relationship), bubbles, _AT),
        Turn(None, (Bubble(answer),), _AT),
    ]
