"""The LoRA on a loaded model: put on, exchanged, taken off."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel
from safetensors import SafetensorError

from bot.chat.prompt import Fingerprint
from bot.engine.models import LoadedModel
from bot.errors import PassingError, PermanentError
from bot.files import refusal

_WEIGHTS = "adapter_model.safetensors"


class LoraSlot:
    """Holds at most one LoRA. Call it only from the inference thread: the model is changed in place.

    In float32 the LoRA is added into the weights, and a token takes as long as without it; a shorter type would round
    it away, and keeps it beside them.
    """

    def __init__(self, loaded: LoadedModel, fingerprint: Fingerprint) -> None:
        self._loaded = loaded
        self._fingerprint = fingerprint
        self._peft: Any = None  # made with the first LoRA
        self._active: str | None = None
        self._count = 0
        self._merges = loaded.model.dtype == torch.float32 and not loaded.four_bit

    def switch(self, folder: Path | None) -> None:
        """Takes the LoRA of a folder, or none. Raises PermanentError, and keeps the old one, if it does not fit.

        Raises PassingError, and keeps it too, while the files cannot be read.
        """
        if folder is not None:
            self._fingerprint.check(folder)
        old, new = self._active, None
        with _quiet():  # what does not fit is found below, and said in a sentence
            self._unmerge()
            try:
                if folder is not None:
                    self._count += 1
                    new = f"lora{self._count}"
                    self._add(folder, new)
                self._use(new)
            except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
                self._unmerge()
                self._remove(new)
                self._use(old)
                if (sentence := refusal(error)) is not None and not isinstance(error, FileNotFoundError):
                    raise PassingError(sentence) from error
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
                raise PermanentError(
                    f"The LoRA in {folder} cannot be loaded ({reason}): run `echoes train` again, or choose another."
                ) from error
            self._remove(old)

    def _add(self, folder: Path, name: str) -> None:
        if not (folder / _WEIGHTS).is_file():
            raise ValueError(f"it has no {_WEIGHTS}")
        config = PeftConfig.from_pretrained(str(folder))
        config.inference_mode = True
        if self._peft is None:
            self._peft = PeftModel(self._loaded.model, config, adapter_name=name, autocast_adapter_dtype=False)
        else:
            self._peft.add_adapter(name, config, autocast_adapter_dtype=False)
        report = self._peft.load_adapter(str(folder), adapter_name=name, autocast_adapter_dtype=False)
        strange = [key for key in (*report.missing_keys, *report.unexpected_keys) if "lora_" in key]
        if strange:
            raise ValueError(f"{len(strange)} of its matrices are not the model's, such as {strange[0]}")

    def _use(self, name: str | None) -> None:
        self._active = name
        if name is not None:
            self._peft.set_adapter(name)
            self._peft.eval()
            self._peft.requires_grad_(False)
            if self._merges:
                self._peft.base_model.merge_adapter(safe_merge=True)

    def _unmerge(self) -> None:
        if self._peft is not None and self._merges:
            self._peft.base_model.unmerge_adapter()

    def _remove(self, name: str | None) -> None:
        if name is None or self._peft is None or name not in self._peft.peft_config:
            return
        if len(self._peft.peft_config) > 1:
            self._peft.delete_adapter(name)
        else:
            self._peft.unload()
            self._peft = None


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
