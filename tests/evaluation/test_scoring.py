"""One pass over a dialogue says the same as asking for each decision and each reply by itself."""

import math
from collections.abc import Sequence

import pytest
import torch
from PIL import Image

from bot.chat.prompt import Codec, Prompt, render
from bot.engine.models import LoadedModel, codec_for, photo_tensors
from bot.message import ChatKind
from tests.dialogues.log import Log
from training.data.dialogues import Dialogue, decision_points
from training.evaluation.asking.scoring import Scorer


def group(log: Log) -> None:
    log.group(
        "18:00 Tom: who knows lamps?",
        "18:01 Nora: me",
        "18:01:05 Nora: what about them",
        "18:02 Tom: nothing",
        "18:03 Mei: <photo> this one?",
        "18:04 Nora: yes!",
        "18:05 Tom: bye",
        "18:10 Tom: " + "long " * 60,
        "21:00 Tom: evening",
        "21:01 Nora: good evening",
    )


def scorer(loaded: LoadedModel, log: Log, batch_tokens: int = 2048) -> Scorer:
    log.corpus()
    codec = codec_for(loaded, log.media)
    log.codec = codec
    return Scorer(loaded, codec, log.media.open, batch_tokens)


def log_p(loaded: LoadedModel, prompt: Prompt, until: int, open_photo: Sequence[Image.Image]) -> torch.Tensor:
    """log p of every id after ids[:until], from that prefix alone."""
    ids = torch.tensor([prompt.ids[:until]])
    photos = {}
    if open_photo:
        pixels, grids = photo_tensors(loaded, open_photo)
        pad = loaded.model.config.image_token_id
        photos = {"pixel_values": pixels, "image_grid_thw": grids, "mm_token_type_ids": torch.eq(ids, pad).long()}
    with torch.inference_mode():
        logits: torch.Tensor = loaded.model(input_ids=ids, **photos).logits[0, -1].float()
    return logits.log_softmax(0)


def one_by_one(loaded: LoadedModel, dialogue: Dialogue, codec: Codec, log: Log) -> tuple[dict[int, float], list[float]]:
    prompt = render(dialogue.scene, dialogue.turns, codec)

    def after(until: int) -> torch.Tensor:
        return log_p(loaded, prompt, until, [log.media.open(p.digest) for p in prompt.photos if p.end <= until])

    odds = {}
    for point in decision_points(dialogue, prompt):
        silence = math.exp(after(point.position)[codec.end_of_turn])
        odds[point.message] = math.log(1 - silence) - math.log(silence)
    nats = []
    for turn in prompt.avatar_turns:
        if turn.turn >= dialogue.context and not turn.silent:
            total = -sum(float(after(place)[prompt.ids[place]]) for place in range(turn.start, turn.end))
            if dialogue.scene.kind is ChatKind.GROUP:
                total += math.log(1 - math.exp(after(turn.start)[codec.end_of_turn]))
            nats.append(total)
    return odds, nats


def test_a_group_with_a_photo(loaded: LoadedModel, log: Log) -> None:
    group(log)
    ready = scorer(loaded, log)
    dialogues = log.dialogues()
    scores = ready.score(dialogues)
    odds: dict[int, float] = {}
    nats: list[float] = []
    for dialogue in dialogues:
        more, replies = one_by_one(loaded, dialogue, ready.codec, log)
        odds |= more
        nats += replies
    assert len(odds) == 6
    assert scores.decisions == pytest.approx(odds, abs=2e-3)
    assert sorted(reply.nats for reply in scores.replies) == pytest.approx(sorted(nats), abs=5e-3)
    assert sorted(reply.characters for reply in scores.replies) == sorted(
        map(len, ("me\nwhat about them", "yes!", "good evening"))
    )
    assert sorted(reply.tokens for reply in scores.replies) == sorted(reply.characters + 1 for reply in scores.replies)


def test_a_private_chat(loaded: LoadedModel, log: Log) -> None:
    log.private("Mei", "18:00 Mei: lunch?", "18:01 Nora: yes", "18:02 Mei: where?", "18:03 Nora: 面馆")
    ready = scorer(loaded, log)
    (dialogue,) = log.dialogues()
    scores = ready.score([dialogue])
    assert scores.decisions == {}
    _, nats = one_by_one(loaded, dialogue, ready.codec, log)
    assert [reply.nats for reply in scores.replies] == pytest.approx(nats, abs=5e-3)
    assert [reply.characters for reply in scores.replies] == [3, 2]


def test_batching_and_filling_change_nothing(loaded: LoadedModel, log: Log) -> None:
    log.group(*(f"18:{minute:02} {'Nora' if minute % 3 == 2 else 'Tom'}: {'lamp ' * minute}." for minute in range(25)))
    alone, together = scorer(loaded, log, 1), scorer(loaded, log, 100_000)
    dialogues = log.dialogues(max_tokens=800)
    lengths = {len(render(one.scene, one.turns, alone.codec).ids) for one in dialogues}
    assert len({-(-length // 64) for length in lengths}) < len(lengths), "some are filled up to the same length"
    first, second = alone.score(dialogues), together.score(dialogues)
    assert len(first.decisions) == 17
    assert first.decisions == pytest.approx(second.decisions, abs=2e-3)
    total = [sum(reply.nats for reply in scores.replies) for scores in (first, second)]
    assert total[0] == pytest.approx(total[1], abs=5e-3)


def test_no_time_still_reads_one_batch_and_tells_of_it(loaded: LoadedModel, log: Log) -> None:
    group(log)
    told: list[int] = []
    ready = scorer(loaded, log, 1)
    scores = ready.score(log.dialogues(), seconds=0.0, replies=False, progress=told.append)
    assert (scores.read, told, scores.replies) == (1, [1], ())


def test_the_model_is_left_as_it_was(loaded: LoadedModel, log: Log) -> None:
    group(log)
    model: torch.nn.Module = loaded.model
    model.train()
    scorer(loaded, log).score(log.dialogues())
    assert model.training
