"""Batches: everything once, little filling, few shapes, the same order every time."""

import random

import pytest

from training.finetune.batches import filled, plan, waste
from training.finetune.clock import Clock, learning_rate
from training.finetune.presets import TUNED
from training.finetune.samples import Place, Sample


def sample(length: int) -> Sample:
    return Sample(tuple(range(length)), (Place(0, 1),), ())


def lengths(seed: int) -> list[int]:
    """As chats are: many short dialogues, some long, some cut at the limit."""
    rng = random.Random(seed)
    return [min(int(rng.lognormvariate(5.4, 0.7)) + 70, 1000) for _ in range(300)]


@pytest.mark.parametrize("seed", range(5))
def test_little_is_wasted_on_filling(seed: int) -> None:
    samples = [sample(length) for length in lengths(seed)]
    batches = plan(samples, TUNED.batch_tokens, random.Random(seed))
    assert waste(samples, batches) < 0.2
    assert sorted(index for batch in batches for index in batch) == list(range(len(samples)))
    shapes = {(len(batch), filled(max(len(samples[index].ids) for index in batch))) for batch in batches}
    assert len(shapes) <= 20
    assert all(rows * length <= TUNED.batch_tokens for rows, length in shapes)


def test_the_worst_filling_is_bounded() -> None:
    assert all(length <= filled(length) < 1.51 * length for length in range(64, 5000))
    assert filled(1) == 64 and filled(64) == 64 and filled(1025) == 1280


def test_one_that_is_longer_than_the_budget_goes_alone() -> None:
    samples = [sample(2000), sample(2000), sample(100)]
    assert sorted(map(sorted, plan(samples, 1024, random.Random(1)))) == [[0], [1], [2]]


def test_the_order_is_that_of_the_seed() -> None:
    samples = [sample(length) for length in lengths(0)]
    assert plan(samples, 1024, random.Random("0/1")) == plan(samples, 1024, random.Random("0/1"))
    assert plan(samples, 1024, random.Random("0/1")) != plan(samples, 1024, random.Random("0/2"))


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(1.0, 0.1, step / 100) for step in range(101)]
    assert rates[0] == 0 and max(rates) == rates[10] == 1 and rates[100] == pytest.approx(0)
    assert rates[:11] == sorted(rates[:11]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert learning_rate(1.0, 0.0, 0.0) == 1


def test_the_clock_or_the_epochs_whichever_is_ahead() -> None:
    endless = Clock()
    assert endless.fraction(0.25) == 0.25 and endless.left == float("inf")
    half = Clock(minutes=10, used=300, reserved=0)
    assert half.fraction(0.1) == pytest.approx(0.5, abs=0.01)
    assert half.fraction(0.7) == pytest.approx(0.7)
    assert half.left == pytest.approx(300, abs=1)
    reserved = Clock(minutes=10, used=300, reserved=250, trained_from=60)
    assert reserved.left == pytest.approx(50, abs=1)
    assert reserved.fraction(0.0) == pytest.approx(240 / 290, abs=0.01)
    assert Clock(minutes=1, used=600).fraction(0.0) == 1
