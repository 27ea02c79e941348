"""Opening a ready GGUF file once: into the user's cache, where the folder is found from then on."""

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.engine.built import cache_home, ensure
from bot.engine.ready.decoder import family_of, width_of
from bot.engine.ready.folder import NEEDED, Opened
from bot.engine.ready.reading import Head, read_head
from bot.engine.ready.tower import FileTower, check_tower
from bot.errors import ConfigError, PassingError
from bot.files import refusal
from bot.weights import ends

RECIPE = 1
"""Raised whenever the same files would give another folder."""

_PART = re.compile(r"(.+)-\d{5}-of-(\d{5})")
_SPARE = 50_000_000  # bytes for everything but the weights


def open_gguf(model: Path, progress: Callable[[str], None] | None = None) -> Path:
    """The folder of a file's model, made on first use. Safe beside other makers. Torch is loaded here at first.

    `progress` is told when that takes its time. Raises ConfigError where it is no Qwen-VL's file or its mmproj is not
    beside it, PassingError while the folder cannot be written.
    """
    name, parts = _parts(model)
    towers = sorted(path for path in model.parent.glob("*.gguf") if "mmproj" in path.name.lower() and path != model)
    try:
        folder = cache_home() / "gguf" / f"{name}-{_digest([*parts, *towers])}"

        def build(place: Path) -> None:
            _open(parts, towers, place, folder, progress or (lambda _: None))

        return ensure(folder, NEEDED, build)
    except OSError as error:
        raise PassingError(refusal(error) or f"model.base: {model} cannot be opened just now ({error}).") from error


def _parts(model: Path) -> tuple[str, Sequence[Path]]:
    """The name of a model without its number, and all of its files."""
    match = _PART.fullmatch(model.stem)
    if match is None:
        return model.stem, [model]
    name, count = match[1], int(match[2])
    parts = [model.with_name(f"{name}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    if missing := [path.name for path in parts if not path.is_file()]:
        raise ConfigError(
            f"model.base: {model} is one part of {count}, and beside it there is no {missing[0]}: download all of them."
        )
    return name, parts


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256(str(RECIPE).encode())
    for path in paths:
        digest.update(f"{path.stat().st_size}\n".encode())
        for piece in ends(path):
            digest.update(piece)
    return digest.hexdigest()[:12]


def _open(
    parts: Sequence[Path], towers: Sequence[Path], place: Path, folder: Path, progress: Callable[[str], None]
) -> None:
    decoder = _whole([read_head(path) for path in parts])
    family = family_of(decoder)
    tower = read_head(_the_one(towers, decoder.path))
    check_tower(tower, family, width_of(decoder, family))
    progress(f"looking at {parts[0].name}")
    opened = Opened(family, decoder, FileTower(tower, family))
    free, needed = shutil.disk_usage(place).free, opened.size + _SPARE
    if free < needed:
        raise PassingError(
            f"model.base: {parts[0].name} becomes {needed / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are "
            "free: make room there, or set XDG_CACHE_HOME to another folder."
        )
    progress(f"opening {parts[0].name}, once: it becomes {needed / 1e9:.1f} GB in {folder}")
    opened.write(place)


def _whole(heads: Sequence[Head]) -> Head:
    """The first of them, with the tensors of all."""
    first, *_ = heads
    return Head(first.path, first.told, {name: one for head in heads for name, one in head.tensors.items()})


def _the_one(towers: Sequence[Path], model: Path) -> Path:
    if not towers:
        raise ConfigError(
            f"model.base: beside {model} there is no mmproj, the model's eyes: download the mmproj-….gguf from where "
            f"the model comes from, and put it into {model.parent}."
        )
    if len(towers) > 1:
        raise ConfigError(
            f"model.base: beside {model} there are several mmproj ({', '.join(path.name for path in towers)}): keep "
            "the one in that folder that belongs to it."
        )
    return towers[0]
