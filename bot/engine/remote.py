"""The engine over HTTP: an OpenAI-compatible server such as vLLM, which serves one base model with many LoRAs.

Prompts without photos travel as token ids, so that what a contact typed stays text. With photos they travel as a
chat, where the server renders the text: there the names of control tokens are broken by an invisible character.
"""

import base64
import io
import json
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.engine.base import Sampling
from bot.errors import EchoesError, PassingError, PermanentError
from bot.media import MediaStore
from bot.prompt import Codec, Fingerprint, Prompt

_TOP = 20  # log-probabilities asked for; what a server allows by default
_CONNECT_SECONDS = 10
_SILENCE_SECONDS = 300  # without a byte of the answer: the first request of a server may compile

Json = dict[str, Any]


class RemoteEngine:
    """`model` is the name under which the server serves the LoRA. Greedy replies equal the in-process engine's."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        model: str,
        codec: Codec,
        fingerprint: Fingerprint,
        media: MediaStore,
        max_context: int,
    ) -> None:
        self.codec = codec
        self.max_context = max_context
        self._session = session
        self._url = url.rstrip("/")
        self._model = model
        self._fingerprint = fingerprint
        self._media = media

    @classmethod
    async def connect(
        cls,
        url: str,
        model: str,
        codec: Codec,
        fingerprint: Fingerprint,
        media: MediaStore,
        max_context: int,
        token: str | None = None,
    ) -> "RemoteEngine":
        """Asks the server whether it serves the model; a shorter context of its own counts. Raises in a sentence.

        token: what the server's `--api-key` asks for.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else None
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS)
        session = aiohttp.ClientSession(timeout=timeout, headers=headers)
        engine = cls(session, url, model, codec, fingerprint, media, max_context)
        try:
            served = await engine._get("/models")
            names = {entry["id"]: entry for entry in served["data"]}
            if model not in names:
                shown = ", ".join(sorted(names)) or "none"
                raise PermanentError(f"The server at {url} does not serve {model!r} (it serves: {shown}).")
            limit = names[model].get("max_model_len") or max((e.get("max_model_len") or 0) for e in names.values())
            if limit:
                engine.max_context = min(max_context, int(limit))
        except BaseException:
            await engine.aclose()
            raise
        return engine

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        end = self.codec.end_of_turn
        # vLLM reports log-probabilities from before this restriction, and so tells that of the end of turn at any rank.
        only_end = {"allowed_token_ids": [end], "return_tokens_as_token_ids": True}
        body = {**self._request(prompt), **only_end, "temperature": 0, "max_tokens": 1}
        if prompt.photos:
            choice = (await self._post("/chat/completions", body | {"logprobs": True, "top_logprobs": _TOP}))[
                "choices"
            ][0]
            listed = {one["token"]: one["logprob"] for one in choice["logprobs"]["content"][0]["top_logprobs"]}
        else:
            choice = (await self._post("/completions", body | {"logprobs": _TOP}))["choices"][0]
            listed = dict(choice["logprobs"]["top_logprobs"][0])
        return 1.0 - math.exp(_log_probability(listed, (f"token_id:{end}", "<|im_end|>")))

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        body: Json = {
            **self._request(prompt),
            "stream": True,
            "max_tokens": min(sampling.max_tokens, self.max_context - len(prompt.ids)),
            "min_tokens": 1,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "presence_penalty": sampling.presence_penalty,
            "stop_token_ids": [self.codec.end_of_turn],
            "logit_bias": {str(token): -100 for token in sorted(self.codec.banned)},
        }
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        path = "/chat/completions" if prompt.photos else "/completions"
        async with self._open("POST", path, body) as response:
            async for line in _lines(response):
                if not line.startswith("data:"):
                    continue
                data = line.removeprefix("data:").strip()
                if data == "[DONE]":
                    return
                event = json.loads(data)
                if "error" in event:
                    raise PassingError(f"The model server broke off a reply: {_server_words(event, quote=False)}")
                for choice in event.get("choices", ()):
                    piece = choice["delta"].get("content") if prompt.photos else choice["text"]
                    if piece:
                        yield piece

    async def load_lora(self, lora: Path | None) -> None:
        if lora is None:
            raise PermanentError(f"The server chooses the LoRA by its model name ({self._model}): name the base model.")
        self._fingerprint.check(lora)
        body = {"lora_name": self._model, "lora_path": str(lora), "load_inplace": True}
        try:
            await self._post_text("/load_lora_adapter", body)
        except PermanentError as error:
            raise PermanentError(
                f"The server did not take the LoRA ({error}) Start vLLM with VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 on a "
                f"machine that sees {lora}, or restart it with --lora-modules {self._model}={lora}."
            ) from error

    def step_seconds(self) -> float:
        """0: the server's steps are its own."""
        return 0.0

    async def aclose(self) -> None:
        await self._session.close()

    # -- requests -------------------------------------------------------------------------------------------------

    def _request(self, prompt: Prompt) -> Json:
        if len(prompt.ids) >= self.max_context:
            raise EchoesError(f"A prompt of {len(prompt.ids)} tokens does not fit into {self.max_context}.")
        if not prompt.photos:
            return {"model": self._model, "prompt": list(prompt.ids)}
        return {"model": self._model, "messages": self._messages(prompt), "add_generation_prompt": True}

    def _messages(self, prompt: Prompt) -> list[Json]:
        """The prompt's turns as a chat, photos in their places; the open turn is left to the server's template."""
        control, newline = self.codec.control, self.codec.encode("\n")
        photos = {span.start - 1: span for span in prompt.photos}  # from its start mark
        messages: list[Json] = []
        position = 0
        while position < len(prompt.ids):
            begin = position + 1
            end = next((i for i in range(begin, len(prompt.ids)) if prompt.ids[i] == control["<|im_end|>"]), None)
            if end is None:
                break
            head = next(i for i in range(begin, end) if prompt.ids[i : i + len(newline)] == tuple(newline))
            role = self.codec.decode(list(prompt.ids[begin:head]))
            content: list[Json] = []
            start = cursor = head + len(newline)
            while cursor <= end:
                if cursor == end or cursor in photos:
                    if cursor > start:
                        content.append({"type": "text", "text": self._harmless(prompt.ids[start:cursor])})
                    if cursor == end:
                        break
                    span = photos[cursor]
                    content.append({"type": "image_url", "image_url": {"url": self._data_url(span.digest, span.grid)}})
                    start = cursor = span.end + 1
                else:
                    cursor += 1
            only_text = all(part["type"] == "text" for part in content)
            messages.append({"role": role, "content": "".join(p["text"] for p in content) if only_text else content})
            position = end + 1 + len(newline)
        return messages

    def _harmless(self, ids: Sequence[int]) -> str:
        """Text in which no control token's name can be read: an invisible character stands after its first letter."""
        text = self.codec.decode(list(ids))
        return self.codec.added.sub(lambda match: f"{match[0][0]}\u200b{match[0][1:]}", text)

    def _data_url(self, digest: str, grid: tuple[int, int, int]) -> str:
        """The photo at the very size the prompt counted on, so that the server cuts the same patches."""
        patch = self.codec.geometry.patch
        image = self._media.open(digest).resize((grid[2] * patch, grid[1] * patch), resample=3)
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

    async def _get(self, path: str) -> Json:
        async with self._open("GET", path, None) as response:
            return dict(await response.json())

    async def _post(self, path: str, body: Json) -> Json:
        async with self._open("POST", path, body) as response:
            return dict(await response.json())

    async def _post_text(self, path: str, body: Json) -> str:
        async with self._open("POST", path, body) as response:
            return await response.text()

    @asynccontextmanager
    async def _open(self, method: str, path: str, body: Json | None) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        try:
            async with self._session.request(method, self._url + path, json=body) as response:
                if response.status >= 400:
                    # Only an answer about a LoRA is quoted: others may repeat what a contact wrote.
                    raise await self._refusal(response, quote=path == "/load_lora_adapter")
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PassingError(f"The model server at {self._url} does not answer ({type(error).__name__}).") from error

    async def _refusal(self, response: aiohttp.ClientResponse, quote: bool) -> EchoesError:
        try:
            words = _server_words(await response.json(content_type=None), quote)
        except (ValueError, aiohttp.ClientError):
            words = response.reason or "no reason given"
        if response.status in (408, 425, 429) or response.status >= 500:
            after = response.headers.get("Retry-After", "")
            wait = float(after) if after.isdigit() else None
            return PassingError(f"The model server is not ready ({response.status}).", wait)
        return PermanentError(f"The model server refused a request ({response.status}: {words}).")


def _log_probability(listed: Mapping[str, float], names: Sequence[str]) -> float:
    """That of a token among the listed ones; where it is not listed, at most the smallest of them."""
    for name in names:
        if name in listed:
            return min(listed[name], 0.0)
    return min(listed.values(), default=0.0)


def _server_words(answer: Any, quote: bool) -> str:
    """The kind of a server's error, or its message."""
    error = answer.get("error", answer) if isinstance(answer, dict) else {}
    if not isinstance(error, dict):
        return str(error) if quote else "no kind given"
    return str(error.get("message" if quote else "type") or "no kind given")


async def _lines(response: aiohttp.ClientResponse) -> AsyncGenerator[str, None]:
    async for line in response.content:
        yield line.decode("utf-8", "replace").strip()
