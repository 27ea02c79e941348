"""The page's server: hands out the page, takes messages and photos, and streams what happens."""

import asyncio
import importlib.resources
import json
import logging
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from aiohttp import WSCloseCode, web

from adapters.web.guard import Guard, Refusal
from adapters.web.hub import Event, Hub
from adapters.web.photos import TYPES, PhotoFolder
from bot.errors import DataError, EchoesError
from bot.media import MAX_BYTES
from bot.serving import routes
from bot.workspace import private_dir

log = logging.getLogger(__name__)

_MESSAGE_BYTES = 64 * 1024  # a message as JSON: 4,000 characters, at most 6 bytes each as \uXXXX, and the rest
_SILENCE_SECONDS = 20.0  # without a byte of a body
_MESSAGE_SECONDS = 30.0
_PHOTO_SECONDS = 600.0  # 20 MB at 0.3 Mbit/s
_SCRIPTS = ("app.js", "composer.js", "list.js", "net.js", "reactions.js", "state.js", "view.js", "words.js")
_PAGE = {
    "": ("index.html", "text/html"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    **{name: (name, "text/css") for name in ("style.css", "talk.css", "write.css")},
    **{name: (name, "text/javascript") for name in _SCRIPTS},
}


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as the page sends it; checked for shape only. `nonce` is the same on every try.

    reply: the number of the line that it answers.
    """

    chat: str
    sender: str
    text: str
    photos: tuple[str, ...]
    nonce: str
    reply: int | None = None


@dataclass(frozen=True, slots=True)
class Reacted:
    """What a person puts on a line, as the page sends it; an empty emoji takes back what they had put there."""

    chat: str
    sender: str
    line: int
    emoji: str


@dataclass(slots=True)
class Server:
    """`post` takes a message and returns its line's number once it is durable; `greet` is what a page begins with.

    react: takes a reaction. typing: told of the chat and the person where somebody types; raises Refusal where there
    is none such.
    """

    guard: Guard
    hub: Hub
    photos: PhotoFolder
    post: Callable[[Posted], Awaitable[int]]
    react: Callable[[Reacted], Awaitable[None]]
    greet: Callable[[int, int], list[Event]]
    typing: Callable[[str, str], None]
    _decoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))  # photos at a time

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self.guard.middleware])
        app.add_routes(
            routes(
                web.get("/{name:[a-z]*(?:\\.[a-z]+)?}", self._page),
                web.post("/api/session", self._open),
                web.get("/api/session", self._session),
                web.get("/api/stream", self._stream),
                web.post("/api/messages", self._message),
                web.post("/api/reactions", self._reaction),
                web.post("/api/typing", self._typing),
                web.post("/api/photos", self._upload),
                web.get("/api/photos/{name}", self._photo),
            )
        )
        return app

    async def _page(self, request: web.Request) -> web.Response:
        """The page itself holds nothing private: it is empty until a session is there."""
        name = request.match_info["name"]
        if name not in _PAGE:
            raise web.HTTPNotFound
        file, kind = _PAGE[name]
        body = (importlib.resources.files("adapters.web") / "page" / file).read_bytes()
        return web.Response(body=body, content_type=kind, charset="utf-8")

    async def _open(self, request: web.Request) -> web.Response:
        body = await _json(request)
        return self.guard.open(_text(body, "token", 500))

    async def _session(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        return web.Response(status=204)

    async def _message(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        body = await _json(request)
        photos = body.get("photos", [])
        if not isinstance(photos, list) or not all(isinstance(name, str) for name in photos):
            raise Refusal(400, "form", "photos must be a list of names.")
        if not all(self.photos.holds(name) for name in photos):
            raise Refusal(400, "gone", "A photo of this message is no longer there: choose it again.")
        text = _text(body, "text", _MESSAGE_BYTES).strip()
        reply = None if body.get("reply") is None else _line(body, "reply")
        chat, sender = _text(body, "chat", 200), _text(body, "sender", 200)
        posted = Posted(chat, sender, text, tuple(photos), _text(body, "nonce", 100), reply)
        if not posted.nonce:
            raise Refusal(400, "form", "nonce is missing.")
        with _taking("message"):
            number = await self.post(posted)
        return web.json_response({"id": number})

    async def _reaction(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        body = await _json(request)
        chat, sender, emoji = _text(body, "chat", 200), _text(body, "sender", 200), _text(body, "emoji", 20)
        with _taking("reaction"):
            await self.react(Reacted(chat, sender, _line(body, "line"), emoji))
        return web.Response(status=204)

    async def _typing(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        body = await _json(request)
        self.typing(_text(body, "chat", 200), _text(body, "sender", 200))
        return web.Response(status=204)

    async def _upload(self, request: web.Request) -> web.Response:
        """One photo as the request's body."""
        self.guard.check_session(request)
        too_large = Refusal(413, "large", f"A photo can have at most {MAX_BYTES // 1024 // 1024} MB.")
        try:
            with tempfile.TemporaryFile(dir=private_dir(self.photos.root)) as file:  # not in memory: many may be coming
                async for chunk in _body(request, MAX_BYTES, _PHOTO_SECONDS, too_large):
                    file.write(chunk)
                async with self._decoding:
                    name = await asyncio.to_thread(self._keep, file)
        except DataError as error:
            raise Refusal(415, "photo", str(error)) from error
        except OSError as error:
            raise Refusal(507, "later", f"The photo could not be stored ({error.strerror}).") from error
        return web.json_response({"name": name})

    def _keep(self, file: IO[bytes]) -> str:
        file.seek(0)
        return self.photos.put(file.read())

    async def _photo(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        name = request.match_info["name"]
        try:
            data = await asyncio.to_thread(self.photos.read, name, MAX_BYTES)
        except EchoesError as error:
            raise Refusal(404, "gone", str(error)) from error
        return web.Response(body=data, content_type=TYPES[name.rpartition(".")[2]])

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        """What happened after line `since`, then what happens. The page only listens."""
        self.guard.check_session(request)
        if "Origin" not in request.headers:  # every browser tells it here
            raise Refusal(403, "origin", "The stream is for the page alone.")
        since, erasures = _number(request, "since"), _number(request, "erasures")
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=1024)
        try:
            await socket.prepare(request)
        except ValueError:  # headers of the handshake that are no text
            raise Refusal(400, "form", "The stream was not asked for as a browser does.") from None
        queue = self.hub.join()
        sending = asyncio.create_task(self._send(socket, queue, since, erasures))
        try:
            async for _ in socket:
                pass
        finally:
            self.hub.leave(queue)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def _send(
        self, socket: web.WebSocketResponse, queue: "asyncio.Queue[Event | None]", since: int, erasures: int
    ) -> None:
        try:
            for event in self.greet(since, erasures):
                await socket.send_json(event)
            while (following := await queue.get()) is not None:
                await socket.send_json(following)
        except ConnectionError:
            pass  # the page is gone
        except EchoesError as error:
            log.warning("The web chat cannot show what was said: %s", error)
        except Exception:
            log.exception("The web chat failed to show what was said.")
        finally:
            await socket.close(code=WSCloseCode.GOING_AWAY)  # a page that is still there connects again


async def _body(request: web.Request, limit: int, seconds: float, too_large: Refusal) -> AsyncIterator[bytes]:
    """A request's body as it comes. Raises Refusal where it is too large or too slow, or breaks off."""
    if (request.content_length or 0) > limit:
        raise too_large
    loop = asyncio.get_running_loop()
    end, received = loop.time() + seconds, 0
    while True:
        try:
            async with asyncio.timeout_at(min(end, loop.time() + _SILENCE_SECONDS)):
                chunk = await request.content.readany()
        except TimeoutError:
            raise Refusal(408, "later", "The request came too slowly: try again.") from None
        except (web.RequestPayloadError, ConnectionError):
            raise Refusal(400, "form", "The request broke off, or was not sent as HTTP asks for.") from None
        if not chunk:
            return
        received += len(chunk)
        if received > limit:
            raise too_large
        yield chunk


async def _json(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Refusal(415, "form", "The request must be JSON.")
    too_large = Refusal(413, "form", f"The request can have at most {_MESSAGE_BYTES // 1024} KB.")
    sent = b"".join([chunk async for chunk in _body(request, _MESSAGE_BYTES, _MESSAGE_SECONDS, too_large)])
    try:
        body = json.loads(sent)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "form", "The request is not valid JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "form", "The request must be a JSON object.")
    return body


@contextmanager
def _taking(what: str) -> Iterator[None]:
    """Answers in a sentence where it cannot be taken now."""
    try:
        yield
    except EchoesError as error:
        raise Refusal(503, "later", f"The {what} could not be taken: {error}") from error
    except (OSError, sqlite3.Error) as error:
        log.exception("A %s of the web chat could not be stored.", what)
        raise Refusal(507, "later", f"The {what} could not be stored: is the disk full?") from error


def _line(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int or not 0 < value < 2**53:
        raise Refusal(400, "form", f"{name} must be the number of a line.")
    return value


def _text(body: dict[str, Any], name: str, limit: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > limit:
        raise Refusal(400, "form", f"{name} must be a text of at most {limit} characters.")
    return value.encode("utf-8", "replace").decode()  # half a surrogate pair is no text


def _number(request: web.Request, name: str) -> int:
    value = request.query.get(name, "0")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else 0
