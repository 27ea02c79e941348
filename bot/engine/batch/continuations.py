"""How likely given turns are after given prompts: each prompt is read once, whatever may follow it."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from bot.chat.prompt import Prompt
from bot.engine.base import Continuation
from bot.engine.batch.groups import prefix_groups
from bot.engine.batch.head import OutputHead
from bot.engine.batch.prefix import BatchDecoder, Piece, PrefixCache, TokenSequence

_TOKENS = 512  # of turns read at once: with more, a step on a CPU takes longer in proportion


@dataclass(frozen=True)
class ContinuationScorer:
    """Scores turns after prompts. nbytes: about how many bytes of key-value states it holds at once."""

    decoder: BatchDecoder
    head: OutputHead
    nbytes: int

    def score(
        self, prompts: Sequence[Prompt], turns: Sequence[Continuation]
    ) -> Generator[dict[int, float], None, None]:
        """Yields −log p of the turns by index, as they are found; a step that only reads a prompt yields nothing."""
        by_prompt: dict[int, list[int]] = {}
        for index, turn in enumerate(turns):
            by_prompt.setdefault(turn.after, []).append(index)
        needed = list(by_prompt)
        gathered: dict[int, Piece] = {}
        tokens = nbytes = 0
        prefix: PrefixCache | None = None
        for group in prefix_groups([prompts[index] for index in needed]):
            prefix = self.decoder.prefix(group.longest, len(group.longest.ids) - 1, prefix)
            places = self.decoder.places(group.longest)
            nbytes += prefix.nbytes
            yield {}
            for index in (index for member in group.members for index in by_prompt[needed[member]]):
                turn = turns[index]
                last = len(prompts[turn.after].ids) - 1
                sequence = TokenSequence(prefix, last, places[last])
                gathered[index] = (sequence, [group.longest.ids[last], *turn.ids[:-1]])
                tokens += len(turn.ids)
                if tokens >= _TOKENS:
                    yield self._read(gathered, turns)
                    gathered, tokens, nbytes = {}, 0, prefix.nbytes
            if nbytes >= self.nbytes and gathered:
                yield self._read(gathered, turns)
                gathered, tokens, nbytes = {}, 0, 0
        if gathered:
            yield self._read(gathered, turns)

    def _read(self, gathered: dict[int, Piece], turns: Sequence[Continuation]) -> dict[int, float]:
        hidden = self.decoder.append(list(gathered.values()))
        for sequence, _ in gathered.values():
            sequence.prefix.clear()
        return {
            index: self.head.nats(states, turns[index].ids, turns[index].group)
            for index, states in zip(gathered, hidden, strict=True)
        }
