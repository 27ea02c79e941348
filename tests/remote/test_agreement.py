"""The same conversations asked of every engine, against transformers alone: in process, over HTTP, and a real vLLM.

The vLLM serves the embedded model at the address in ECHOES_VLLM_URL (docs/remote.md says how); without it those skip.
"""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache

import pytest

from bot.chat.prompt import Fingerprint
from bot.config.embedded import EMBEDDED
from bot.engine.base import Engine
from bot.engine.describe import describe
from bot.engine.embedded import embedded_id
from bot.engine.llama import twin
from bot.engine.llama.engine import LlamaEngine
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for
from bot.engine.remote import RemoteEngine
from bot.errors import EchoesError
from bot.letters import visible
from bot.media import MediaStore
from tests.remote.asking import CONTEXT, VLLM, Asked, needs_vllm, served, whole
from tests.remote.cases import CASES, GREEDY, Case
from tests.remote.reference import Reference
from tests.standins.openai import ModelServer

_LOADED_ONCE = lru_cache(twin.load_decoder)

ENGINES = (
    "in process",
    "llama.cpp",
    "token ids",
    "chat",
    pytest.param("vLLM", marks=needs_vllm),
    pytest.param("vLLM, chat", marks=needs_vllm),
)


@pytest.fixture(params=ENGINES)
async def asked(
    request: pytest.FixtureRequest,
    loaded: LoadedModel,
    reference: Reference,
    photos: MediaStore,
    photo: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Asked]:
    codec = codec_for(loaded, photos)
    fingerprint = Fingerprint.of(embedded_id(), codec)
    engine: Engine
    if request.param == "in process":
        engine = LocalEngine(loaded, photos, max_context=CONTEXT)
        yield Asked(request.param, engine, photos, photo, reference)
    elif request.param == "llama.cpp":
        monkeypatch.setattr(twin, "load_decoder", _LOADED_ONCE)
        engine = await LlamaEngine.start(describe(EMBEDDED), photos, max_context=CONTEXT)
        yield Asked(request.param, engine, photos, photo, reference)
    elif "vLLM" in request.param:
        assert VLLM is not None
        engine = await RemoteEngine.connect(VLLM, await served(VLLM), codec, fingerprint, photos, CONTEXT)
        if "chat" in request.param:
            engine._photo_route = engine._chat  # as with a vLLM without --enable-scale-out
        yield Asked(request.param, engine, photos, photo, reference)
    else:
        expand = reference.expand if request.param == "token ids" else None
        async with ModelServer(say=reference.say, end_logprob=reference.end_logprob, expand=expand) as server:
            engine = await RemoteEngine.connect(server.url, "nora", codec, fingerprint, photos, CONTEXT)
            yield Asked(request.param, engine, photos, photo, reference)
            await engine.aclose()
        return
    await engine.aclose()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_decisions_and_greedy_replies_are_those_of_transformers(asked: Asked, case: Case) -> None:
    if "chat" in asked.kind and not (case.with_photos and case.as_chat):
        pytest.skip("does not travel as a chat" if not case.with_photos else "a server's own rendering has other ids")
    prompt = asked.prompt(case)
    silence, reply = asked.expected(case)
    assert visible(reply[0])
    p = await asked.engine.p_answer("chat", prompt)
    near = 0.025 if asked.kind == "llama.cpp" else 1e-3  # its weights are of 16 bits
    assert math.log1p(-p) == pytest.approx(silence, abs=near)
    assert await whole(asked.engine.reply("chat", prompt, case.sampling)) == reply


async def test_the_penalty_and_the_likely_silence_matter(reference: Reference, asked: Asked) -> None:
    """Else the cases above would show nothing of them."""
    penalized = next(case for case in CASES if case.sampling.presence_penalty)
    assert asked.expected(penalized) != asked.expected(penalized, presence_penalty=0)
    quiet = next(case for case in CASES if "silence is likeliest" in case.name)
    silence, reply = asked.expected(quiet)
    assert silence > math.log(0.5)
    assert asked.expected(quiet, min_tokens=0)[1] == ""
    assert reply


async def test_a_reply_that_is_closed_stops_and_the_engine_goes_on(asked: Asked) -> None:
    case = CASES[0]
    prompt = asked.prompt(case)
    before = await asked.engine.p_answer("chat", prompt)
    async with aclosing(asked.engine.reply("chat", prompt, case.sampling)) as pieces:
        first = await anext(pieces)
    assert asked.expected(case)[1].startswith(first)
    assert await asked.engine.p_answer("chat", prompt) == pytest.approx(before, abs=1e-4)
    assert await whole(asked.engine.reply("chat", prompt, case.sampling)) == asked.expected(case)[1]


async def test_a_reply_ends_at_its_length(asked: Asked) -> None:
    one = replace(CASES[0], sampling=replace(GREEDY, max_tokens=1))
    assert await whole(asked.engine.reply("chat", asked.prompt(one), one.sampling)) == asked.expected(one)[1]


async def test_a_prompt_too_long_is_refused_in_a_sentence(asked: Asked) -> None:
    case = CASES[1]
    prompt = asked.prompt(replace(case, turns=case.turns * 15))
    assert len(prompt.ids) > CONTEXT
    sentence = rf"prompt of {len(prompt.ids)} tokens leaves no room for a reply in a context of {CONTEXT}"
    with pytest.raises(EchoesError, match=sentence):
        await asked.engine.p_answer("chat", prompt)
    with pytest.raises(EchoesError, match=sentence):
        await whole(asked.engine.reply("chat", prompt, GREEDY))
