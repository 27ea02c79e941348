"""The numbers, against hand-made cases and scikit-learn's."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.evaluation import plainly
from training import statistics
from training.calibration import own_rate_threshold


def test_ranking_is_as_scikit_learn_has_it_with_ties_too() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        spoke = rng.random(150) < 0.2
        score = np.round(rng.random(150) + 0.3 * spoke, 1).astype(np.float64)
        assert statistics.auroc(spoke, score) == pytest.approx(roc_auc_score(spoke, score))


def test_calibration_error() -> None:
    rng = np.random.default_rng(1)
    probability = rng.random(20_000) * 0.5
    spoke = rng.random(20_000) < probability
    assert plainly.calibration_error(spoke, probability) < 0.02
    assert plainly.calibration_error(spoke, probability + 0.2) == pytest.approx(0.2, abs=0.02)
    assert plainly.calibration_error(spoke, np.full(20_000, spoke.mean())) == pytest.approx(0, abs=1e-9)


def test_rates() -> None:
    spoke = np.array([True, True, False, False, False, False, False, False])
    probability = np.array([0.9, 0.2, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert plainly.rate_ratio(spoke, probability >= 0.15) == 1.5


def test_what_cannot_be_said_is_no_number() -> None:
    never, score = np.zeros(5, dtype=np.bool_), np.arange(5.0)
    assert math.isnan(statistics.auroc(never, score))
    assert math.isnan(plainly.rate_ratio(never, score >= 0.5))


def test_intervals_draw_days_whole() -> None:
    days = ["a"] * 50 + ["b"] * 50
    values = np.repeat([0.0, 1.0], 50)

    def interval(days: Sequence[str]) -> tuple[float, float]:
        found = statistics.value(statistics.Draws(days).each(lambda rows: float(values[rows].mean())))
        return found.low, found.high

    assert interval(days) == (0, 1), "two days that differ wholly leave nothing certain"
    assert interval(days) == (0, 1), "the same every time"
    assert all(math.isnan(end) for end in interval(["a"] * 9)), "one day says nothing of others"
    assert math.isnan(statistics.value(statistics.Draws([]).mean([])).number)


def test_sums_of_days_are_drawn_as_their_places_are() -> None:
    rng = np.random.default_rng(4)
    days, values = [f"day {number}" for number in rng.integers(9, size=80)], rng.normal(size=80)
    draws = statistics.Draws(days)
    each = draws.each(lambda rows: float(values[rows].sum()))
    assert draws.sums(values) == pytest.approx(each)
    assert draws.mean(values) == pytest.approx(draws.each(lambda rows: float(values[rows].mean())))
    found = statistics.value(draws.mean(values))
    assert found.number == pytest.approx(values.mean()) and found.low < found.number < found.high
    less = statistics.value(draws.sums(values) - draws.sums(values))
    assert (less.number, less.low, less.high) == (0, 0, 0), "a measure less itself is certain"


def test_shares_have_exact_intervals() -> None:
    found = statistics.share(0, 20)
    assert (found.number, found.low) == (0, 0) and found.high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert math.isnan(statistics.share(0, 0).number)


def test_a_threshold_for_the_persons_own_rate() -> None:
    probabilities = np.array([0.1, 0.4, 0.2, 0.3])
    assert own_rate_threshold(probabilities, 1) == pytest.approx(0.35)
    assert own_rate_threshold(probabilities, 3) == pytest.approx(0.15)
    assert own_rate_threshold(probabilities, 0) == 0.5
    tied = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    assert (tied >= own_rate_threshold(tied, 2)).sum() == 1
    assert (tied >= own_rate_threshold(tied, 3)).sum() == 4
