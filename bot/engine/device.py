"""What the machine offers: threads, the fastest precision, and its name."""

import os
import platform
import re
import time
from functools import lru_cache
from pathlib import Path

import torch

from bot.engine.cores import free_cores

_ROUNDS = 5
_GAIN = 1.25  # bfloat16 costs some exactness, so it must win clearly


def use_physical_cores() -> None:
    """Sets one thread for each core that this process may use; OMP_NUM_THREADS, where set, has the last word."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(free_cores())


def fastest_dtype(device: str, dtype: str) -> str:
    """Returns the precision in which a model trains and reads fastest, or the one that was asked for.

    On a CPU it is measured: with bfloat16 instructions training is twice as fast as in float32, without them slower.
    It is not the one that serves there: bfloat16 shifts a decision's log-odds by about 0.1, a tenth more or fewer
    answers.
    """
    if dtype != "auto":
        return dtype
    if device == "mps":
        return "float32"
    on_cpu = device == "cpu" or (device == "auto" and not torch.cuda.is_available())
    return ("bfloat16" if bfloat16_is_faster() else "float32") if on_cpu else "auto"


@lru_cache(maxsize=1)
def bfloat16_is_faster() -> bool:
    """Tries one matrix product of a usual size both ways, for about a twentieth of a second."""
    return _best_time(torch.float32) > _GAIN * _best_time(torch.bfloat16)


def _best_time(dtype: torch.dtype) -> float:
    left, right = torch.ones(1024, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
    times = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return min(times[1:])


def hardware(device: torch.device) -> str:
    """Names the machine in a few words, for a model card."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{_cpu_name()}, {torch.get_num_threads()} threads"


def _cpu_name() -> str:
    try:
        match = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        match = None
    return match[1].strip() if match else platform.processor() or platform.machine()
