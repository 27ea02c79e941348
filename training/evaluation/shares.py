"""A share of things counted one by one."""

from scipy.stats import binomtest

from training.evaluation.panel import NAN, Value


def share(count: int, number: int) -> Value:
    """With its exact interval: Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 1934."""
    if not number:
        return Value(NAN)
    exact = binomtest(count, number).proportion_ci()
    return Value(count / number, float(exact.low), float(exact.high))
