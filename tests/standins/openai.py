"""A stand-in for an OpenAI-compatible model server (vLLM's dialect): what RemoteEngine talks to.

Strict about what it is sent. Run as a script it serves a fixed reply, for tests that kill the daemon.
"""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import web

Json = dict[str, Any]
KNOWN = {
    "model", "prompt", "messages", "add_generation_prompt", "stream", "max_tokens", "min_tokens", "temperature",
    "top_p", "presence_penalty", "stop_token_ids", "logit_bias", "seed", "logprobs", "top_logprobs",
    "allowed_token_ids", "return_tokens_as_token_ids",
}  # fmt: skip


class ModelServer:
    """`say` gives the pieces of a reply to a request's body; `end_logprob` that of the end of turn as first token."""

    def __init__(
        self,
        *,
        model: str = "nora",
        max_model_len: int = 4096,
        say: Callable[[Json], list[str]] = lambda body: ["okok", "\nsee you"],
        end_logprob: Callable[[Json], float] = lambda body: -2.0,
    ) -> None:
        self.model = model
        self.max_model_len = max_model_len
        self.say = say
        self.end_logprob = end_logprob
        self.requests: list[tuple[str, Json]] = []
        self.failures: list[int] = []  # statuses of the next requests
        self.pause = 0.0  # seconds between the pieces of a reply
        self.cancelled = 0
        self.url = ""

    async def __aenter__(self) -> "ModelServer":
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/completions", self._completions)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_post("/v1/load_lora_adapter", self._load_lora)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        listed = {"id": self.model, "object": "model", "max_model_len": self.max_model_len}
        return web.json_response({"object": "list", "data": [listed]})

    async def _load_lora(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, await request.json()))
        if self.failures:
            return _error(self.failures.pop(0), "No adapter found for that path.")
        return web.Response(text="Success: LoRA adapter added.")

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body: Json = await request.json()
        self.requests.append((request.path, body))
        chat = request.path.endswith("/chat/completions")
        if self.failures:
            return _error(self.failures.pop(0), "out of luck")
        unknown = set(body) - KNOWN
        if unknown or ("messages" in body) is not chat or ("prompt" in body) is chat:
            return _error(400, f"Extra or missing inputs: {sorted(unknown)}")
        if body["model"] != self.model:
            return _error(404, f"The model `{body['model']}` does not exist.")
        if body.get("stream"):
            return await self._stream(request, body, chat)
        [end] = body["allowed_token_ids"]
        name, value = f"token_id:{end}", self.end_logprob(body)
        others = {f"token_id:{end + 1}": -0.5}
        if chat:
            top = [{"token": token, "logprob": one} for token, one in {name: value, **others}.items()]
            logprobs: Json = {"content": [{"token": name, "logprob": value, "top_logprobs": top}]}
            return web.json_response({"choices": [{"message": {"content": ""}, "logprobs": logprobs}]})
        logprobs = {"tokens": [name], "token_logprobs": [value], "top_logprobs": [{name: value, **others}]}
        return web.json_response({"choices": [{"text": "", "logprobs": logprobs}]})

    async def _stream(self, request: web.Request, body: Json, chat: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for piece in self.say(body):
                choice = {"delta": {"content": piece}} if chat else {"text": piece}
                await response.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                await asyncio.sleep(self.pause)
            await response.write(b"data: [DONE]\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.cancelled += 1
            raise
        return response


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "StandInError", "code": status}}, status=status)
