"""The two losses, against a plain computation over every position of one sequence at a time."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import torch

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec
from bot.engine.models import LoadedModel, codec_for
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from tests.support import picture
from training.data.dialogues import Dialogue
from training.finetune.batches import Batch
from training.finetune.epoch import thinned
from training.finetune.learner import Learner, Losses
from training.finetune.lora import attach
from training.finetune.losses import sums
from training.finetune.presets import TUNED
from training.finetune.samples import IGNORED, UNDECIDED, Sample, sample_of

MEI = Speaker("Mei", "friend")


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
def codec(loaded: LoadedModel, media: MediaStore) -> Codec:
    return codec_for(loaded, media)


@pytest.fixture
def learner(loaded: LoadedModel, codec: Codec, media: MediaStore) -> Learner:
    torch.manual_seed(0)
    return Learner(loaded, attach(loaded.model, TUNED, "base"), codec, media, TUNED)


def talk(kind: ChatKind, *said: str, photos: tuple[str, ...] = ()) -> Dialogue:
    """`> text` is somebody else's. Photos go to the first turn."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    turns = tuple(
        Turn(
            MEI if text.startswith("> ") else None,
            (Bubble(text.removeprefix("> "), () if number else photos),),
            start + timedelta(seconds=90 * number),
        )
        for number, text in enumerate(said)
    )
    counted = tuple(kind is ChatKind.GROUP for _ in turns)
    scene = Scene(Persona("Nora"), kind, MEI, "Lamps")
    return Dialogue("telegram:9", scene, turns, 0, date(2026, 3, 2), counted, tuple(range(len(turns))))


def group(*said: str, photos: tuple[str, ...] = ()) -> Dialogue:
    return talk(ChatKind.GROUP, *said, photos=photos)


def plainly(learner: Learner, sample: Sample) -> Losses:
    """Every position's logits, then one loss after the other. Without photos."""
    with torch.inference_mode():
        logits = learner.lora(input_ids=torch.tensor([sample.ids])).logits[0].double()
    found = Losses()
    for place in sample.places:
        chances = logits[place.at].softmax(0)
        silence = float(chances[learner.codec.end_of_turn])
        if place.target != IGNORED:
            chance = float(chances[place.target]) / (1 - silence if place.open else 1)
            found.text_sum -= float(torch.tensor(chance).double().log())
            found.texts += 1
        if place.answered != UNDECIDED:
            chance = 1 - silence if place.answered else silence
            found.decision_sum -= float(torch.tensor(chance).double().log())
            found.decisions += 1
    return found


def test_a_batch_has_the_losses_of_its_sequences(learner: Learner, codec: Codec) -> None:
    samples = [
        sample_of(group("> hi", "> Nora?", "yes", "> ok", "> thanks"), codec),
        sample_of(talk(ChatKind.PRIVATE, "> hello there, how are you today?", "fine", "> good", "you?"), codec),
        sample_of(group("> a"), codec),
    ]
    together = learner.read(samples)
    alone = [plainly(learner, sample) for sample in samples]
    assert together.text_sum == pytest.approx(sum(one.text_sum for one in alone), rel=1e-4)
    assert together.decision_sum == pytest.approx(sum(one.decision_sum for one in alone), rel=1e-4)
    assert together.texts == sum(one.texts for one in alone) == len("yes") + 1 + len("fine") + 1 + len("you?") + 1
    assert together.decisions == 5
    assert together.tokens == sum(len(sample.ids) for sample in samples)


def test_photos_are_seen_each_in_its_place(learner: Learner, codec: Codec, media: MediaStore) -> None:
    red, blue = media.put(picture("red")), media.put(picture("blue", (90, 120)))

    def losses(*photos: str) -> Losses:
        return learner.read([sample_of(group("> look", "nice", photos=photos), codec)])

    two = learner.read(
        [
            sample_of(group("> look", "nice", photos=(red, blue)), codec),
            sample_of(group("> hm", "what"), codec),
            sample_of(group("> look", "nice", photos=(blue,)), codec),
        ]
    )
    apart = (
        losses(red, blue).text_sum
        + losses(blue).text_sum
        + learner.read([sample_of(group("> hm", "what"), codec)]).text_sum
    )
    assert two.text_sum == pytest.approx(apart, rel=1e-4)
    assert abs(losses(red, blue).text_sum - losses(blue, red).text_sum) > 1e-3


def test_the_text_loss_leaves_the_decision_alone(codec: Codec) -> None:
    sample = sample_of(group("> hi", "> Nora?", "yes"), codec)
    logits = torch.randn(len(sample.places), 264, requires_grad=True)
    batch = Batch(
        torch.zeros(1, 1, dtype=torch.long),
        torch.zeros(3, 1, 1, dtype=torch.long),
        (1,),
        None,
        None,
        torch.arange(len(sample.places)),
        torch.tensor([place.target for place in sample.places]),
        torch.tensor([place.open for place in sample.places]),
        torch.tensor([place.answered for place in sample.places]),
        torch.ones(len(sample.places)),
        1,
    )
    found = sums(logits, batch, codec.end_of_turn)
    (text,) = torch.autograd.grad(found.text, logits, retain_graph=True)
    (decision,) = torch.autograd.grad(found.decision, logits)
    first, second = (number for number, place in enumerate(sample.places) if place.open)
    assert text[first].abs().sum() == 0, "an empty turn holds no text"
    assert text[second, codec.end_of_turn] == 0
    assert text[second + 1, codec.end_of_turn] != 0, "later in a turn its end is a word like others"
    assert decision[first, codec.end_of_turn] < 0 < decision[second, codec.end_of_turn]


def test_only_the_lora_learns(learner: Learner, codec: Codec) -> None:
    before = {name: value.clone() for name, value in learner.loaded.model.state_dict().items()}
    samples = [sample_of(group("> hi", "> Nora?", "yes", "> ok"), codec)]
    first = learner.read(samples)
    for _ in range(8):
        learner.step([samples], 1e-3, 4, 3)
    last = learner.read(samples)
    assert last.text_sum < first.text_sum and last.decision_sum < first.decision_sum
    after = learner.loaded.model.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed and all("lora_" in name for name in changed)


def test_two_batches_a_step_are_one_large_batch(learner: Learner, codec: Codec) -> None:
    one, two = sample_of(group("> hi", "yes"), codec), sample_of(group("> Nora?", "> ok", "no"), codec)
    start, optimizer = learner.state()
    learner.step([[one], [two]], 1e-3, 7, 3)
    apart, _ = learner.state()
    learner.restore(start, optimizer)
    learner.step([[one, two]], 1e-3, 7, 3)
    together, _ = learner.state()
    assert all(torch.allclose(apart[name], together[name], atol=2e-4) for name in apart)
    assert any(not torch.equal(start[name], together[name]) for name in start)


def test_quiet_dialogues_are_thinned_and_weigh_the_more(learner: Learner, codec: Codec) -> None:
    quiet, lively = sample_of(group("> hi", "> hello", "> bye"), codec), sample_of(group("> Nora?", "yes"), codec)
    kept = thinned([quiet] * 400 + [lively] * 50, 0.25, random.Random(0))
    assert kept.count(lively) == 50
    assert 70 < len(kept) - 50 < 130
    decisions = sum(sample.weight * sample.decisions for sample in kept)
    assert decisions == pytest.approx(400 * 3 + 50, rel=0.2), "the prior is as it was"
    once, four = learner.read([quiet, lively]), learner.read([replace(quiet, weight=4.0), lively])
    assert four.decisions == once.decisions + 9
    plain = learner.read([quiet]).decision_sum
    assert four.decision_sum == pytest.approx(once.decision_sum + 3 * plain, rel=1e-4)
    assert four.text_sum == pytest.approx(once.text_sum)
