"""The LoRA on a loaded model: put on, exchanged, taken off."""

import warnings
from pathlib import Path
from typing import Any

from peft import PeftConfig, PeftModel
from safetensors import SafetensorError

from bot.engine.models import LoadedModel
from bot.errors import PermanentError
from bot.prompt import Codec, Fingerprint

_WEIGHTS = "adapter_model.safetensors"


class LoraSlot:
    """Holds at most one LoRA. Its matrices are put into the model in place; call only from the inference thread."""

    def __init__(self, loaded: LoadedModel, fingerprint: Fingerprint) -> None:
        self._loaded = loaded
        self._fingerprint = fingerprint
        self._peft: Any = None  # made with the first LoRA
        self._active: str | None = None
        self._count = 0

    @classmethod
    def for_codec(cls, loaded: LoadedModel, codec: Codec) -> "LoraSlot":
        return cls(loaded, Fingerprint.of(loaded.base_id, codec))

    def switch(self, folder: Path | None) -> None:
        """Takes the LoRA of a folder, or none. Raises PermanentError, and keeps the old one, if it does not fit."""
        if folder is None:
            self._remove(self._active)
            self._active = None
            return
        self._fingerprint.check(folder)
        self._count += 1
        name = f"lora{self._count}"
        try:
            self._add(folder, name)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            self._remove(name)
            if self._active is not None:
                self._peft.set_adapter(self._active)
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise PermanentError(
                f"The LoRA in {folder} cannot be loaded ({reason}): run `echoes train` again, or choose another."
            ) from error
        old, self._active = self._active, name
        self._remove(old)

    def _add(self, folder: Path, name: str) -> None:
        if not (folder / _WEIGHTS).is_file():
            raise ValueError(f"it has no {_WEIGHTS}")
        config = PeftConfig.from_pretrained(str(folder))
        config.inference_mode = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what does not fit is checked below
            if self._peft is None:
                self._peft = PeftModel(self._loaded.model, config, adapter_name=name, autocast_adapter_dtype=False)
            else:
                self._peft.add_adapter(name, config, autocast_adapter_dtype=False)
            report = self._peft.load_adapter(str(folder), adapter_name=name, autocast_adapter_dtype=False)
        strange = [key for key in (*report.missing_keys, *report.unexpected_keys) if "lora_" in key]
        if strange:
            raise ValueError(f"{len(strange)} of its matrices are not the model's, such as {strange[0]}")
        self._peft.set_adapter(name)
        self._peft.eval()
        self._peft.requires_grad_(False)

    def _remove(self, name: str | None) -> None:
        if name is None or self._peft is None or name not in self._peft.peft_config:
            return
        if len(self._peft.peft_config) > 1:
            self._peft.delete_adapter(name)
        else:
            self._peft.unload()
            self._peft = None
