"""Where the files for llama.cpp are: a base model's in the user's cache, one with a LoRA in that LoRA's folder.

The latter holds private words, as the LoRA does: only its owner can read it, and it goes with the folder.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.engine.built import cache_home
from bot.engine.describe import BaseModel
from bot.engine.llama.export import RECIPE, export
from bot.engine.llama.quantizing import Quantize
from bot.errors import PassingError
from bot.files import refusal
from bot.lora import SHAPE, WEIGHTS

_PREFIX = ".llama-"  # a LoRA's folder is shown by its other files


async def model_file(
    base: BaseModel, lora: Path | None, quantize: Quantize, progress: Callable[[str], None] | None = None
) -> Path:
    """The GGUF file of a base model with that LoRA in it, made on first use. Safe beside other makers.

    Raises as `bot.engine.llama.export.export` does, and PassingError where it cannot be written.
    """
    try:
        if lora is None:
            path = _cache() / f"{base.id.replace('/', '--')}-{quantize}-r{RECIPE}.gguf"
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            path = lora / f"{_PREFIX}{await asyncio.to_thread(_digest, base, lora)}-{quantize}-r{RECIPE}.gguf"
        if not path.is_file():
            await _make(base, lora, quantize, path, progress)
            if lora is not None:
                await asyncio.to_thread(_sweep, lora, path)
        return path
    except OSError as error:
        raise PassingError(refusal(error) or f"The model for llama.cpp cannot be written ({error}).") from error


def weights_folder(base: BaseModel) -> Path:
    """The folder with a base model's weights, fetched from the hub where they are not here yet.

    Raises PassingError where the hub cannot be reached.
    """
    if Path(base.source).is_dir():
        return Path(base.source)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = ["*.safetensors", "*.json"]
    try:
        try:
            found = Path(snapshot_download(base.source, allow_patterns=wanted, local_files_only=True))
            if any(found.glob("*.safetensors")):
                return found
        except LocalEntryNotFoundError:
            pass
        return Path(snapshot_download(base.source, allow_patterns=wanted))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise PassingError(
            f"model.base: the weights of {base.source} are not on this machine and the model hub cannot be reached "
            f"({type(error).__name__}): check the network."
        ) from error


async def _make(
    base: BaseModel, lora: Path | None, quantize: Quantize, path: Path, progress: Callable[[str], None] | None
) -> None:
    with tempfile.TemporaryDirectory(prefix=_PREFIX, suffix=".part", dir=path.parent) as place:
        folder = await asyncio.to_thread(weights_folder, base)
        made = Path(place) / "model.gguf"
        await asyncio.to_thread(export, base, folder, lora, quantize, made, progress)
        made.chmod(0o600 if lora is not None else 0o644)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.rename(path)


def _sweep(lora: Path, kept: Path) -> None:
    """Takes away what was made for another base model, precision or recipe."""
    for old in lora.glob(f"{_PREFIX}*.gguf"):
        if old != kept:
            old.unlink(missing_ok=True)


def _cache() -> Path:
    return cache_home() / "llama"


def _digest(base: BaseModel, lora: Path) -> str:
    digest = hashlib.sha256(base.id.encode())
    for name in (SHAPE, WEIGHTS):
        with (lora / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
