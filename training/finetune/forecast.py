"""What a run will take on this machine, told once a few steps have shown how fast it is."""

import resource
import sys
from dataclasses import dataclass

from bot.engine.models import gpu_bytes
from training.durations import in_words

STEPS = 5
"""After so many steps it is told; the first is not counted, in which kernels are made."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """tokens: to be learnt in all. speed: tokens a second. seconds: of the whole run. memory: bytes at most."""

    tokens: int
    speed: float
    seconds: float
    memory: int

    def __str__(self) -> str:
        return (
            f"This will take about {in_words(self.seconds)} in all: {self.tokens:,} tokens, at "
            f"{self.speed:.0f} a second here just now, "
            f"and {self.memory / 1e9:.1f} GB of memory. Ctrl-C stops it and keeps what is learnt."
        )


def peak_memory() -> int:
    """Returns the most bytes that this process held so far, on the GPU where there is one."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return gpu_bytes() or (kilobytes if sys.platform == "darwin" else kilobytes * 1024)
