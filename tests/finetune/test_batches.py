"""Rows: everything once, nearly full, few shapes, the same order every time."""

import random
from typing import NoReturn

import pytest
import torch

from training.finetune.batches import collate, filled, plan, waste
from training.finetune.clock import Clock, learning_rate
from training.finetune.samples import Place, Sample

BUDGET = 1024


def sample(length: int) -> Sample:
    return Sample(tuple(range(length)), (Place(0, 1),), ())


def lengths(seed: int) -> list[int]:
    """As chats are: many short dialogues, some long, some cut at the limit."""
    rng = random.Random(seed)
    return [min(int(rng.lognormvariate(5.4, 0.7)) + 70, 1000) for _ in range(300)]


def never(photos: object) -> NoReturn:
    raise AssertionError("there are no photos")


@pytest.mark.parametrize("seed", range(5))
def test_little_is_wasted_on_filling(seed: int) -> None:
    samples = [sample(length) for length in lengths(seed)]
    rows = plan(samples, BUDGET, random.Random(seed))
    assert waste(samples, rows) < 0.05
    assert sorted(index for row in rows for index in row) == list(range(len(samples)))
    taken = [sum(filled(len(samples[index].ids)) for index in row) for row in rows]
    assert max(taken) <= BUDGET and sum(taken) > 0.9 * BUDGET * len(rows)


def test_few_shapes_are_met() -> None:
    assert [filled(length) for length in (1, 16, 17, 1025)] == [16, 16, 32, 1040]
    batch = collate([sample(100), sample(17)], 7, lambda one: torch.arange(len(one.ids)).expand(3, -1), never, never)
    assert batch.lengths == (112, 80) and batch.ids.shape == (1, 192) and batch.tokens == 117
    assert batch.places[0, 0, 112:129].tolist() == list(range(17)), "each sample begins anew"
    assert batch.at.tolist() == [0, 112] and batch.ids[0, 129:].eq(7).all()


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
