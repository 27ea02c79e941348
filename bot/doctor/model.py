"""What can be found wrong with the model and the LoRA without loading them: files, their heads, their sizes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.chat.decision import Calibration
from bot.chat.prompt import Fingerprint
from bot.checks import Check, bad, good, note
from bot.config import Config
from bot.config.embedded import EMBEDDED_MODELS
from bot.engine.describe import BaseModel, codec_for, describe
from bot.engine.matrices import decoder_of, misfit
from bot.errors import ConfigError, EchoesError
from bot.files import read_text
from bot.lora import WEIGHTS, find_lora
from bot.machine import free_memory
from bot.media import MediaStore
from bot.sampling import Sampling
from bot.weights import read_through, shapes
from bot.workspace import Workspace

_INDEX = "model.safetensors.index.json"  # which of several files holds which tensor


def examine_model(workspace: Workspace, config: Config, progress: Callable[[str], None]) -> Iterator[Check]:
    try:
        base = describe(config.model.base, progress)
        yield from _base(config, base)
    except EchoesError as error:
        yield bad("model", error)
        return
    if not base.geometry.sees:
        yield note("photos", "this model sees none, and is told what known drawings and groceries show")
    yield _lora(workspace, config, base)


def _base(config: Config, base: BaseModel) -> Iterator[Check]:
    if config.model.server is not None:
        yield good("model", f"{base.id}; its server at {config.model.server.url} is asked with --online")
        return
    files, missing = _files(base)
    if missing and base.source == str(base.folder):
        raise ConfigError(f"model.base: {missing[0]} is missing from {base.folder}: copy the model again.")
    if missing or not files:
        yield note("model", f"the weights of {base.id} are not all here yet: the first start fetches them")
        return
    for path in files:
        try:
            shapes(path)
        except ValueError as error:
            raise ConfigError(
                f"model.base: {path} is cut short or damaged ({error}): delete {base.folder} and fetch the model again."
            ) from None
    size = sum(path.stat().st_size for path in files)
    yield good("model", f"{base.id}, {size / 1e9:.1f} GB, whole by the heads of its files")
    yield from _memory(config, size)


def _files(base: BaseModel) -> tuple[list[Path], list[str]]:
    """The files of weights that are there, and the names of those that are not."""
    try:
        named = sorted(set(json.loads(read_text(base.folder / _INDEX))["weight_map"].values()))
    except FileNotFoundError:
        return sorted(base.folder.glob("*.safetensors")), []
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"model.base: {base.folder / _INDEX} is damaged: copy the model again.") from None
    paths = [base.folder / name for name in named]
    return [path for path in paths if path.is_file()], [path.name for path in paths if not path.is_file()]


def _memory(config: Config, size: int) -> Iterator[Check]:
    if config.model.device not in ("auto", "cpu"):
        return
    free = free_memory()
    needed = size + config.model.cache_mb * 1_000_000
    amounts = f"{free / 1e9:.1f} GB free, about {needed / 1e9:.1f} GB used by the model and its caches"
    if free >= needed:
        yield good("memory", amounts)
    elif config.model.device == "cpu" or config.model.base in EMBEDDED_MODELS:
        yield bad("memory", ConfigError(f"{amounts}: take a smaller model.base or model.cache_mb."))
    else:
        yield note("memory", f"{amounts}: enough only if the model goes to a GPU")


def _lora(workspace: Workspace, config: Config, base: BaseModel) -> Check:
    try:
        lora = find_lora(workspace.loras, config.model.lora)
        if lora is None:
            return note("lora", "none is asked for: the base model speaks as it is")
        Fingerprint.of(base.id, codec_for(base, MediaStore(workspace.media))).check(lora)
        Calibration.load(lora)
        Sampling.fitted(lora)
        if wrong := misfit(shapes(lora / WEIGHTS), decoder_of(base)):
            raise ConfigError(f"The LoRA {lora} does not fit {base.id} ({wrong}): run `echoes train` again.")
        read_through(lora / WEIGHTS)
        return good("lora", f"{lora.name} is whole and fits the model")
    except EchoesError as error:
        return bad("lora", error)
