"""The decision fitted to the person: what the engine that serves says of the validation days, and what is seen."""

from training.calibration.again import calibrate_again
from training.calibration.fitting import Fitted, Inputs, fit, fit_linear, own_rate_threshold, table
from training.calibration.reading import SHARE, calibrate, groups, reading_seconds, told

__all__ = [
    "SHARE",
    "Fitted",
    "Inputs",
    "calibrate",
    "calibrate_again",
    "fit",
    "fit_linear",
    "groups",
    "own_rate_threshold",
    "reading_seconds",
    "table",
    "told",
]
