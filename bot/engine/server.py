"""An OpenAI-compatible model server over HTTP. What goes wrong becomes a sentence, passing or permanent."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.errors import EchoesError, PassingError, RefusedError

_CONNECT_SECONDS = 10
_SILENCE_SECONDS = 300  # without a byte of the answer: the first request of a server may compile
_IDLE_SECONDS = 1  # servers close an idle connection after a few seconds, and a request sent just then would be lost

_OF_CONTENT = (400, 413, 422)
"""Answers that are about one request. Others, such as 401 and 404, are about the token or the model's name."""

Json = dict[str, Any]


class ModelServer:
    """`url` goes up to and with /v1; paths begin after it, but for vLLM's own `/inference/…`, which lie beside it."""

    def __init__(self, url: str, token: str | None = None, *, reuse: bool = True) -> None:
        """token: what the server's `--api-key` asks for. reuse: whether a connection carries several requests."""
        self.url = url.rstrip("/")
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS),
            connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS)
            if reuse
            else aiohttp.TCPConnector(force_close=True),
            headers={"Authorization": f"Bearer {token}"} if token else None,
        )

    async def get(self, path: str) -> Json:
        async with self._open("GET", path, None) as response:
            return await self._json(response)

    async def post(self, path: str, body: Json) -> Json:
        async with self._open("POST", path, body) as response:
            return await self._json(response)

    async def command(self, path: str, body: Json) -> None:
        """Posts a request that holds no prompt, so that a refusal may quote the server's words.

        What a server answers with 500 here is a refusal, too: vLLM says so that it cannot use a LoRA.
        """
        async with self._open("POST", path, body, quote=True):
            pass

    async def events(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        """Yields the events of a streamed answer. Closing the generator tells the server to stop."""
        async with self._open("POST", path, body | {"stream": True}) as response:
            async for line in response.content:
                name, _, data = line.decode("utf-8", "replace").partition(":")
                if name != "data":
                    continue
                if data.strip() == "[DONE]":
                    return
                event = _event(data)
                if "error" in event:
                    raise PassingError(f"The model server broke off a reply: {_words(event, quote=False)}.")
                yield event
        raise PassingError("The model server broke off a reply: it ended without its mark of the end.")

    async def aclose(self) -> None:
        await self._session.close()

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, body: Json | None, *, quote: bool = False
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        root = self.url.removesuffix("/v1") if path.startswith("/inference/") else self.url
        try:
            async with self._session.request(method, root + path, json=body) as response:
                if response.status >= 400:
                    raise await _refusal(response, quote)
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PassingError(f"The model server at {self.url} does not answer ({type(error).__name__}).") from error

    async def _json(self, response: aiohttp.ClientResponse) -> Json:
        try:
            answer = await response.json(content_type=None)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RefusedError(f"What answers at {self.url} is no OpenAI-compatible server: see model.server.url.")
        return answer


def _event(data: str) -> Json:
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"error": {"type": "no JSON"}}


async def _refusal(response: aiohttp.ClientResponse, quote: bool) -> EchoesError:
    """quote: whether the server's words may be shown; an answer about a prompt may repeat what a contact wrote."""
    try:
        words = _words(await response.json(content_type=None), quote)
    except (ValueError, aiohttp.ClientError):
        words = response.reason or "no reason given"
    if response.status in (408, 425, 429) or response.status >= (501 if quote else 500):
        after = response.headers.get("Retry-After", "")
        return PassingError(
            f"The model server is not ready ({response.status}).", float(after) if after.isdigit() else None
        )
    sentence = f"The model server refused a request ({response.status}: {words})."
    status = response.status
    return RefusedError(sentence, for_its_content=status in _OF_CONTENT, missing=status == 404)


def _words(answer: Any, quote: bool) -> str:
    """The kind of a server's error, or its message."""
    error = answer.get("error", answer) if isinstance(answer, dict) else {}
    if not isinstance(error, dict):
        return str(error) if quote else "no kind given"
    return str(error.get("message" if quote else "type") or "no kind given")
