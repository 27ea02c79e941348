"""Samples one behind another in a row are learnt exactly as each alone, by the model's own code and attention."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from bot.engine.models import LoadedModel, codec_for
from bot.engine.photos import photo_inputs
from bot.media import MediaStore
from bot.message import ChatKind
from tests.finetune.test_losses import group, talk
from tests.support import picture
from training.finetune.attention import attend_within
from training.finetune.batches import Batch
from training.finetune.learner import Learner
from training.finetune.lora import attach, set_weights, weights
from training.finetune.losses import sums
from training.finetune.presets import TUNED
from training.finetune.samples import Sample, sample_of

Attend = Callable[..., Tensor]


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.fixture
def learner(loaded: LoadedModel, media: MediaStore) -> Learner:
    return learner_of(loaded, media)


def learner_of(loaded: LoadedModel, media: MediaStore) -> Learner:
    """With a LoRA that does something already."""
    torch.manual_seed(0)
    lora = attach(loaded.model, TUNED, "base")
    set_weights(lora, {name: torch.randn_like(value) * 0.2 for name, value in weights(lora).items()})
    return Learner(loaded, lora, codec_for(loaded, media), media, TUNED)


def some(learner: Learner, media: MediaStore) -> list[Sample]:
    """A group, private chats with photos, and one that is longer than a block of queries."""
    red, blue = media.put(picture("red")), media.put(picture("blue", (90, 120)))
    rng = random.Random(3)
    long = ["> " + " ".join(rng.choices(("lamp", "bulb", "shade", "light"), k=9)) for _ in range(9)]
    dialogues = [
        group("> hi", "> Nora?", "yes", "> ok", "> thanks"),
        talk(ChatKind.PRIVATE, "> look", "nice", "> and?", "both are", photos=(red, blue)),
        talk(ChatKind.PRIVATE, *(text for said in long for text in (said, "ok"))),
        group("> see", "which one", photos=(blue,)),
    ]
    samples = [sample_of(one, learner.codec) for one in dialogues]
    assert len(samples[2].ids) > 2 * 256
    return samples


def gradients(learner: Learner, loss: Tensor) -> Tensor:
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, learner.trained)])


def packed(learner: Learner, samples: list[Sample]) -> tuple[float, Tensor]:
    found = learner._objective(learner._batch(samples))
    loss = found.text + found.decision
    grads = torch.autograd.grad(loss, learner.trained)
    return float(loss.detach()), torch.cat([part.flatten() for part in grads])


def saved(learner: Learner, sample: Sample) -> int:
    """How many bytes are kept of a row until its gradients are computed."""
    sizes = []

    def keep(value: Tensor) -> Tensor:
        sizes.append(value.nbytes)
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        packed(learner, [sample])
    return sum(sizes)


def plainly(learner: Learner, media: MediaStore, sample: Sample) -> tuple[float, Tensor]:
    """One sample by itself: the model as its library made it, with its own attention, positions and mask."""
    model, batch = learner.loaded.model, learner._batch([sample])
    ids = torch.tensor([sample.ids])
    photos = dict(photo_inputs(learner.loaded, media, sample.photos))
    if photos:
        photos["mm_token_type_ids"] = (ids == learner.codec.control["<|image_pad|>"]).long()
    model.set_attn_implementation("eager")
    try:
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, **photos).logits[0]
    finally:
        model.set_attn_implementation({"text_config": "echoes_packed", "vision_config": "sdpa"})
    found = sums(logits[batch.at], batch, learner.codec.end_of_turn)
    loss = found.text + found.decision
    return float(loss.detach()), gradients(learner, loss)


def test_a_row_has_the_loss_and_the_gradients_of_its_samples(learner: Learner, media: MediaStore) -> None:
    samples = some(learner, media)
    loss, gradient = packed(learner, samples)
    alone = [plainly(learner, media, sample) for sample in samples]
    assert loss == pytest.approx(sum(one for one, _ in alone), rel=1e-5)
    wanted = torch.stack([one for _, one in alone]).sum(0)
    assert torch.dist(gradient, wanted) < 1e-4 * wanted.norm()
    assert all(torch.dist(one, wanted) > 1e-2 * wanted.norm() for _, one in alone), "each has its part in it"


def test_computed_again_instead_of_kept_it_is_the_same(learner: Learner, media: MediaStore) -> None:
    samples = some(learner, media)
    learner._objective.train()
    kept = packed(learner, samples)
    again = Learner(learner.loaded, learner.lora, learner.codec, media, TUNED, kept=0)
    again._objective.train()
    loss, gradient = packed(again, samples)
    assert loss == kept[0] and torch.allclose(gradient, kept[1], rtol=1e-5, atol=1e-6)


def test_only_what_a_long_row_computes_is_computed_again(learner: Learner, media: MediaStore) -> None:
    short, _, long, _ = some(learner, media)
    bounded = Learner(learner.loaded, learner.lora, learner.codec, media, TUNED, kept=len(short.ids) + 64)
    for one in (learner, bounded):
        one._objective.train()
    assert saved(bounded, long) < saved(learner, long) / 2
    assert saved(bounded, short) == saved(learner, short), "after a long one, too"


def test_what_stands_before_in_the_row_is_not_seen(learner: Learner, media: MediaStore) -> None:
    one, two, long, three = some(learner, media)
    last = learner.read([three])
    for before in ([one], [two, long], [long, one, two]):
        both, first = learner.read([*before, three]), learner.read(before)
        assert both.text_sum == pytest.approx(first.text_sum + last.text_sum, rel=1e-5)
        assert both.decision_sum == pytest.approx(first.decision_sum + last.decision_sum, rel=1e-5)


def test_in_bfloat16_it_rounds_little_more_than_the_library() -> None:
    """Six heads of queries on two of keys, of the size of a real model's, in three sequences."""
    torch.manual_seed(0)
    lengths, scaling = (300, 33, 520), 64**-0.5
    query, key, value = (torch.randn(1, heads, sum(lengths), 64) * 2 for heads in (6, 2, 2))
    wanted_out = torch.randn(1, sum(lengths), 6, 64)

    def found(attend: Attend, dtype: torch.dtype) -> list[Tensor]:
        inputs = [one.to(dtype).requires_grad_() for one in (query, key, value)]
        out = attend(*inputs)
        return [one.float() for one in (out.detach(), *torch.autograd.grad(out, inputs, wanted_out.to(dtype)))]

    def ours(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return attend_within(torch.nn.Identity(), q, k, v, None, lengths=lengths, scaling=scaling)[0]

    def library(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        parts = zip(*(torch.split(one, list(lengths), 2) for one in (q, k, v)), strict=True)
        each = [scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True) for q, k, v in parts]
        return torch.cat(each, 2).transpose(1, 2)

    exact = found(library, torch.float32)
    for one, other in zip(exact, found(ours, torch.float32), strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    rounded = zip(exact, found(ours, torch.bfloat16), found(library, torch.bfloat16), strict=True)
    for right, mine, theirs in rounded:
        assert torch.dist(right, mine) < min(3 * float(torch.dist(right, theirs)), 0.02 * float(right.norm()))


def test_a_batch_moves_with_all_that_is_in_it(learner: Learner, media: MediaStore) -> None:
    batch: Batch = learner._batch(some(learner, media)).to(torch.device("meta"))
    assert batch.pixels is not None and batch.pixels.is_meta and batch.places.is_meta and batch.lengths
