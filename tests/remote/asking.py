"""An engine beside what it is checked against, and where a real vLLM is."""

import os
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import aiohttp
import pytest
from PIL import Image

from bot.chat.prompt import Prompt
from bot.engine.base import Engine
from bot.media import MediaStore
from tests.remote.cases import Case
from tests.remote.reference import Reference

CONTEXT = 1024
VLLM = os.environ.get("ECHOES_VLLM_URL")
needs_vllm = pytest.mark.skipif(not VLLM, reason="ECHOES_VLLM_URL names no vLLM that serves the embedded model")


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


async def served(url: str) -> str:
    """The name under which a server serves the base model itself."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/models") as response:
        return next(str(entry["id"]) for entry in (await response.json())["data"] if not entry.get("parent"))


async def running(url: str) -> int:
    """How many requests a vLLM works on."""
    async with aiohttp.ClientSession() as session, session.get(f"{url.removesuffix('/v1')}/metrics") as response:
        found = re.findall(r"^vllm:num_requests_running\{[^}]*\} (\S+)", await response.text(), re.MULTILINE)
    return int(sum(map(float, found)))


async def whole(pieces: AsyncGenerator[str, None]) -> str:
    return "".join([piece async for piece in pieces])
