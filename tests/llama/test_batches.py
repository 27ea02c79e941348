"""Many prompts at once over llama.cpp: the same figures as in torch on the weights of its file."""

import asyncio
import math
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine.base import BatchEngine, Continuation, ScoredDialogue, T
from bot.engine.llama.batch import LlamaBatchEngine
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.llama.conftest import Start, asked
from tests.support import picture


async def gathered(batches: AsyncGenerator[dict[int, T], None]) -> dict[int, T]:
    found: dict[int, T] = {}
    async for some in batches:
        found |= some
    return found


def dialogue(engine: BatchEngine, *lines: str, photos: tuple[str, ...] = ()) -> ScoredDialogue:
    """A group in which the avatar says `ok` at the end; one decision, one reply."""
    prompt = asked(engine.codec, *lines, photos=photos)
    said = (*engine.codec.encode("ok"), engine.codec.end_of_turn)
    place = len(prompt.ids)
    whole = replace(prompt, ids=prompt.ids + said)
    return ScoredDialogue(whole, (place,), ((place, place + len(said)),), group=True)


@pytest.mark.parametrize("quantize", ["f16", "q8_0"])
async def test_decisions_are_those_that_serve(start: Start, base: Path, media: MediaStore, quantize: str) -> None:
    engine = await start(base, quantize=quantize)
    photo = media.put(picture("red"))
    asked_for = [
        dialogue(engine, "hi"),
        dialogue(engine, "who comes?", "anybody"),
        dialogue(engine, "x", photos=(photo,)),
    ]
    found = await gathered(engine.score_dialogues(asked_for))
    assert sorted(found) == [0, 1, 2]
    for index, one in enumerate(asked_for):
        start_of_turn = one.decisions[0]
        prompt = replace(one.prompt, ids=one.prompt.ids[:start_of_turn])
        p = await engine.p_answer("chat", prompt)
        assert found[index].log_odds[0] == pytest.approx(math.log(p) - math.log1p(-p), abs=0.02)
    turn = Continuation(0, asked_for[0].prompt.ids[asked_for[0].replies[0][0] :], group=True)
    prompts = [replace(asked_for[0].prompt, ids=asked_for[0].prompt.ids[: asked_for[0].decisions[0]])]
    weighed = await gathered(engine.score_continuations(prompts, [turn]))
    assert weighed[0] == pytest.approx(found[0].nats[0], abs=1e-3)
    assert engine.precision == f"{quantize}, llama.cpp"


async def test_replies_come_by_their_index_photos_or_not(start: Start, base: Path, media: MediaStore) -> None:
    engine: LlamaBatchEngine = await start(base)
    photo = media.put(picture("red"))
    prompts = [asked(engine.codec, f"question {n}", photos=(photo,) if n % 3 == 1 else ()) for n in range(7)]
    sampling = Sampling(temperature=1.0, presence_penalty=0.2, max_tokens=8)
    found = await gathered(engine.write_replies(prompts, range(7), sampling))
    assert sorted(found) == list(range(7))
    assert all(found.values())


async def test_the_weights_in_torch_are_let_go_after_a_while(
    start: Start, base: Path, media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.llama.engine.IDLE_SECONDS", 0.05)
    engine = await start(base)
    prompt = asked(engine.codec, "look", photos=(media.put(picture("red")),))
    before = await engine.p_answer("chat", prompt)
    assert engine.sees
    await asyncio.sleep(0.5)
    assert not engine.sees
    assert await engine.p_answer("chat", prompt) == pytest.approx(before, abs=1e-6)
