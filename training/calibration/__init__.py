"""What is fitted to the person by the engine that serves, on the validation days: the decision, and the sampling."""

from training.calibration.again import calibrate_again
from training.calibration.calibrated import Calibrated, Time, calibrate_all
from training.calibration.combining import Inputs, fit_linear, table
from training.calibration.fitting import Fitted, fit
from training.calibration.reading import SHARE, calibrate, groups, reading_seconds, told
from training.calibration.sampling import SAMPLING_SHARE, FittedSampling, told_sampling
from training.calibration.thresholds import own_rate_threshold

__all__ = [
    "SAMPLING_SHARE",
    "SHARE",
    "Calibrated",
    "Fitted",
    "FittedSampling",
    "Inputs",
    "Time",
    "calibrate",
    "calibrate_again",
    "calibrate_all",
    "fit",
    "fit_linear",
    "groups",
    "own_rate_threshold",
    "reading_seconds",
    "table",
    "told",
    "told_sampling",
]
