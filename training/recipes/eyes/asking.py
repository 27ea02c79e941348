"""What the language model says to a picture: its own words, and the likeliest of many names."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DynamicCache

from training.recipes.eyes.language import AnswerScorer, Asking, read_out

_AT_ONCE = 16  # beginnings of names that are continued together
_LONGEST = 16  # tokens of the model's own words


@dataclass
class _Node:
    """What names begin so: next tokens, and the name that is whole here."""

    after: dict[int, "_Node"] = field(default_factory=dict)
    name: int | None = None


class Names:
    """Names as a tree of tokens. A name ends with the end of the turn."""

    def __init__(self, scorer: AnswerScorer, names: Sequence[str]) -> None:
        self.root = _Node()
        for number, name in enumerate(names):
            node = self.root
            for token in [*scorer.loaded.tokenizer.encode(name, add_special_tokens=False).ids, scorer.end]:
                node = node.after.setdefault(token, _Node())
            node.name = number


class Answers:
    """One question: what the model answers. seen: places of all pictures × width; name: for the question's `{name}`."""

    def __init__(
        self,
        scorer: AnswerScorer,
        asking: Asking,
        grid: tuple[int, int],
        seen: Tensor,
        pictures: int = 1,
        name: str = "",
    ) -> None:
        self.scorer = scorer
        batch = scorer.batch(asking, [""], grid, pictures, [name])
        self.end = scorer.end
        asked = int((batch.labels[0] != -100).nonzero()[0])  # where the answer would begin
        embedded = functional.embedding(batch.ids[:, :asked], scorer.table)
        embedded = embedded.index_copy(1, batch.slots, seen[None].to(embedded.dtype))
        start = len(batch.start)
        cache = scorer.past(batch, 1)
        positions = batch.positions[:, None, start : start + asked]
        hidden = self._read(embedded, positions, cache)
        self.next_position = int(positions.max()) + 1
        self._kept = read_out(cache)
        self.first = functional.linear(hidden[0, -1], scorer.output).float().log_softmax(-1)

    def likeliest(self, names: Names) -> tuple[int, float]:
        """The name with the highest probability, and its logarithm: exact, best beginnings first.

        A beginning is at least as likely as every name it begins, so one that is less likely than a whole name found
        need not be continued.
        """
        best, best_score = -1, -torch.inf
        open_: list[tuple[float, tuple[int, ...], _Node]] = []

        def grow(score: float, said: tuple[int, ...], node: _Node, after: Tensor) -> None:
            nonlocal best, best_score
            for token, child in node.after.items():
                reached = score + float(after[token])
                if child.name is not None and reached > best_score:
                    best, best_score = child.name, reached
                if child.after:
                    open_.append((reached, (*said, token), child))

        grow(0.0, (), names.root, self.first)
        while True:
            open_ = sorted((item for item in open_ if item[0] > best_score), key=lambda item: -item[0])
            if not open_:
                return best, best_score
            now, open_ = open_[:_AT_ONCE], open_[_AT_ONCE:]
            for (score, said, node), after in zip(now, self._after([said for _, said, _ in now]), strict=True):
                grow(score, said, node, after)

    def words(self) -> str:
        """What the model says, greedily. No control token is said."""
        said: list[int] = []
        banned = [token for token in self.scorer.loaded.tokenizer.get_added_tokens_decoder() if token != self.end]
        after = self.first
        while len(said) < _LONGEST:
            allowed = after.clone()
            allowed[banned] = -torch.inf
            token = int(allowed.argmax())
            if token == self.end:
                break
            said.append(token)
            after = self._after([tuple(said)])[0]
        return str(self.scorer.loaded.tokenizer.decode(said, skip_special_tokens=True)).strip()

    def nats(self, text: str) -> float:
        """-log p of a whole answer."""
        ids = [*self.scorer.loaded.tokenizer.encode(text, add_special_tokens=False).ids, self.end]
        found, after = 0.0, self.first
        for place, token in enumerate(ids):
            found -= float(after[token])
            if place + 1 < len(ids):
                after = self._after([tuple(ids[: place + 1])])[0]
        return found

    def _after(self, said: Sequence[tuple[int, ...]]) -> Tensor:
        """Log-probabilities of the token after each beginning: beginnings × vocabulary."""
        longest = max(map(len, said))
        ids = torch.tensor([[*tokens, *[self.end] * (longest - len(tokens))] for tokens in said])
        cache = self.scorer.read_in(self._kept, len(said))
        positions = torch.arange(self.next_position, self.next_position + longest).expand(3, len(said), -1)
        hidden = self._read(functional.embedding(ids, self.scorer.table), positions, cache)
        last = hidden[torch.arange(len(said)), torch.tensor([len(tokens) - 1 for tokens in said])]
        logits: Tensor = functional.linear(last, self.scorer.output)
        return logits.float().log_softmax(-1)

    @torch.no_grad()
    def _read(self, embedded: Tensor, positions: Tensor, cache: DynamicCache) -> Tensor:
        hidden = self.scorer.loaded.model.model.language_model(
            inputs_embeds=embedded, position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state
        assert isinstance(hidden, Tensor)
        return hidden
