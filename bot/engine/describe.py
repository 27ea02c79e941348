"""What is known of a base model before its weights are loaded: family, tokenizer, photo geometry. No torch here."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from tokenizers import Tokenizer

from bot.chat.prompt import Codec, PhotoGeometry
from bot.chat.prompt.codec import load_tokenizer
from bot.config.embedded import EMBEDDED, EMBEDDED_MODELS, EMBEDDED_ZH
from bot.engine.embedded import embedded_id, ensure_embedded
from bot.engine.embedded_zh import RECIPE as EMBEDDED_ZH_ID
from bot.engine.embedded_zh import ensure_embedded_zh
from bot.errors import ConfigError, PassingError
from bot.files import read_text
from bot.media import MediaStore
from bot.weights import ends

GPU_DEFAULT = "Qwen/Qwen3-VL-8B-Instruct"
PHOTO_POSITIONS = 256
"""How many positions of the prompt a photo takes at most, where the model itself does not say fewer."""

Family = Literal["qwen2_5_vl", "qwen3_vl"]

UNTAUGHT = "untaught"
"""In a model's vision_config: true where nobody has taught its eyes to see."""

_FILES = ("config.json", "tokenizer.json", "preprocessor_config.json")
_SIZES_KEPT = 4096


@dataclass(frozen=True)
class BaseModel:
    """`id` names it in fingerprints; `source` is what transformers loads; `folder` holds at least its small files."""

    id: str
    source: str
    folder: Path
    family: Family
    tokenizer: Tokenizer
    geometry: PhotoGeometry
    max_positions: int


class _CodecSource(Protocol):
    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def geometry(self) -> PhotoGeometry: ...


def describe(base: str, progress: Callable[[str], None] | None = None) -> BaseModel:
    """Looks at a base model: an embedded one, a hub id, a folder or a GGUF file.

    `progress` is told of what is made on first use: an embedded model, or the folder that a GGUF file is opened into.
    Of `embedded` alone the English one is meant: which one a workspace means is known to who read its configuration.
    Raises ConfigError in a sentence, PassingError for now.
    """
    if base == EMBEDDED_ZH:
        folder = ensure_embedded_zh(progress)
        return _read(base, EMBEDDED_ZH_ID, str(folder), folder)
    if base in EMBEDDED_MODELS:
        folder = ensure_embedded(progress)
        return _read(base, embedded_id(), str(folder), folder)
    folder = Path(base).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file() and any(folder.glob("*.gguf")):
            raise ConfigError(f"model.base: {folder} holds GGUF files: name the model's own, not the folder.")
        return _read(base, None, str(folder), folder)
    if folder.is_file():
        from bot.engine.ready.opening import open_gguf  # which loads gguf

        opened = open_gguf(folder, progress)
        return _read(base, None, str(opened), opened)
    if base.startswith(("/", ".", "~")) or base.endswith(".gguf") or base.count("/") != 1:
        raise ConfigError(
            f"model.base: {base!r} is neither a folder nor a model's id nor a file: give {EMBEDDED}, the id of a "
            f"Qwen2.5-VL or Qwen3-VL such as {GPU_DEFAULT}, or the folder or GGUF file of one."
        )
    return _read(base, base, base, _fetch(base))


def codec_for(model: _CodecSource, media: MediaStore) -> Codec:
    """The codec of a base model, described or loaded, that finds its photos in a store.

    A model whose own eyes have learnt nothing is told what the shipped tower takes them for.
    """

    @lru_cache(maxsize=_SIZES_KEPT)  # a photo's size never changes, and asking may decode the photo
    def photo_size(digest: str) -> tuple[int, int]:
        return media.size(digest)

    if model.geometry.sees:
        return Codec(model.tokenizer, model.geometry, photo_size)
    from bot.engine.eyes.namer import Namer  # which loads numpy

    return Codec(model.tokenizer, model.geometry, photo_size, Namer(media))


def _fetch(base: str) -> Path:
    """The folder of a hub model's small files, from the hub or from its local copy."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        for name in _FILES:
            try:
                path = hf_hub_download(base, name, local_files_only=True)  # without a network, at once
            except LocalEntryNotFoundError:
                path = hf_hub_download(base, name)
    except HFValidationError as error:
        raise ConfigError(f"model.base: {base!r} is neither a folder nor a model's id.") from error
    except GatedRepoError as error:
        raise ConfigError(
            f"model.base: {base} asks for its licence to be accepted: accept it on the hub and set HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise ConfigError(f"model.base: the hub knows no model {base}: check the spelling.") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
            raise ConfigError(f"model.base: {base} lacks a file of a Qwen-VL model ({', '.join(_FILES)}).") from error
        raise PassingError(
            f"model.base: {base} is not on this machine and the model hub cannot be reached ({type(error).__name__}): "
            f"check the network, or give {EMBEDDED} or a model's folder."
        ) from error
    return Path(path).parent


def _read(base: str, name: str | None, source: str, folder: Path) -> BaseModel:
    config = _json(base, folder, "config.json")
    family = _family(base, config)
    photos = _photo_settings(base, folder)
    vision = config.get("vision_config") or {}
    patch, merge = int(vision.get("patch_size", 14)), int(vision.get("spatial_merge_size", 2))
    size = photos.get("size") or {}
    low = size.get("shortest_edge") or photos.get("min_pixels") or 4 * (patch * merge) ** 2
    high = size.get("longest_edge") or photos.get("max_pixels") or PHOTO_POSITIONS * (patch * merge) ** 2
    bounded = min(int(high), PHOTO_POSITIONS * (patch * merge) ** 2)
    text = config.get("text_config") or config
    return BaseModel(
        name or _content_id(family, folder),
        source,
        folder,
        family,
        load_tokenizer(folder),
        PhotoGeometry(patch, merge, min(int(low), bounded), bounded, sees=not vision.get(UNTAUGHT, False)),
        int(text.get("max_position_embeddings", 32768)),
    )


def _family(base: str, config: dict[str, Any]) -> Family:
    kind = config.get("model_type")
    if kind == "qwen2_5_vl":
        return "qwen2_5_vl"
    if kind == "qwen3_vl":
        return "qwen3_vl"
    if str(kind).startswith("qwen3_5"):
        raise ConfigError(
            f"model.base: {base} is a Qwen3.5, whose kept cache cannot be shortened (three of four layers are linear "
            f"attention): choose a Qwen3-VL, such as {GPU_DEFAULT}."
        )
    raise ConfigError(f"model.base: {base} is of the kind {kind!r}: Echoes runs Qwen2.5-VL and Qwen3-VL models.")


def _photo_settings(base: str, folder: Path) -> dict[str, Any]:
    if (folder / "preprocessor_config.json").is_file():
        return _json(base, folder, "preprocessor_config.json")
    settings: dict[str, Any] = _json(base, folder, "processor_config.json").get("image_processor") or {}
    return settings


def _json(base: str, folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads(read_text(folder / name))
    except FileNotFoundError:
        raise ConfigError(f"model.base: {base} has no {name}: give the folder of a Qwen-VL model.") from None
    except ValueError as error:
        raise ConfigError(f"model.base: {folder / name} cannot be read: copy the model again.") from error
    if not isinstance(content, dict):
        raise ConfigError(f"model.base: {folder / name} is not a model's: copy the model again.")
    return content


def _content_id(family: str, folder: Path) -> str:
    """Names a folder's model by what is in it, so that it may be moved but not exchanged."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        for piece in ends(path):
            digest.update(piece)
    return f"{family}@{digest.hexdigest()[:12]}"
