"""All that is fitted to the person by the engine that serves: the decision in groups, and the sampling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.config import SamplingConfig
from bot.engine.base import BatchEngine
from bot.engine.blocking import Blocking
from bot.sampling import Sampling
from training.calibration.fitting import Fitted
from training.calibration.reading import calibrate
from training.calibration.sampling import FittedSampling, fit_sampling
from training.data.dialogues import Dialogue
from training.data.groups import Group
from training.data.points import Point


@dataclass(frozen=True, slots=True)
class Calibrated:
    decision: Fitted
    sampling: FittedSampling

    def save(self, lora: Path) -> None:
        """Writes both beside the LoRA."""
        self.decision.calibration.save(lora)
        self.sampling.sampling.save(lora)


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds for each part; None where a run has no minutes."""

    decision: float | None = None
    sampling: float | None = None


def calibrate_all(
    served: Blocking[BatchEngine],
    validation: Sequence[Dialogue],
    points: Sequence[Point],
    sampling: SamplingConfig,
    time: Time,
    note: Callable[[str], None],
    correction: float = 0.0,
    heard: Sequence[Group] = (),
) -> Calibrated:
    """Fits both on the validation days, by the engine with its LoRA on.

    sampling: what of it is not fitted. note: is told what takes long. correction, heard: see
    `calibrate`.
    """
    note(f"Calibrating the decision on the validation days ({served.engine.precision}).")
    decision = calibrate(served, validation, points, time.decision, correction, heard)
    note("Fitting the sampling on talks of the validation days, the avatar's own replies being the past.")
    least = sampling.over(Sampling()).min_p
    given = Sampling(top_p=sampling.top_p, max_tokens=sampling.max_tokens, min_p=least)
    return Calibrated(decision, fit_sampling(served, validation, given, time.sampling))
