"""From logits to the next token, and from tokens to text."""

import unicodedata

import torch

from bot.engine.base import Sampling
from bot.prompt import Codec

_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # Unicode categories that show nothing
_BROKEN = "\ufffd"


def visible(text: str) -> bool:
    """Whether anybody would see something in a text."""
    return any(unicodedata.category(letter) not in _UNSEEN for letter in text)


class Chooser:
    """Chooses a reply's tokens: never a control token but the end of turn, and that not before something is visible."""

    def __init__(self, codec: Codec, rows: int) -> None:
        """rows: how many tokens the model tells apart; it may have more than its tokenizer."""
        known = codec.tokenizer.get_vocab_size(with_added_tokens=True)
        texts = codec.tokenizer.decode_batch([[token] for token in range(known)], skip_special_tokens=False)
        self._banned = torch.ones(rows, dtype=torch.bool)
        self._banned[:known] = False
        self._banned[list(codec.banned)] = True
        self._blank = self._banned.clone()
        self._blank[:known] |= torch.tensor([not visible(text) for text in texts])
        self._blank[codec.end_of_turn] = True

    def choose(
        self,
        logits: torch.Tensor,
        sampling: Sampling,
        reply: list[int],
        something_visible: bool,
        generator: torch.Generator,
    ) -> int:
        """The token after `reply`. logits: (rows,), of any type and on any device."""
        scores = logits.float().cpu().masked_fill(self._banned if something_visible else self._blank, -torch.inf)
        if sampling.presence_penalty and reply:
            scores[torch.tensor(sorted(set(reply)))] -= sampling.presence_penalty
        if sampling.temperature <= 0:
            return int(scores.argmax())
        ordered, tokens = (scores / sampling.temperature).softmax(-1).sort(descending=True, stable=True)
        ordered[ordered.cumsum(0) - ordered >= sampling.top_p] = 0
        ordered[0] = ordered[0].clamp_min(torch.finfo(ordered.dtype).tiny)  # the likeliest always stays
        return int(tokens[torch.multinomial(ordered, 1, generator=generator)])


class TextStream:
    """Tokens in, text out, never half a character; half a character that stays so is dropped."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._pending: list[int] = []
        self._sent = 0

    def add(self, token: int) -> str:
        """The text that this token completes; often the token's own."""
        self._pending.append(token)
        text = self._codec.decode(self._pending)
        complete = text.rstrip(_BROKEN)
        piece = complete[self._sent :]
        self._sent = len(complete)
        if complete == text:
            self._pending.clear()
            self._sent = 0
        return piece.replace(_BROKEN, "")
