"""Chats without pictures, made up by the model: the same each time, and a measure of how far it has gone from them."""

import random
from dataclasses import replace

import pytest
import torch

from training.finetune.lora import attach, set_weights, weights
from training.finetune.presets import ATTENTION, TUNED
from training.recipes.eyes.language import AnswerScorer
from training.recipes.eyes.talk import strayed, talks


def test_a_model_that_learnt_nothing_has_not_strayed(scorer: AnswerScorer) -> None:
    [talk] = talks(scorer, 1, seed=3)
    assert len(talk.ids) == 8 and talk.hidden.shape[:2] == talk.ids.shape
    assert len(set(map(tuple, talk.ids.tolist()))) > 1, "it goes on in several ways"
    assert torch.equal(talks(scorer, 1, seed=3)[0].ids, talk.ids)
    assert float(strayed(scorer, talk)) == pytest.approx(0, abs=1e-5)
    some = talk.some(random.Random(1))
    assert len(some.ids) == 2 and float(strayed(scorer, some)) == pytest.approx(0, abs=1e-5)


def test_one_that_learnt_has(scorer: AnswerScorer) -> None:
    [talk] = talks(scorer, 1, seed=3)
    lora = attach(scorer.loaded.model, replace(TUNED, rank=2, targets=ATTENTION), "base")
    try:
        generator = torch.Generator().manual_seed(1)
        set_weights(
            lora, {name: torch.randn(value.shape, generator=generator) for name, value in weights(lora).items()}
        )
        assert float(strayed(scorer, talk).detach()) > 0.01
    finally:
        lora.unload()
