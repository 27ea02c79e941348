"""Learning begins where the person answers as often as they do, so that learning to be silent costs no words."""

import json
from pathlib import Path

import pytest
import torch

from bot.config.embedded import EMBEDDED_EN
from bot.engine.models import codec_for, load
from bot.media import MediaStore
from bot.message import ChatKind
from bot.workspace import Workspace
from tests.finetune.test_losses import group, talk
from tests.finetune.test_train import QUICK, Listener
from training.finetune import train
from training.finetune.learner import Learner
from training.finetune.lora import attach
from training.finetune.offset import fitted_offset, offset_of
from training.finetune.presets import TUNED
from training.finetune.samples import Sample, sample_of

LAMPS = (
    group("> who has the keys", "no idea", "> tom has them", "", "> does he", "", "> he does not", "", "> then who"),
    group("> rain again", "", "> bring boots", "", "> no boots left", "", "> umbrella?", "i have two", "> two?!"),
)


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    loaded, media = load(EMBEDDED_EN, "cpu", "float32"), MediaStore(tmp_path)
    return Learner(loaded, attach(loaded.model, TUNED, "base"), codec_for(loaded, media), media, TUNED)


def samples(learner: Learner) -> list[Sample]:
    return [sample_of(one, learner.codec) for one in LAMPS]


def test_the_constant_gives_as_many_answers_as_there_were() -> None:
    odds = torch.tensor([3.0, 6.0, 5.0, 7.0], dtype=torch.float64)
    answered, weights = torch.tensor([0.0, 1.0, 0.0, 0.0]), torch.tensor([1.0, 1.0, 2.0, 1.0])
    found = offset_of(odds, answered, weights)
    assert float((weights * torch.sigmoid(odds + found)).sum()) == pytest.approx(1.0, abs=1e-6)
    assert -10 < found < 0


@pytest.mark.parametrize("answered", [0.0, 1.0])
def test_where_all_or_none_are_answered_there_is_no_constant(answered: float) -> None:
    assert offset_of(torch.tensor([3.0]), torch.tensor([answered]), torch.ones(1)) == 0.0


def test_without_groups_there_is_none(learner: Learner) -> None:
    assert fitted_offset(learner, [sample_of(talk(ChatKind.PRIVATE, "> hi", "hey"), learner.codec)], 0) == 0.0


def test_a_model_that_is_never_silent_need_not_learn_that_it_mostly_is(learner: Learner) -> None:
    without = learner.read(samples(learner)).decision
    learner.offset = fitted_offset(learner, samples(learner), 0)
    found = learner.read(samples(learner)).decision
    assert without is not None and found is not None
    assert learner.offset < -3 and found < without / 2


def test_what_was_added_as_it_learnt_is_added_where_it_decides(workspace: Workspace) -> None:
    folder = train(workspace, QUICK, Listener())
    correction = json.loads((folder / "decision.json").read_text("utf-8"))["correction"]
    assert -10 <= correction < 0, "Nora is mostly silent in the group, and a random model hardly ever"
