"""The same conversations asked of every engine, against transformers alone: in process, over HTTP, and a real vLLM.

The vLLM serves the embedded model at the address in ECHOES_VLLM_URL (docs/remote.md says how); without it those skip.
"""

import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import aiohttp
import pytest
from PIL import Image

from bot.engine.base import Engine
from bot.engine.embedded import embedded_id
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for
from bot.engine.remote import RemoteEngine
from bot.engine.text import visible
from bot.errors import EchoesError
from bot.media import MediaStore
from bot.prompt import Fingerprint, Prompt
from tests.remote.cases import CASES, GREEDY, Case
from tests.remote.reference import Reference
from tests.standins.openai import ModelServer

CONTEXT = 1024
VLLM = os.environ.get("ECHOES_VLLM_URL")
needs_vllm = pytest.mark.skipif(not VLLM, reason="ECHOES_VLLM_URL names no vLLM that serves the embedded model")
ENGINES = ("in process", "token ids", "chat", pytest.param("vLLM", marks=needs_vllm))


@dataclass(frozen=True, slots=True)
class Asked:
    """An engine, and what it is checked against."""

    kind: str
    engine: Engine
    photos: MediaStore
    photo: Callable[[str], str]
    reference: Reference

    def prompt(self, case: Case) -> Prompt:
        return case.prompt(self.engine.codec, self.photo)

    def expected(self, case: Case, **sampling: object) -> tuple[float, str]:
        """Log-probability of silence, and the greedy reply."""
        prompt, codec = self.prompt(case), self.engine.codec
        patch = codec.geometry.patch
        images: list[Image.Image] = [
            self.photos.open(span.digest).resize((span.grid[2] * patch, span.grid[1] * patch), resample=3)
            for span in prompt.photos
        ]
        options = {
            "temperature": 0,
            "max_tokens": case.sampling.max_tokens,
            "min_tokens": 1,
            "presence_penalty": case.sampling.presence_penalty,
            "logit_bias": {str(token): -100.0 for token in sorted(codec.banned)},
        }
        tokens = self.reference.reply(list(prompt.ids), images, options | sampling)
        return self.reference.silence(list(prompt.ids), images), codec.decode(tokens)


@pytest.fixture(params=ENGINES)
async def asked(
    request: pytest.FixtureRequest,
    loaded: LoadedModel,
    reference: Reference,
    photos: MediaStore,
    photo: Callable[[str], str],
) -> AsyncIterator[Asked]:
    codec = codec_for(loaded, photos)
    fingerprint = Fingerprint.of(embedded_id(), codec)
    engine: Engine
    if request.param == "in process":
        engine = LocalEngine(loaded, photos, max_context=CONTEXT)
        yield Asked(request.param, engine, photos, photo, reference)
    elif request.param == "vLLM":
        assert VLLM is not None
        engine = await RemoteEngine.connect(VLLM, await served(VLLM), codec, fingerprint, photos, CONTEXT)
        yield Asked(request.param, engine, photos, photo, reference)
    else:
        expand = reference.expand if request.param == "token ids" else None
        async with ModelServer(say=reference.say, end_logprob=reference.end_logprob, expand=expand) as server:
            engine = await RemoteEngine.connect(server.url, "nora", codec, fingerprint, photos, CONTEXT)
            yield Asked(request.param, engine, photos, photo, reference)
            await engine.aclose()
        return
    await engine.aclose()


async def served(url: str) -> str:
    """The name under which a server serves the base model itself."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/models") as response:
        return next(str(entry["id"]) for entry in (await response.json())["data"] if not entry.get("parent"))


async def whole(pieces: AsyncGenerator[str, None]) -> str:
    return "".join([piece async for piece in pieces])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_decisions_and_greedy_replies_are_those_of_transformers(asked: Asked, case: Case) -> None:
    if asked.kind == "chat" and not (case.with_photos and case.as_chat):
        pytest.skip("does not travel as a chat" if not case.with_photos else "a server's own rendering has other ids")
    prompt = asked.prompt(case)
    silence, reply = asked.expected(case)
    assert visible(reply[0])
    p = await asked.engine.p_answer("chat", prompt)
    assert math.log1p(-p) == pytest.approx(silence, abs=1e-3)
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
    assert await asked.engine.p_answer("chat", prompt) == pytest.approx(before, abs=1e-5)
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
