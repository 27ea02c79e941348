"""The model as it learns: a step of the optimizer, or a reading of samples, in the precision of the machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
from training.finetune.samples import Sample

_LARGE = 1_000_000_000  # weights from which a GPU keeps no activations, but computes them again


@dataclass(slots=True)
class Losses:
    """Sums over some batches; their means in nats, None where there is nothing to divide by."""

    text_sum: float = 0.0
    texts: int = 0
    decision_sum: float = 0.0
    decisions: float = 0.0
    tokens: int = 0

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
    ) -> None:
        """correction: of the log-odds of answering where it is read, see `epoch.correction`."""
        self.loaded, self.lora, self.codec, self.media, self.preset = loaded, lora, codec, media, preset
        self.correction = correction
        pack_attention(loaded.model)
        self.trained = [value for value in lora.parameters() if value.requires_grad]
        if loaded.device.type == "cuda":
            torch.cuda.set_device(loaded.device)
        if loaded.device.type != "cpu" and sum(value.numel() for value in loaded.model.parameters()) > _LARGE:
            loaded.model.gradient_checkpointing_enable(  # type: ignore[no-untyped-call]
                gradient_checkpointing_kwargs={"use_reentrant": False}
            )
        # In bfloat16 all is computed as it comes in: nothing needs to be cast, as it does for a scaled loss or 4 bits.
        mixed = "fp16" if loaded.model.dtype == torch.float16 else "bf16" if loaded.four_bit else "no"
        self._accelerator = Accelerator(mixed_precision=mixed, cpu=loaded.device.type == "cpu")
        self._objective = self._accelerator.prepare_model(
            Objective(loaded.model, codec.end_of_turn), device_placement=False
        )
        self._optimizer = self._accelerator.prepare_optimizer(
            AdamW(self.trained, lr=preset.learning_rate, betas=(0.9, preset.beta2), weight_decay=preset.weight_decay),
            device_placement=False,
        )

    def step(self, batches: Sequence[Sequence[Sample]], learning_rate: float, texts: float, decisions: float) -> Losses:
        """Learns some batches in one step; the sums of both losses are divided by `texts` and `decisions`.

        Raises EchoesError where the loss is no number any more.
        """
        self._objective.train()
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        seen = Losses()
        for samples in batches:
            batch = self._batch(samples)
            sums: Sums = self._objective(batch)
            loss = sums.text / texts + self.preset.decision_weight * sums.decision / decisions
            if not torch.isfinite(loss):
                self._optimizer.zero_grad()
                raise EchoesError(
                    "The loss is no longer a number: run `echoes train --fresh` with a lower --learning-rate."
                )
            self._accelerator.backward(loss)
            seen.add(_losses(sums, batch))
        self._accelerator.clip_grad_norm_(self.trained, self.preset.clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return seen

    def read(self, samples: Sequence[Sample]) -> Losses:
        """Returns the losses of one batch, without learning."""
        self._objective.eval()
        batch = self._batch(samples)
        with torch.inference_mode():
            return _losses(self._objective(batch, self.correction), batch)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns the LoRA's weights, copied, and the optimizer's state."""
        return weights(self.lora), self._optimizer.state_dict()

    def restore(self, lora: dict[str, Tensor], optimizer: dict[str, Any]) -> None:
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
