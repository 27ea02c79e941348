"""One pass over a dialogue says the same as asking for each decision and each reply by itself."""

import math
from collections.abc import Sequence

import pytest
import torch
from PIL import Image

from bot.chat.prompt import Codec, Prompt, render
from bot.engine.blocking import Blocking
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, photo_tensors
from bot.message import ChatKind
from tests.dialogues.log import Log
from tests.evaluation.conftest import Opened
from training.data.dialogues import Dialogue, decision_points
from training.scoring import Rendered, Reply


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


def engine(opened: Opened, loaded: LoadedModel, log: Log, tokens: int = 2048) -> Blocking[LocalEngine]:
    log.corpus()
    served = opened(loaded, log.media, batch_tokens=tokens)
    log.codec = served.engine.codec
    return served


def scored(served: Blocking[LocalEngine], dialogues: Sequence[Dialogue]) -> tuple[dict[int, float], list[Reply]]:
    """All decisions by message, and all replies."""
    codec = served.engine.codec
    rendered = [Rendered.of(dialogue, codec) for dialogue in dialogues]
    decisions: dict[int, float] = {}
    replies: list[Reply] = []
    for batch in served.each(served.engine.score_dialogues([one.asked for one in rendered])):
        for index, found in batch.items():
            scores = rendered[index].scores(found, codec)
            decisions |= scores.decisions
            replies += scores.replies
    return decisions, replies


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


def test_a_group_with_a_photo(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    group(log)
    ready = engine(opened, loaded, log)
    dialogues = log.dialogues()
    decisions, said = scored(ready, dialogues)
    odds: dict[int, float] = {}
    nats: list[float] = []
    for dialogue in dialogues:
        more, replies = one_by_one(loaded, dialogue, ready.engine.codec, log)
        odds |= more
        nats += replies
    assert len(odds) == 6
    assert decisions == pytest.approx(odds, abs=2e-3)
    assert sorted(reply.nats for reply in said) == pytest.approx(sorted(nats), abs=5e-3)
    assert sorted(reply.characters for reply in said) == sorted(
        map(len, ("me\nwhat about them", "yes!", "good evening"))
    )
    assert sorted(reply.tokens for reply in said) == sorted(reply.characters + 1 for reply in said)


def test_a_private_chat(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    log.private("Mei", "18:00 Mei: lunch?", "18:01 Nora: yes", "18:02 Mei: where?", "18:03 Nora: 面馆")
    ready = engine(opened, loaded, log)
    (dialogue,) = log.dialogues()
    decisions, replies = scored(ready, [dialogue])
    assert decisions == {}
    _, nats = one_by_one(loaded, dialogue, ready.engine.codec, log)
    assert [reply.nats for reply in replies] == pytest.approx(nats, abs=5e-3)
    assert [reply.characters for reply in replies] == [3, 2]


def test_batching_and_filling_change_nothing(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    log.group(*(f"18:{minute:02} {'Nora' if minute % 3 == 2 else 'Tom'}: {'lamp ' * minute}." for minute in range(25)))
    alone, together = engine(opened, loaded, log, 1), engine(opened, loaded, log, 100_000)
    dialogues = log.dialogues(max_tokens=800)
    lengths = {len(render(one.scene, one.turns, alone.engine.codec).ids) for one in dialogues}
    assert len({-(-length // 64) for length in lengths}) < len(lengths), "some are filled up to the same length"
    first, second = scored(alone, dialogues), scored(together, dialogues)
    assert len(first[0]) == 17
    assert first[0] == pytest.approx(second[0], abs=2e-3)
    total = [sum(reply.nats for reply in replies) for _, replies in (first, second)]
    assert total[0] == pytest.approx(total[1], abs=5e-3)


def test_without_replies_only_decisions_are_asked_for(loaded: LoadedModel, log: Log, opened: Opened) -> None:
    group(log)
    ready = engine(opened, loaded, log)
    rendered = [Rendered.of(dialogue, ready.engine.codec, replies=False) for dialogue in log.dialogues()]
    (*_, found) = ready.each(ready.engine.score_dialogues([one.asked for one in rendered]))
    assert all(scores.log_odds and not scores.nats for scores in found.values())
