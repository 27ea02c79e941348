"""A loaded model that several voices share: the base model and its LoRAs, one at a time on the same weights."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from PIL import Image

from bot.chat.prompt import Codec, Fingerprint
from bot.engine.base import Sampling
from bot.engine.choice import Chooser
from bot.engine.lora import LoraSlot
from bot.engine.models import LoadedModel
from bot.errors import EchoesError
from bot.lora import WEIGHTS
from training.evaluation.asking.branches import Grower
from training.evaluation.asking.scoring import Scorer
from training.evaluation.asking.store import digest
from training.evaluation.asking.weighing import Weigher
from training.evaluation.asking.writing import Writer

ROWS = 32
"""Answers in the making at a time."""

NBYTES = 1_500_000_000
"""Of key-value states held at once, about."""

_SHAPE = "adapter_config.json"  # of a LoRA, in its folder
_CPU_TOKENS, _GPU_TOKENS = 2048, 16384  # of dialogues scored at once


class SharedModel:
    """Photos are opened by digest. kept: the folder for answers; None keeps none.

    Changes the model in place: nobody else may use it meanwhile.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        codec: Codec,
        open_photo: Callable[[str], Image.Image],
        sampling: Sampling,
        kept: Path | None,
        *,
        rows: int = ROWS,
        nbytes: int = NBYTES,
    ) -> None:
        self.loaded, self.codec, self.sampling, self.kept = loaded, codec, sampling, kept
        self.fingerprint = Fingerprint.of(loaded.base_id, codec)
        self._slot = LoraSlot(loaded, self.fingerprint)
        self._worn: Path | None = None
        tokens = _CPU_TOKENS if loaded.device.type == "cpu" else _GPU_TOKENS
        grower = Grower(loaded, open_photo)
        chooser = Chooser(codec, loaded.model.config.get_text_config().vocab_size)
        self.scorer = Scorer(loaded, codec, open_photo, tokens)
        self.writer = Writer(grower, codec, chooser, sampling, rows, nbytes)
        self.weigher = Weigher(grower, self.scorer, nbytes)

    def identity(self, lora: Path | None) -> str:
        """A digest of the weights and of all else by which the same ids get other answers.

        Raises PermanentError where the LoRA is not for this model.
        """
        weights = []
        if lora is not None:
            self.fingerprint.check(lora)
            weights = [hashlib.sha256(path.read_bytes()).digest() for path in (lora / WEIGHTS, lora / _SHAPE)]
        return digest(self.fingerprint, self.loaded.model.dtype, self.loaded.four_bit, *weights)

    @contextmanager
    def wearing(self, lora: Path | None) -> Iterator[None]:
        """Work with that LoRA on, or with none; it stays on afterwards, for work with the same costs nothing more.

        Raises PermanentError where it does not fit, EchoesError where memory does not suffice.
        """
        if lora != self._worn:
            self._slot.switch(lora)
            self._worn = lora
        try:
            yield
        except RuntimeError as error:
            if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
                raise
            raise EchoesError(
                f"The memory of {self.loaded.device} does not suffice to evaluate: "
                "lower model.context_tokens in config.yaml, or take a smaller model."
            ) from error
