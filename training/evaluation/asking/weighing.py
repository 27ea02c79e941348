"""How likely given turns are after given prompts: each prompt is read once, whatever may follow it."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch

from bot.chat.prompt import Prompt
from training.evaluation.asking.branches import Branch, Grower, Stem
from training.evaluation.asking.families import families
from training.evaluation.asking.scoring import Scorer

_TOKENS = 512  # of turns read at once: with more, a step on a CPU takes longer in proportion


@dataclass(frozen=True, slots=True)
class Weighed:
    """ids: a turn of the avatar with its end. after: the index of the prompt it stands after, open for that turn.

    group: whether the avatar might have been silent.
    """

    after: int
    ids: tuple[int, ...]
    group: bool


@dataclass(frozen=True)
class Weigher:
    """nbytes: of key-value states held at once, about."""

    grower: Grower
    scorer: Scorer
    nbytes: int

    def weigh(self, prompts: Sequence[Prompt], turns: Sequence[Weighed]) -> Generator[dict[int, float], None, None]:
        """−log p of the turns by their index, as in `Scorer`, as they are found."""
        by_prompt: dict[int, list[int]] = {}
        for index, turn in enumerate(turns):
            by_prompt.setdefault(turn.after, []).append(index)
        needed = list(by_prompt)
        gathered: dict[int, tuple[Branch, list[int]]] = {}
        tokens = nbytes = 0
        stem: Stem | None = None
        for family in families([prompts[index] for index in needed]):
            stem = self.grower.stem(family.prompt, len(family.prompt.ids) - 1, stem)
            places = self.grower.places(family.prompt)
            nbytes += stem.nbytes
            for index in (index for member in family.members for index in by_prompt[needed[member]]):
                turn = turns[index]
                last = len(prompts[turn.after].ids) - 1
                branch = Branch(stem, last, places[last])
                gathered[index] = (branch, [family.prompt.ids[last], *turn.ids[:-1]])
                tokens += len(turn.ids)
                if tokens >= _TOKENS:
                    yield self._read(gathered, turns)
                    gathered, tokens, nbytes = {}, 0, stem.nbytes
            if nbytes >= self.nbytes and gathered:
                yield self._read(gathered, turns)
                gathered, tokens, nbytes = {}, 0, 0
        if gathered:
            yield self._read(gathered, turns)

    @torch.inference_mode()
    def _read(self, gathered: dict[int, tuple[Branch, list[int]]], turns: Sequence[Weighed]) -> dict[int, float]:
        hidden = self.grower.append(list(gathered.values()))
        for branch, _ in gathered.values():
            branch.stem.clear()
        return {
            index: self.scorer.nats(states, turns[index].ids, turns[index].group)
            for index, states in zip(gathered, hidden, strict=True)
        }
