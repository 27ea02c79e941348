"""How many cores a model may use, and how it shares them. No torch here."""

import os
import sys

SPINS = "10000"
"""How often a thread looks for new work before it sleeps. Endlessly, as is the habit of GNU's OpenMP, makes a model
twice as slow and more where anything else wants the cores; sleeping at once makes it slower where nothing does."""


def free_cores() -> int:
    """One for each physical core that this process may use; OMP_NUM_THREADS, where set, has the last word."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    import psutil

    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed))


def share_cores() -> None:
    """Lets torch's threads sleep soon when they wait. Before torch is imported; what its user set has the last word."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
