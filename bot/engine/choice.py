"""Chooses the next token from logits."""

import torch

from bot.chat.prompt import Codec
from bot.engine.text import blank_tokens
from bot.sampling import Sampling

_LIKELY = 1024  # tokens: nearly always they make up the share that is chosen from


class Chooser:
    """Chooses a reply's tokens: never a control token but the end of turn, and that not before something is visible."""

    def __init__(self, codec: Codec, rows: int) -> None:
        """rows: how many tokens the model tells apart; it may have more than its tokenizer."""
        known = codec.tokenizer.get_vocab_size(with_added_tokens=True)
        self._banned = torch.ones(rows, dtype=torch.bool)
        self._banned[:known] = False
        self._banned[list(codec.banned)] = True
        self._blank = self._banned.clone()
        self._blank[list(blank_tokens(codec))] = True

    def choose(
        self,
        logits: torch.Tensor,
        sampling: Sampling,
        reply: list[int],
        something_visible: bool,
        generator: torch.Generator,
    ) -> int:
        """Returns the token after `reply`. logits: (rows,), of any type and on any device."""
        scores = logits.float().cpu().masked_fill(self._banned if something_visible else self._blank, -torch.inf)
        if sampling.presence_penalty and reply:
            scores[torch.tensor(sorted(set(reply)))] -= sampling.presence_penalty
        if sampling.temperature <= 0:
            return int(scores.argmax())
        chances = (scores / sampling.temperature).softmax(-1)
        ordered, tokens = chances.topk(min(_LIKELY, len(chances)))  # sorting a whole vocabulary takes 5 ms
        least = sampling.min_p * ordered[0]
        if ordered[-1] >= least and (sampling.min_p or ordered.sum() < sampling.top_p):
            ordered, tokens = chances.sort(descending=True, stable=True)
        if sampling.min_p:  # the likeliest of what is left make up the share, as in llama.cpp and vLLM
            ordered = ordered.where(ordered >= least, 0)
            ordered = ordered / ordered.sum()
        kept = (ordered.cumsum(0) - ordered < sampling.top_p) & (ordered > 0)
        kept[0] = True  # the likeliest always stays
        # By one random number along the tokens in the vocabulary's order: what differs in the last digit, as when other
        # replies are written at the same time, then hardly ever chooses another.
        tokens, places = tokens[kept].sort()
        shares = ordered[kept][places].double().cumsum(0)
        point = torch.rand(1, generator=generator, dtype=torch.double) * shares[-1]
        return int(tokens[min(int(torch.searchsorted(shares, point, right=True)), len(tokens) - 1)])
