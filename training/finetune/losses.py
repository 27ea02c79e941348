"""The two losses of a batch, computed only where something is learnt."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.models import QwenVL
from training.finetune.batches import Batch
from training.finetune.samples import IGNORED, UNDECIDED


class Sums(NamedTuple):
    """Losses summed, and over how many tokens of text and how many decisions, each by its weight.

    odds: log p(answer) − log p(silence) of each decision, as the model has it; answered, weights: of each.
    """

    text: Tensor
    texts: Tensor
    decision: Tensor
    decisions: Tensor
    odds: Tensor
    answered: Tensor
    weights: Tensor


class Objective(nn.Module):
    """Text: −log p of the subject's tokens. Decision: −log p of answering, or of silence, as it was.

    In a group the first token of an answer is learnt *given* that there is one: the end of turn is left out of its
    softmax, so that the text loss cannot push p(answer) up. Only the decision loss moves it, with the natural prior.
    """

    def __init__(self, model: QwenVL, end_of_turn: int, kept: int | None = None) -> None:
        """kept: see `learner.Learner`."""
        super().__init__()
        self.model = model
        self.end_of_turn = end_of_turn
        self.kept = kept

    def forward(self, batch: Batch, correction: float = 0.0) -> Sums:
        """correction: added to the log-odds of answering, see `learner.Learner`."""
        self._keep(batch.ids.shape[1])
        photos = {} if batch.pixels is None else {"pixel_values": batch.pixels, "image_grid_thw": batch.grids}
        hidden = self.model.model(
            input_ids=batch.ids, position_ids=batch.places, lengths=batch.lengths, use_cache=False, **photos
        ).last_hidden_state
        # The vocabulary is large: logits of all positions would cost more than the model.
        logits = self.model.lm_head(hidden.flatten(0, 1)[batch.at]).float()
        return sums(logits, batch, self.end_of_turn, correction)

    def _keep(self, tokens: int) -> None:
        """Sets whether what the layers compute for a row of so many tokens is kept until its gradients are."""
        again = self.kept is not None and tokens > self.kept
        if again and not self.model.is_activation_checkpointing:
            self.model.activation_checkpointing_enable({"use_reentrant": False})
        elif not again and self.model.is_activation_checkpointing:
            self.model.activation_checkpointing_disable()  # type: ignore[no-untyped-call]
            self.model.disable_input_require_grads()  # type: ignore[no-untyped-call]


def sums(logits: Tensor, batch: Batch, end_of_turn: int, correction: float = 0.0) -> Sums:
    """Returns the losses of logits (places × vocabulary), summed."""
    openings = logits[batch.open]
    silent = openings[:, end_of_turn]
    spoken = openings.index_fill(1, torch.tensor([end_of_turn], device=logits.device), -torch.inf).logsumexp(1)
    whole = logits.logsumexp(1).masked_scatter(batch.open, spoken)
    learnt = batch.targets != IGNORED
    wanted = logits.gather(1, batch.targets.clamp(min=0)[:, None])[:, 0]
    answered = batch.answered[batch.open]
    decided = answered != UNDECIDED
    weights = batch.weights[batch.open][decided].to(logits.dtype)
    odds, labels = (spoken - silent)[decided], answered[decided].to(logits.dtype)
    decision = functional.binary_cross_entropy_with_logits(odds + correction, labels, weights, reduction="sum")
    return Sums((whole - wanted)[learnt].sum(), learnt.sum(), decision, weights.sum(), odds, labels, weights)
