"""The questionnaire's page: hands it out to who has the link, and writes each answer into the file."""

import asyncio
import importlib.resources
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from adapters.web.guard import Guard, Refusal
from bot.errors import EchoesError
from bot.files import read_utf8
from bot.serving import Listener, routes

_LONGEST = 20_000  # letters of an answer
_MOST_BYTES = 6 * _LONGEST + 1_000  # of a request: each letter as \uXXXX at most
_PAGE = {
    "": ("bot.cli.questionnaire", "index.html", "text/html"),
    "form.css": ("bot.cli.questionnaire", "form.css", "text/css"),
    "form.js": ("bot.cli.questionnaire", "form.js", "text/javascript"),
    "icon.svg": ("adapters.web", "icon.svg", "image/svg+xml"),
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Form:
    """path: of questionnaire.yaml. name: of the person, as far as it is known. token: what the link ends in."""

    path: Path
    name: str
    token: str


async def serve(form: Form, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serves the page until it is cancelled. Raises OSError where it cannot listen. announce: told the link."""
    listener = Listener()
    guard = Guard(form.token, "echoes_questionnaire", (host.lower(),), listener.trust)
    try:
        there = await listener.start(app(form, guard), host, port)
        announce(f"http://{f'[{host}]' if ':' in host else host}:{there}/#token={quote(form.token, safe='')}")
        await asyncio.Event().wait()
    finally:
        await listener.stop()


def app(form: Form, guard: Guard) -> web.Application:
    server = _Server(form, guard)
    made = web.Application(middlewares=[guard.middleware], client_max_size=_MOST_BYTES)
    made.add_routes(
        routes(
            web.get("/{name:[a-z]*(?:\\.[a-z]+)?}", server.page),
            web.post("/api/session", server.open),
            web.get("/api/questions", server.questions),
            web.put("/api/answers/{id}", server.answer),
        )
    )
    return made


@dataclass(frozen=True, slots=True)
class _Server:
    form: Form
    guard: Guard

    async def page(self, request: web.Request) -> web.Response:
        """The page itself holds nothing private: it is empty until the token was given."""
        if (known := _PAGE.get(request.match_info["name"])) is None:
            raise web.HTTPNotFound
        package, file, kind = known
        body = (importlib.resources.files(package) / "page" / file).read_bytes()
        return web.Response(body=body, content_type=kind, charset="utf-8")

    async def open(self, request: web.Request) -> web.Response:
        return self.guard.open(_text(await _json(request), "token"))

    async def questions(self, request: web.Request) -> web.Response:
        from bot.questionnaire import SCALE, TRAIT, bare, read_items
        from training.data.candidates import language_of

        self.guard.check_session(request)
        path = self.form.path
        items = _refusing(lambda: read_items(read_utf8(path), str(path)))
        language = language_of(item.question for item in items)
        listed = [
            {
                "id": item.id,
                "question": bare(item.question),
                "answer": item.answer,
                "scale": item.id.startswith(TRAIT),
            }
            for item in items
        ]
        return web.json_response(
            {"language": language, "name": self.form.name, "scale": SCALE[language], "items": listed}
        )

    async def answer(self, request: web.Request) -> web.Response:
        from training.data.filling_in import fill_in

        self.guard.check_session(request)
        given = _text(await _json(request), "answer")
        _refusing(lambda: fill_in(self.form.path, {request.match_info["id"]: given}))
        return web.Response(status=204)


def _refusing(do: Callable[[], T]) -> T:
    """Does something with the file; what is wrong with it is told to the page."""
    try:
        return do()
    except EchoesError as error:
        raise Refusal(409, "file", str(error)) from error
    except OSError as error:
        raise Refusal(507, "file", f"questionnaire.yaml cannot be used ({error.strerror}).") from error


async def _json(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise Refusal(415, "form", "The request must be JSON.")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "form", "The request is not valid JSON.") from error
    if not isinstance(body, dict):
        raise Refusal(400, "form", "The request must be a JSON object.")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise Refusal(400, "form", f"{name} must be a text of at most {_LONGEST} letters.")
    return value
