"""How far a run is, by epochs or by the clock, and what follows from it."""

import math
import time
from dataclasses import dataclass, field


def learning_rate(peak: float, warmup: float, fraction: float) -> float:
    """A short rise, then a cosine down to nothing, over the run's fraction 0 to 1."""
    if fraction < warmup:
        return peak * fraction / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min((fraction - warmup) / (1 - warmup), 1.0)))


@dataclass(slots=True)
class Clock:
    """Wall clock of a run, over its interruptions.

    minutes: the budget, or None. used: seconds spent before an interruption. reserved: seconds kept for what comes
    after training: the last measurement, the calibration, writing.
    """

    minutes: float | None = None
    used: float = 0.0
    reserved: float = 0.0
    started: float = field(default_factory=time.monotonic)
    trained_from: float = 0.0  # seconds already used when the first step was taken

    @property
    def elapsed(self) -> float:
        return self.used + time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds left for training; endless without a budget."""
        return math.inf if self.minutes is None else self.minutes * 60 - self.reserved - self.elapsed

    def fraction(self, done: float) -> float:
        """How far the run is: by what is `done` of the epochs, or by the clock, whichever is ahead."""
        if self.minutes is None:
            return done
        room = self.minutes * 60 - self.reserved - self.trained_from
        by_clock = (self.elapsed - self.trained_from) / room if room > 0 else 1.0
        return min(max(done, by_clock), 1.0)
