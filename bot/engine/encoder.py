"""An embedding model from a folder on this machine: texts to vectors, the nearer in meaning the larger their cosine.

Such as all-MiniLM-L6-v2, or any other that transformers' AutoModel can open without foreign code.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigError
from bot.files import read_text

if TYPE_CHECKING:
    from torch import Tensor

Vectors = NDArray[np.float32]
"""Texts × numbers, each row of length 1."""

_ROWS = 32  # texts at once
_TOKENS = 256
_POOLER = "pooler."  # a part that many such folders lack, and that nobody asks
_LETTERS = 2000  # of one text: who pastes a book is not waited for
_POOLING = Path("1_Pooling", "config.json")  # where sentence-transformers says which of a text's states are its vector
_READ = ("config.json", "*.safetensors", "*.bin", "*.model", "*.txt", "tokenizer.json", str(_POOLING))


class LocalEncoder:
    """Its weights are loaded when it is first asked, and let go when it is closed. One thread may ask at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embed: Callable[[list[str]], Tensor] | None = None

    @property
    def name(self) -> str:
        return self._folder.name

    @cached_property
    def fingerprint(self) -> str:
        """Tells whether two folders hold the same encoder, by their files. Raises ConfigError where there is none."""
        if not (self._folder / "config.json").is_file():
            raise self._unfit()
        digest = hashlib.sha256()
        try:
            for path in sorted({path for pattern in _READ for path in self._folder.glob(pattern)}):
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise self._unfit() from error
        return digest.hexdigest()

    def load(self) -> None:
        """Raises ConfigError where the folder holds no such model."""
        self._embed = self._embed or self._loaded()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Raises ConfigError where the folder holds no such model."""
        embed = self._embed = self._embed or self._loaded()
        whole = [text[:_LETTERS].encode(errors="replace").decode() for text in texts]
        found = [embed(whole[first : first + _ROWS]).numpy() for first in range(0, len(whole), _ROWS)]
        return np.concatenate(found)

    def close(self) -> None:
        self._embed = None
        gc.collect()

    def _loaded(self) -> "Callable[[list[str]], Tensor]":
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        try:
            tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True, trust_remote_code=False)
            model, report = AutoModel.from_pretrained(
                self._folder, local_files_only=True, trust_remote_code=False, output_loading_info=True
            )
            by_first = _by_first(self._folder / _POOLING)
        except (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError) as error:
            raise self._unfit() from error
        finally:
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()  # type: ignore[no-untyped-call]

        if any(not name.startswith(_POOLER) for name in report["missing_keys"]):
            raise self._unfit()
        model.eval()

        def embed(texts: list[str]) -> "Tensor":
            batch = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=_TOKENS)
            with torch.inference_mode():
                states = model(**batch).last_hidden_state.float()
            seen = batch["attention_mask"][..., None].float()
            pooled = states[:, 0] if by_first else (states * seen).sum(1) / seen.sum(1).clamp(min=1)
            return torch.nn.functional.normalize(pooled, dim=1)

        return embed

    def _unfit(self) -> ConfigError:
        return ConfigError(f"{self._folder} holds no embedding model that can be opened without code of its own.")


def _by_first(pooling: Path) -> bool:
    """Whether the first token's state is a text's vector, and not, as mostly, the mean of all."""
    try:
        said = json.loads(read_text(pooling))
    except FileNotFoundError:
        return False
    return isinstance(said, dict) and bool(said.get("pooling_mode_cls_token") or said.get("pooling_mode") == "cls")
