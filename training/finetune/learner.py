"""The model as it learns: a step of the optimizer, or a reading of samples, in the precision of the machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from peft import PeftModel
from torch import Tensor
from torch.optim import AdamW

from bot.chat.prompt import Codec
from bot.engine.models import LoadedModel, photo_tensors
from bot.engine.prefill import rotary_places
from bot.errors import EchoesError
from bot.media import MediaStore
from training.finetune.attention import pack_attention
from training.finetune.batches import Batch, collate
from training.finetune.lora import set_weights, weights
from training.finetune.losses import Objective, Sums
from training.finetune.presets import Preset
from training.finetune.ranks import Ranks
from training.finetune.samples import Sample
from training.finetune.shards import divide

T = TypeVar("T")


@dataclass(slots=True)
class Losses:
    """Sums over some batches; their means in nats, None where there is nothing to divide by."""

    text_sum: float = 0.0
    texts: int = 0
    decision_sum: float = 0.0
    decisions: float = 0.0
    tokens: int = 0

    @classmethod
    def of(cls, numbers: Tensor) -> "Losses":
        """The losses whose `numbers` these are."""
        text_sum, texts, decision_sum, decisions, tokens = numbers.tolist()
        return cls(text_sum, round(texts), decision_sum, decisions, round(tokens))

    def numbers(self) -> Tensor:
        return torch.tensor(
            [self.text_sum, self.texts, self.decision_sum, self.decisions, self.tokens], dtype=torch.float64
        )

    def add(self, other: "Losses") -> None:
        self.text_sum += other.text_sum
        self.texts += other.texts
        self.decision_sum += other.decision_sum
        self.decisions += other.decisions
        self.tokens += other.tokens

    @property
    def text(self) -> float | None:
        return self.text_sum / self.texts if self.texts else None

    @property
    def decision(self) -> float | None:
        return self.decision_sum / self.decisions if self.decisions else None


class Learner:
    """A base model with a LoRA in it, and the optimizer of the LoRA."""

    def __init__(
        self,
        loaded: LoadedModel,
        lora: PeftModel,
        codec: Codec,
        media: MediaStore,
        preset: Preset,
        correction: float = 0.0,
        *,
        kept: int | None = None,
        divided: torch.device | None = None,
    ) -> None:
        """correction: of the log-odds of answering where it is read, see `epoch.correction`. `offset`, which is added
        to them always, is 0 until it is set: see `offset.fitted_offset`.

        kept: of a row of more tokens no activations within a layer are kept, but computed again, for less memory and up
        to two thirds more time; None keeps all.

        divided: where the model goes, of its layers to each process a part, see `shards.divide`; None leaves it whole,
        and where it is.
        """
        self.loaded, self.lora, self.codec, self.media, self.preset = loaded, lora, codec, media, preset
        self.correction, self.offset = correction, 0.0
        pack_attention(loaded.model)
        self.trained = [value for value in lora.parameters() if value.requires_grad]
        self._divided, device = divided is not None, divided or loaded.device
        if device.type == "cuda":
            torch.cuda.set_device(device)
        # In bfloat16 all is computed as it comes in: nothing needs to be cast, as it does for a scaled loss or 4 bits.
        mixed = "fp16" if loaded.model.dtype == torch.float16 else "bf16" if loaded.four_bit else "no"
        self._accelerator = Accelerator(mixed_precision=mixed, cpu=device.type == "cpu")
        objective = Objective(loaded.model, codec.end_of_turn, kept)
        if divided:
            divide(objective, divided)
        self._objective = self._accelerator.prepare_model(
            objective, device_placement=False, evaluation_mode=True
        )  # "evaluation": it is not wrapped to average over processes, which `Ranks` sums over
        self._ranks = Ranks(self._accelerator)
        self._optimizer = self._accelerator.prepare_optimizer(
            AdamW(self.trained, lr=preset.learning_rate, betas=(0.9, preset.beta2), weight_decay=preset.weight_decay),
            device_placement=False,
        )

    def step(self, batches: Sequence[Sequence[Sample]], learning_rate: float, texts: float, decisions: float) -> Losses:
        """Learns some batches in one step; the sums of both losses are divided by `texts` and `decisions`.

        Raises EchoesError where the loss is no number any more.
        """
        return self._everywhere(Learner._step, batches, learning_rate, texts, decisions, self.offset)

    def read(self, samples: Sequence[Sample]) -> Losses:
        """Returns the losses of one batch, without learning."""
        return self.ask(Learner._read, samples, self.offset + self.correction)

    def odds(self, samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor]:
        """Returns each decision's log p(answer) − log p(silence), whether it was answered, and its weight."""
        return self.ask(Learner._odds, samples)

    def ask(self, what: Callable[..., T], *arguments: object) -> T:
        """Returns `what(learner, *arguments)`, a module's own function that reads with the model and learns nothing.

        Where the weights are divided, every process does it: none can read alone.
        """
        return self._everywhere(what, *arguments) if self._divided else what(self, *arguments)

    def _everywhere(self, what: Callable[..., T], *arguments: object) -> T:
        self._ranks.tell((what, arguments))
        return what(self, *arguments)

    def follow(self) -> None:
        """Does what the first process tells all to do, until that one says that it is over."""
        while (order := self._ranks.hear()) is not None:
            what, arguments = order
            what(self, *arguments)

    def release(self) -> None:
        """Lets the processes that follow end."""
        self._ranks.tell(None)

    def _step(
        self,
        batches: Sequence[Sequence[Sample]],
        learning_rate: float,
        texts: float,
        decisions: float,
        offset: float,
    ) -> Losses:
        self._objective.train()
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        seen = torch.zeros(5, dtype=torch.float64)
        for samples in batches:
            own = self._ranks.share(samples)
            # Divided weights come together only where all compute: one without a share does so, and learns nothing.
            batch = self._batch(own or [min(samples, key=lambda one: len(one.ids))])
            sums: Sums = self._objective(batch, offset)
            loss = sums.text / texts + self.preset.decision_weight * sums.decision / decisions
            self._accelerator.backward(loss if own else 0 * loss)
            if own:
                seen += _losses(sums, batch).numbers()
        for value in self.trained:
            value.grad = torch.zeros_like(value) if value.grad is None else value.grad
        self._ranks.sum_up([value.grad for value in self.trained if value.grad is not None])
        self._ranks.sum_up([seen])
        if not seen.isfinite().all():
            self._optimizer.zero_grad()
            raise EchoesError(
                "The loss is no longer a number: run `echoes train --fresh` with a lower --learning-rate."
            )
        self._accelerator.clip_grad_norm_(self.trained, self.preset.clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return Losses.of(seen)

    def _read(self, samples: Sequence[Sample], correction: float) -> Losses:
        batch = self._batch(samples)
        return _losses(self._found(batch, correction), batch)

    def _odds(self, samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor]:
        sums = self._found(self._batch(samples))
        return sums.odds, sums.answered, sums.weights

    @torch.no_grad()  # not inference_mode: what first gathers divided weights under it could not be learnt with
    def _found(self, batch: Batch, correction: float = 0.0) -> Sums:
        self._objective.eval()
        sums: Sums = self._objective(batch, correction)
        return sums

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns the LoRA's weights, copied, and the optimizer's state."""
        return weights(self.lora), self._optimizer.state_dict()

    def restore(self, lora: dict[str, Tensor], optimizer: dict[str, Any]) -> None:
        self._everywhere(Learner._restore, lora, optimizer)

    def _restore(self, lora: dict[str, Tensor], optimizer: dict[str, Any]) -> None:
        set_weights(self.lora, lora)
        self._optimizer.load_state_dict(optimizer)

    def _batch(self, samples: Sequence[Sample]) -> Batch:
        batch = collate(
            samples,
            self.codec.end_of_turn,
            lambda sample: rotary_places(self.loaded, sample)[:, 0],
            self.media.open,
            lambda images: photo_tensors(self.loaded, images),
        )
        return batch.to(self.loaded.device)


def _losses(sums: Sums, batch: Batch) -> Losses:
    text, decision = float(sums.text.detach()), float(sums.decision.detach())
    return Losses(text, int(sums.texts), decision, float(sums.decisions), batch.tokens)
