"""How many cores a model may use. No torch here."""

import os
import sys

import psutil


def free_cores() -> int:
    """One for each physical core that this process may use; OMP_NUM_THREADS, where set, has the last word."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed))
