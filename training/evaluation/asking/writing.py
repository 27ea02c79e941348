"""Answers to many prompts at once, chosen token by token just as the engine chooses when the avatar runs."""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch

from bot.chat.prompt import Codec, Prompt
from bot.chat.prompt.render import whole_bubbles
from bot.engine.base import Sampling
from bot.engine.choice import Chooser
from bot.engine.local import PATIENCE
from bot.engine.text import TextStream
from bot.letters import visible
from training.evaluation.asking.branches import Branch, Grower, Stem
from training.evaluation.asking.families import families
from training.evaluation.voice import Bubbles

_TRIES = 3  # where nothing could be seen; the daemon, too, tries a message again
_SEEDS = 1 << 63


@dataclass(slots=True)
class _Row:
    """One answer in the making. following: the id that is read next."""

    index: int
    branch: Branch
    following: int
    generator: torch.Generator
    stream: TextStream
    ids: list[int] = field(default_factory=list)
    text: str = ""

    @property
    def seen(self) -> bool:
        return visible(self.text)


@dataclass(frozen=True)
class Writer:
    """rows: answers in the making at a time. nbytes: of key-value states, beyond which no further prompt is begun."""

    grower: Grower
    codec: Codec
    chooser: Chooser
    sampling: Sampling
    rows: int
    nbytes: int

    def write(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Generator[dict[int, Bubbles], None, None]:
        """The answers by the index of their prompt, as they are finished. Prompts end where the avatar's turn begins.

        A seed alone decides on an answer, whatever else is asked, as far as the machine's arithmetic is exact. An
        answer of which nothing can be seen is tried again with other seeds, and at last comes empty.
        """
        refused: list[int] = []
        yield from self._write(prompts, seeds, range(len(prompts)), refused)
        for attempt in range(1, _TRIES):
            again, refused = sorted(refused), []
            others = [(seed + attempt * 0x9E3779B97F4A7C15) % _SEEDS for seed in seeds]
            yield from self._write(prompts, others, again, refused)
        if refused:
            yield dict.fromkeys(refused, ())

    def _write(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], indices: Sequence[int], refused: list[int]
    ) -> Generator[dict[int, Bubbles], None, None]:
        chosen = [prompts[index] for index in indices]
        unread = deque(families(chosen))
        latest: Stem | None = None
        waiting: deque[_Row] = deque()
        active: list[_Row] = []
        while unread or waiting or active:
            while len(active) < self.rows and (waiting or (unread and self._room(active))):
                if not waiting:
                    family = unread.popleft()
                    members = [indices[member] for member in family.members]
                    latest = self.grower.stem(family.prompt, len(family.prompt.ids) - 1, latest)
                    waiting += self._rows(latest, family.prompt, prompts, seeds, members)
                active.append(waiting.popleft())
            logits = self._step(active)
            going: list[_Row] = []
            finished: dict[int, Bubbles] = {}
            for row, scores in zip(active, logits, strict=True):
                if self._grow(row, scores):
                    going.append(row)
                elif row.seen:
                    finished[row.index] = tuple(whole_bubbles(row.text, self.codec, self.sampling.max_tokens))
                else:
                    refused.append(row.index)
            active = going
            if finished:
                yield finished

    def _room(self, active: Sequence[_Row]) -> bool:
        stems = {id(row.branch.stem): row.branch.stem for row in active}
        return sum(stem.nbytes for stem in stems.values()) < self.nbytes

    def _rows(
        self, stem: Stem, longest: Prompt, prompts: Sequence[Prompt], seeds: Sequence[int], members: Sequence[int]
    ) -> list[_Row]:
        """The rows of a family, whose longest prompt was read but for its end: each begins with its own last id."""
        places = self.grower.places(longest)
        rows = []
        for index in members:
            last = len(prompts[index].ids) - 1
            generator = torch.Generator().manual_seed(seeds[index])
            branch = Branch(stem, last, places[last])
            rows.append(_Row(index, branch, longest.ids[last], generator, TextStream(self.codec)))
        return rows

    def _step(self, rows: Sequence[_Row]) -> torch.Tensor:
        hidden = self.grower.append([(row.branch, [row.following]) for row in rows])
        return self.grower.logits(torch.cat(hidden)).cpu()

    def _grow(self, row: _Row, logits: torch.Tensor) -> bool:
        """Chooses a row's next token; whether it goes on after that."""
        token = self.chooser.choose(logits, self.sampling, row.ids, row.seen, row.generator)
        if token == self.codec.end_of_turn:
            return False
        row.ids.append(token)
        row.text += row.stream.add(token)
        row.following = token
        return len(row.ids) < (self.sampling.max_tokens if row.seen else self.sampling.max_tokens + PATIENCE)
