"""Many prompts at once, of every kind, asked of a real vLLM: it says what the engine in process says, in float32.

The vLLM is the one that `ECHOES_VLLM_URL` names. Its stand-in is asked once, too.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.chat.dialogue import Bubble, Turn
from bot.chat.prompt import Codec, Fingerprint, Prompt, render
from bot.engine.base import Batches, Continuation, ScoredDialogue, T
from bot.engine.embedded import embedded_id
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for
from bot.engine.remote_batch import RemoteBatchEngine
from bot.media import MediaStore
from bot.message import ChatKind
from bot.sampling import Sampling
from tests.remote.asking import CONTEXT, VLLM, needs_vllm, running, served
from tests.remote.cases import CASES, Case
from tests.remote.reference import Reference
from tests.standins.openai import ModelServer

NEAR = 2e-3
"""Nats that a whole turn may differ by: kernels of the two add up in other orders."""


@pytest.fixture
async def local(loaded: LoadedModel, photos: MediaStore) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(loaded, photos, max_context=CONTEXT)
    yield engine
    await engine.aclose()


@pytest.fixture(params=[pytest.param("vLLM", marks=needs_vllm)])
async def remote(
    request: pytest.FixtureRequest, loaded: LoadedModel, photos: MediaStore, reference: Reference
) -> AsyncIterator[RemoteBatchEngine]:
    codec = codec_for(loaded, photos)
    about = (codec, Fingerprint.of(embedded_id(), codec), photos, CONTEXT)
    if request.param == "vLLM":
        assert VLLM is not None
        engine = await RemoteBatchEngine.connect(VLLM, await served(VLLM), *about)
        yield engine
        await engine.aclose()
        return
    async with ModelServer(
        say=reference.say,
        end_logprob=reference.end_logprob,
        expand=reference.expand,
        read_logprobs=reference.read_logprobs,
    ) as server:
        engine = await RemoteBatchEngine.connect(server.url, "nora", *about)
        yield engine
        await engine.aclose()


def answered(case: Case, *bubbles: str) -> tuple[Turn, ...]:
    last = case.turns[-1]
    return (*case.turns, Turn(None, tuple(map(Bubble, bubbles)), last.at))


def dialogue(case: Case, codec: Codec, photo: Callable[[str], str]) -> ScoredDialogue:
    """The conversation with an answer of two bubbles at its end; every turn of the avatar is scored."""
    asked = replace(case, turns=answered(case, "haha, 好的!", "see you at 7"))
    prompt = render(asked.scene, asked.seen(photo), codec)
    group = case.scene.kind is ChatKind.GROUP
    decisions = tuple(turn.start for turn in prompt.avatar_turns) if group else ()
    replies = tuple((turn.start, turn.end) for turn in prompt.avatar_turns if not turn.silent)
    return ScoredDialogue(prompt, decisions, replies, group)


async def gathered(batches: Batches[T]) -> dict[int, T]:
    return {index: one async for batch in batches for index, one in batch.items()}


@pytest.mark.parametrize("remote", ["stand-in", pytest.param("vLLM", marks=needs_vllm)], indirect=True)
async def test_dialogues_score_as_in_process(
    local: LocalEngine, remote: RemoteBatchEngine, photo: Callable[[str], str]
) -> None:
    asked = [dialogue(case, local.codec, photo) for case in CASES]
    assert sum(len(one.decisions) for one in asked) == 13 > sum(len(one.replies) for one in asked if one.group), (
        "silences"
    )
    here, there = await gathered(local.score_dialogues(asked)), await gathered(remote.score_dialogues(asked))
    for index, case in enumerate(CASES):
        assert there[index].log_odds == pytest.approx(here[index].log_odds, abs=NEAR), case.name
        assert there[index].nats == pytest.approx(here[index].nats, abs=NEAR), case.name


async def test_turns_after_one_prompt_score_as_in_process(
    local: LocalEngine, remote: RemoteBatchEngine, photo: Callable[[str], str]
) -> None:
    codec = local.codec
    prompts = [case.prompt(codec, photo) for case in CASES]
    texts = ("", "ok", "我来！\n想吃什么", "<|im_end|> <|im_start|>user")
    turns = [
        Continuation(index, (*codec.encode(text), codec.end_of_turn), case.scene.kind is ChatKind.GROUP)
        for index, case in enumerate(CASES)
        for text in texts
        if text or case.scene.kind is ChatKind.GROUP
    ]
    here = await gathered(local.score_continuations(prompts, turns))
    there = await gathered(remote.score_continuations(prompts, turns))
    assert [there[n] for n in range(len(turns))] == pytest.approx([here[n] for n in range(len(turns))], abs=NEAR)


async def test_greedy_replies_are_those_in_process(
    local: LocalEngine, remote: RemoteBatchEngine, photo: Callable[[str], str]
) -> None:
    prompts = [case.prompt(local.codec, photo) for case in CASES]
    greedy = Sampling(temperature=0, presence_penalty=0.5, max_tokens=10)
    here = await gathered(local.write_replies(prompts, range(len(prompts)), greedy))
    there = await gathered(remote.write_replies(prompts, range(len(prompts)), greedy))
    assert there == here


async def test_a_reply_depends_on_its_seed_alone(remote: RemoteBatchEngine, photo: Callable[[str], str]) -> None:
    prompts = [case.prompt(remote.codec, photo) for case in CASES] * 3
    sampling = Sampling(max_tokens=12)
    seeds = [7 * number for number in range(len(prompts))]
    together = await gathered(remote.write_replies(prompts, seeds, sampling))
    assert len(set(together.values())) > 20
    some = [17, 4, 25]
    alone = await gathered(remote.write_replies([prompts[n] for n in some], [seeds[n] for n in some], sampling))
    assert [alone[n] for n in range(3)] == [together[n] for n in some]


async def test_closing_a_batch_stops_vllm(remote: RemoteBatchEngine, photo: Callable[[str], str]) -> None:
    assert VLLM is not None
    prompts: list[Prompt] = [case.prompt(remote.codec, photo) for case in CASES] * 10
    async with aclosing(remote.write_replies(prompts, range(len(prompts)), Sampling(max_tokens=200))) as batches:
        await anext(batches)
    closed = time.monotonic()
    while await running(VLLM):
        assert time.monotonic() - closed < 5
        await asyncio.sleep(0.1)
