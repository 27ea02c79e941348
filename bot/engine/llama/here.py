"""Whether llama.cpp runs on this machine, asked without loading it: its code may end a process that cannot."""

import ctypes.util
import logging
import platform
import re
from importlib.util import find_spec
from pathlib import Path

from bot.config import ModelConfig
from bot.errors import ConfigError

log = logging.getLogger(__name__)

_NEEDED = ("avx2", "fma", "f16c", "bmi2")
"""What the wheels for x86 were compiled with."""


def llama_runs(model: ModelConfig) -> bool:
    """Whether the configuration's engine is llama.cpp. Raises ConfigError where it asks for it and it cannot run."""
    if model.engine in ("torch", "server"):
        return False
    obstacle = why_not()
    if model.engine == "llama":
        if obstacle:
            raise ConfigError(f"model.engine: llama: {obstacle}, or set model.engine: torch.")
        return True
    if model.four_bit or model.dtype != "auto" or model.device not in ("auto", "cpu") or has_gpu(model.device):
        return False
    if obstacle:
        log.info("The model runs in torch: llama.cpp would be faster, but %s.", obstacle)
    return not obstacle


def why_not(cpuinfo: Path = Path("/proc/cpuinfo"), machine: str = platform.machine()) -> str:
    """Why llama.cpp cannot run here, and what to do; empty where it can."""
    if find_spec("xllamacpp") is None:
        return "it is not installed (`pip install xllamacpp`, where there is a wheel for this platform and Python)"
    if machine.lower() in ("x86_64", "amd64") and cpuinfo.is_file():
        found = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text("utf-8", "replace"), re.MULTILINE)
        missing = [name for name in _NEEDED if found and name not in found[1].split()]
        if missing:
            return f"this processor lacks {', '.join(missing)}, which its wheel needs (build it from source)"
    return ""


def has_gpu(device: str) -> bool:
    """Whether a model that may go anywhere goes to an NVIDIA GPU."""
    return device == "auto" and (Path("/dev/nvidia0").exists() or ctypes.util.find_library("nvcuda") is not None)
