"""Whisper (Radford et al., 2022) on CTranslate2, by faster-whisper: the extra `echoes[hearing]`."""

import importlib.util
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.config import HearingConfig
from bot.errors import ConfigError, DataError, PassingError
from bot.hearing.transcriber import Transcript
from bot.playing.reading import samples

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

log = logging.getLogger(__name__)

_FILES = ("model.bin", "config.json")
_FULL = 32768.0  # what the loudest sample of 16 bits is divided by


class Whisper:
    """A loaded model. Of what is not speech it is told nothing, for it would make up words for it."""

    def __init__(self, model: "WhisperModel", name: str, language: str, longest_seconds: float) -> None:
        """language: `auto`, or the one that is spoken. Sound longer than `longest_seconds` is refused."""
        self._model = model
        self.name = name
        self._language = None if language == "auto" else language
        self._longest = longest_seconds

    def transcribe(self, file: bytes, stop: threading.Event) -> Transcript:
        sound, seconds = samples(file, self._longest)
        heard = np.frombuffer(sound, np.int16).astype(np.float32) / _FULL
        if not heard.size:
            return Transcript("", "", 0.0)
        try:
            found, about = self._model.transcribe(
                heard, language=self._language, vad_filter=True, condition_on_previous_text=False
            )
            parts = []
            for segment in found:  # each is computed when it is asked for
                if stop.is_set():
                    raise DataError("A voice message was not written down: it took too long.")
                parts.append(segment.text.strip())
        except (RuntimeError, ValueError) as error:
            raise DataError(f"A voice message could not be written down ({type(error).__name__}).") from error
        return Transcript(" ".join(part for part in parts if part), about.language, seconds)


def open_whisper(config: HearingConfig, cache: Path, *, fetch: bool = False) -> Whisper:
    """Loads the model that the owner named. Raises ConfigError, in a sentence, where a package or the model is missing.

    cache: the folder that a model named by its name lies in, or is fetched into. fetch: it may be, from the model hub;
    else nothing is ever asked of the network. Raises PassingError where it cannot be fetched now.
    """
    folder = model_folder(config, cache, fetch=fetch)
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it tells what was said when, and how long
    from faster_whisper import WhisperModel

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        model = WhisperModel(str(folder), device=config.device, compute_type="default", cpu_threads=min(threads, 8))
    except (RuntimeError, ValueError, OSError) as error:
        raise ConfigError(
            f"hearing.model: {folder} cannot be loaded ({str(error).splitlines()[0][:200]}): it must be a Whisper "
            "model converted for CTranslate2."
        ) from error
    return Whisper(model, f"whisper {name_of(config.model)}", config.language, config.longest_seconds)


def model_folder(config: HearingConfig, cache: Path, *, fetch: bool = False) -> Path:
    """Where the model lies, without loading it. Raises what `open_whisper` raises."""
    if importlib.util.find_spec("faster_whisper") is None or importlib.util.find_spec("av") is None:
        raise ConfigError("Voice messages cannot be heard: run `pip install 'echoes-avatar[hearing]'`.")
    there = Path(config.model).expanduser()
    if there.is_dir():
        if missing := [name for name in _FILES if not (there / name).is_file()]:
            raise ConfigError(f"hearing.model: {missing[0]} is missing from {there}: copy the model again.")
        return there
    if there.is_absolute() or config.model.startswith((".", "~")):
        raise ConfigError(f"hearing.model: the folder {there} is not there.")
    return _named(config.model, cache, fetch=fetch)


def name_of(model: str) -> str:
    """What a model is called: its name, or the last part of its folder or hub id."""
    return Path(model).name.removeprefix("faster-whisper-")


def _named(name: str, cache: Path, *, fetch: bool) -> Path:
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, cache_dir=str(cache), local_files_only=not fetch))
    except ValueError as error:
        raise ConfigError(f"hearing.model: {name} is no folder, no size of Whisper and no hub id.") from error
    except Exception as error:  # the hub's library raises kinds of many families
        if fetch:
            raise PassingError(
                f"The model {name} cannot be fetched now ({type(error).__name__}): check the network, or put its files "
                "into a folder and name that as hearing.model."
            ) from error
        raise ConfigError(
            f"hearing.model: {name} is not on this machine: `echoes transcribe --fetch` fetches it from the model hub, "
            "or name a folder that holds it."
        ) from error
