"""A stand-in for an OpenAI-compatible model server (vLLM's dialect): what RemoteEngine talks to.

Strict about what it is sent.
"""

import asyncio
import json
import math
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Piece = str | tuple[int, str]
"""Of a reply: its text, or a token and its text."""

SAMPLING = {
    "max_tokens", "min_tokens", "temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty",
    "repetition_penalty", "stop_token_ids", "logit_bias", "seed", "allowed_token_ids", "prompt_logprobs",
}  # fmt: skip
OPENAI = {"model", "stream", "cache_salt", "logprobs", "return_tokens_as_token_ids"}
KNOWN = {
    "/v1/completions": SAMPLING | OPENAI | {"prompt", "return_token_ids"},
    "/v1/chat/completions": SAMPLING | OPENAI | {"messages", "add_generation_prompt", "top_logprobs"},
    "/inference/v1/generate": {
        "model", "stream", "cache_salt", "token_ids", "content_parts", "return_token_ids", "output_mode",
        "sampling_params",
    },
}  # fmt: skip

_BOUNDS = {
    "temperature": (0, math.inf),
    "top_p": (1e-9, 1),
    "min_p": (0, 1),
    "presence_penalty": (-2, 2),
    "seed": (-(1 << 63), (1 << 63) - 1),
    "logprobs": (0, 20),
    "top_logprobs": (0, 20),
}


class ModelServer:
    """`say` gives the pieces of a reply to a request's body; `end_logprob` that of the end of turn as first token.

    `read_logprobs` gives those of a prompt's ids from the second on, where a request asks for them. base: the name of
    the model that `model` and what is loaded are LoRAs on, if they are.

    `expand` gives the ids that a request with photos beside token ids comes to; without it the server takes photos
    in chats alone, as a vLLM does that was started without `--enable-scale-out`.
    """

    def __init__(
        self,
        *,
        model: str = "nora",
        max_model_len: int = 4096,
        say: Callable[[Json], Iterable[Piece]] = lambda body: ["okok", "\nsee you"],
        end_logprob: Callable[[Json], float] = lambda body: -2.0,
        expand: Callable[[Json], list[int]] | None = None,
        read_logprobs: Callable[[Json], list[float]] | None = None,
        base: str | None = None,
    ) -> None:
        self.model = model
        self.base = base
        self.roots = {name: "" for name in (model, base) if name}  # what is served, and the folder it was read from
        self._at_first = dict(self.roots)
        self.read_logprobs = read_logprobs
        self.max_model_len = max_model_len
        self.say = say
        self.end_logprob = end_logprob
        self.expand = expand
        self.requests: list[tuple[str, Json]] = []
        self.failures: list[int] = []  # statuses of the next requests
        self.pause = 0.0  # seconds between the pieces of a reply
        self.cut = False  # whether replies end without their mark of the end
        self.logprobs = True
        self.cancelled = 0
        self.url = ""
        self._port = 0

    @property
    def names(self) -> set[str]:
        return set(self.roots)

    async def __aenter__(self) -> "ModelServer":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens, at the address that it had before, if any."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/page/models", self._page)
        app.router.add_post("/v1/load_lora_adapter", self._load_lora)
        app.router.add_post("/v1/unload_lora_adapter", self._unload_lora)
        for path in KNOWN:
            app.router.add_post(path, self._completions)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        host, self._port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{self._port}/v1"

    async def stop(self) -> None:
        """Breaks off what is in hand, and forgets what was loaded."""
        await self._runner.cleanup()
        self.roots = dict(self._at_first)

    async def _models(self, request: web.Request) -> web.Response:
        listed = [{"id": name, "object": "model", "max_model_len": self.max_model_len} for name in sorted(self.names)]
        for one in listed:
            one["root"] = self.roots[str(one["id"])]
            if self.base and one["id"] != self.base:
                one["parent"] = self.base
        return web.json_response({"object": "list", "data": listed})

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text="<html>Hello</html>", content_type="text/html")

    async def _load_lora(self, request: web.Request) -> web.Response:
        body: Json = await request.json()
        self.requests.append((request.path, body))
        name, folder = body["lora_name"], Path(body["lora_path"])
        if self.failures:
            return _error(self.failures.pop(0), "out of luck")
        if name == self.base:
            return _error(400, f"The lora adapter '{name}' conflicts with a served base model.")
        if name in self.roots and not body.get("load_inplace"):
            return _error(400, f"The lora adapter '{name}' has already been loaded.")
        if not (folder / "adapter_config.json").is_file():
            return _error(404, f"Loading lora {name} failed: No adapter found for {folder}")
        self.roots[name] = str(folder)
        return web.Response(text=f"Success: LoRA adapter '{name}' added successfully.")

    async def _unload_lora(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, await request.json()))
        name = self.requests[-1][1]["lora_name"]
        if self.roots.pop(name, None) is None:
            return _error(404, f"The lora adapter '{name}' cannot be found.")
        return web.Response(text=f"Success: LoRA adapter '{name}' removed successfully.")

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        body: Json = await request.json()
        path = request.path
        if path == "/inference/v1/generate" and self.expand is None:
            return _error(403, "Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out.")
        self.requests.append((path, body))
        if self.failures:
            return _error(self.failures.pop(0), "out of luck")
        if body["model"] not in self.roots:
            return _error(404, f"The model `{body['model']}` does not exist.")
        if wrong := _wrong(path, body):
            return _error(400, wrong)
        if len(body.get("prompt") or body.get("token_ids") or ()) >= self.max_model_len:
            return _error(400, f"The prompt is longer than the maximum model length of {self.max_model_len}.")
        read: Json = {"prompt_token_ids": self.expand(body)} if self.expand and "token_ids" in body else {}
        if body.get("stream"):
            return await self._stream(request, body, read)
        allowed = sampling_of(body).get("allowed_token_ids")
        if allowed is None:
            pieces = list(islice(self.say(body), sampling_of(body)["max_tokens"]))
            await asyncio.sleep(self.pause * len(pieces))
            choice = _whole(path, pieces)
            if "prompt_logprobs" in sampling_of(body) and self.read_logprobs:
                ids = read.get("prompt_token_ids") or body["prompt"]
                listed = [{str(one): {"logprob": p}} for one, p in zip(ids[1:], self.read_logprobs(body), strict=True)]
                where: Json = read if path == "/inference/v1/generate" else choice
                where["prompt_logprobs"] = [None, *listed]
            return web.json_response({"choices": [choice]} | read)
        choice = _with_logprob(path, allowed[0], self.end_logprob(body)) if self.logprobs else {"logprobs": None}
        return web.json_response({"choices": [choice]} | read)

    async def _stream(self, request: web.Request, body: Json, read: Json) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            for piece in self.say(body):
                event = {"choices": [_choice(request.path, piece)]} | read
                await response.write(f"data: {json.dumps(event)}\n\n".encode())
                await asyncio.sleep(self.pause)
            if not self.cut:
                await response.write(b"data: [DONE]\n\n")
        except (ConnectionError, asyncio.CancelledError):
            self.cancelled += 1
            raise
        return response


def sampling_of(body: Json) -> Json:
    """A request's sampling parameters, wherever its path wants them."""
    return dict(body.get("sampling_params", body))


def _wrong(path: str, body: Json) -> str:
    """What vLLM would not take, or would silently not heed."""
    sampling = sampling_of(body)
    unknown = set(body) - KNOWN[path]
    if path == "/inference/v1/generate":
        unknown |= set(sampling) - SAMPLING - {"logprobs"}
    if unknown:
        return f"Extra inputs: {sorted(unknown)}"
    if not any(body.get(name) for name in ("prompt", "messages", "token_ids")):
        return "There is no prompt."
    if sampling["max_tokens"] < 1 or sampling.get("min_tokens", 0) > sampling["max_tokens"]:
        return "min_tokens and max_tokens do not go together."
    if any(abs(bias) > 100 for bias in sampling.get("logit_bias", {}).values()):
        return "A bias lies between -100 and 100."
    if body.get("stream") and "prompt_logprobs" in sampling:
        return "prompt_logprobs are not available with stream."
    if body.get("cache_salt") == "":
        return "cache_salt must not be empty."
    for name, (least, most) in _BOUNDS.items():
        if not least <= {**body, **sampling}.get(name, most) <= most:
            return f"{name} must be in [{least}, {most}]."
    return ""


def _choice(path: str, piece: Piece) -> Json:
    tokens, text = ([piece[0]], piece[1]) if isinstance(piece, tuple) else (None, piece)
    if path == "/v1/chat/completions":
        return {"delta": {"content": text}}
    return {"text": text, "token_ids": tokens}


def _whole(path: str, pieces: Iterable[Piece]) -> Json:
    choices = [_choice(path, piece) for piece in pieces]
    if path == "/v1/chat/completions":
        return {"message": {"content": "".join(one["delta"]["content"] for one in choices)}}
    tokens = [token for one in choices for token in one["token_ids"] or ()]
    return {"text": "".join(one["text"] for one in choices), "token_ids": tokens or None}


def _with_logprob(path: str, end: int, value: float) -> Json:
    name, others = f"token_id:{end}", {f"token_id:{end + 1}": -0.5}
    if path == "/v1/completions":
        logprobs: Json = {"tokens": [name], "token_logprobs": [value], "top_logprobs": [{name: value, **others}]}
        return {"text": "", "logprobs": logprobs}
    top = [{"token": token, "logprob": one} for token, one in {name: value, **others}.items()]
    return {"text": "", "logprobs": {"content": [{"token": name, "logprob": value, "top_logprobs": top}]}}


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "StandInError", "code": status}}, status=status)
