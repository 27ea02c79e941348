"""Turns last hidden states into what is asked for: logits, the log-odds of answering, −log p of a turn."""

from collections.abc import Sequence

import torch
from torch import Tensor

from bot.engine.models import LoadedModel

LOGITS_BYTES = 64_000_000
"""Of the logits made at once, in float32, for the vocabulary is large. What is made of them takes twice that again."""


class OutputHead:
    """The output layer of a loaded model. end_of_turn: the id that means silence where it comes first."""

    def __init__(self, loaded: LoadedModel, end_of_turn: int) -> None:
        self._loaded = loaded
        self._end_of_turn = end_of_turn
        vocabulary = loaded.model.config.get_text_config().vocab_size
        self._rows = max(1, LOGITS_BYTES // (4 * vocabulary))  # places whose logits are made at once

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """Returns the logits, places × vocabulary, in float32."""
        logits: Tensor = self._loaded.model.lm_head(hidden).float()
        return logits

    @torch.inference_mode()
    def log_odds(self, hidden: Tensor) -> list[float]:
        """Returns log p(answer) − log p(silence) by decision. hidden: the last hidden state before each."""
        odds: list[float] = []
        for first in range(0, len(hidden), self._rows):
            logits = self.logits(hidden[first : first + self._rows])
            odds += (self._answering(logits) - logits[:, self._end_of_turn]).tolist()
        return odds

    @torch.inference_mode()
    def nats(self, hidden: Tensor, ids: Sequence[int], group: bool) -> float:
        """Returns −log p of a turn and its end; in a group given that there is an answer, unless the turn is silence.

        hidden: the last hidden state before each id.
        """
        nats = 0.0
        for first in range(0, len(ids), self._rows):
            logits = self.logits(hidden[first : first + self._rows])
            wanted = torch.tensor(ids[first : first + self._rows], device=logits.device)
            whole = logits.logsumexp(1)
            if group and first == 0 and len(ids) > 1:
                whole[0] = self._answering(logits[:1])[0]
            nats += float((whole - logits.gather(1, wanted[:, None])[:, 0]).sum())
        return nats

    def _answering(self, logits: Tensor) -> Tensor:
        """log Σ exp over every first token but the end of turn."""
        silence = torch.tensor([self._end_of_turn], device=logits.device)
        return logits.index_fill(1, silence, -torch.inf).logsumexp(1)
