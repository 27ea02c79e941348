"""How far a run is, by epochs or by the clock, and what follows from it."""

import math
import time
from dataclasses import dataclass, field

MEASURING = 0.15
"""At most this share of a run's minutes is kept for measuring on held-out days. A machine that is slow just then takes
longer for it, and neither reads less there nor learns less for it."""


def learning_rate(peak: float, warmup: float, fraction: float) -> float:
    """Returns the learning rate at a fraction of the run, 0 to 1: a short rise, then a cosine down to nothing."""
    if fraction < warmup:
        return peak * fraction / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min((fraction - warmup) / (1 - warmup), 1.0)))


@dataclass(slots=True)
class Clock:
    """Wall clock of a run, over its interruptions.

    minutes: the budget, or None. used: seconds spent before an interruption. reserved: seconds of the budget kept for
    what is not learning: all measurements, the calibration, writing. measured: seconds that measurements took so far.
    """

    minutes: float | None = None
    used: float = 0.0
    reserved: float = 0.0
    started: float = field(default_factory=time.monotonic)
    measured: float = 0.0
    trained_from: float = 0.0  # seconds counted when the first step was taken

    @property
    def elapsed(self) -> float:
        return self.used + time.monotonic() - self.started

    @property
    def counted(self) -> float:
        """The seconds used, without measurements, during which this clock stands still."""
        return self.elapsed - self.measured

    @property
    def left(self) -> float:
        """The seconds left for training; infinity without a budget."""
        return math.inf if self.minutes is None else self.minutes * 60 - self.reserved - self.counted

    def fraction(self, done: float) -> float:
        """How far the run is: by what is `done` of the epochs, or by the clock, whichever is ahead."""
        if self.minutes is None:
            return done
        room = self.minutes * 60 - self.reserved - self.trained_from
        by_clock = (self.counted - self.trained_from) / room if room > 0 else 1.0
        return min(max(done, by_clock), 1.0)
