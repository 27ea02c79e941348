"""The questionnaire's page: hands it out to who has the link, and writes each answer as it is given."""

import asyncio
import importlib.resources
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from adapters.web.guard import Guard, Refusal
from bot.cli.questionnaire.form import Form
from bot.errors import EchoesError
from bot.personality.answers import By
from bot.personality.items import HELD_OUT, ITEMS
from bot.personality.items import SCALE as ACCURATE
from bot.questionnaire import SCALE, TRAIT, bare
from bot.serving import Listener, routes

_LONGEST = 20_000  # letters of an answer
_MOST_BYTES = 6 * _LONGEST + 1_000  # of a request: each letter as \uXXXX at most
_PAGE = {
    "": ("bot.cli.questionnaire", "index.html", "text/html"),
    "form.css": ("bot.cli.questionnaire", "form.css", "text/css"),
    "form.js": ("bot.cli.questionnaire", "form.js", "text/javascript"),
    "parts.js": ("bot.cli.questionnaire", "parts.js", "text/javascript"),
    "saving.js": ("bot.cli.questionnaire", "saving.js", "text/javascript"),
    "statements.js": ("bot.cli.questionnaire", "statements.js", "text/javascript"),
    "icon.svg": ("adapters.web", "icon.svg", "image/svg+xml"),
}
T = TypeVar("T")


async def serve(form: Form, token: str, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serves the page until it is cancelled. Raises OSError where it cannot listen.

    token: what the link ends in. announce: told the link.
    """
    listener = Listener()
    guard = Guard(token, "echoes_questionnaire", (host.lower(),), listener.trust)
    try:
        there = await listener.start(app(form, guard), host, port)
        announce(f"http://{f'[{host}]' if ':' in host else host}:{there}/#token={quote(token, safe='')}")
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
            web.put("/api/statements/{number:[0-9][0-9]?[0-9]?}", server.state),
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
        self.guard.check_session(request)
        return web.json_response(_refusing(lambda: _asked(self.form)))

    async def answer(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        given = _text(await _json(request), "answer")
        _refusing(lambda: self.form.answer(request.match_info["id"], given))
        return web.Response(status=204)

    async def state(self, request: web.Request) -> web.Response:
        self.guard.check_session(request)
        number, body = int(request.match_info["number"]), await _json(request)
        answer, words, by = _text(body, "answer"), _text(body, "words"), _text(body, "by")
        if number not in ITEMS or answer not in ("", *"12345") or by not in (By.SELF, By.OTHER):
            raise Refusal(400, "form", "A statement has a number from 1 to 120, an answer from 1 to 5, self or other.")
        _refusing(lambda: self.form.state(number, int(answer) if answer else None, words, By(by)))
        return web.Response(status=204)


def _asked(form: Form) -> dict[str, Any]:
    """All that the page shows."""
    items, language, given = form.items(), form.language(), form.given()
    listed = [
        {"id": item.id, "question": bare(item.question), "answer": item.answer, "scale": item.id.startswith(TRAIT)}
        for item in items
    ]
    statements = [
        {
            "number": number,
            "text": item.text(language),
            "answer": str(given.answers.get(number, "")),
            "words": given.words.get(number, ""),
            "learnt": number not in HELD_OUT,
        }
        for number, item in ITEMS.items()
    ]
    inventory = {"by": given.by, "scale": ACCURATE[language], "statements": statements}
    asked = {"language": language, "name": form.name, "scale": SCALE[language], "items": listed}
    return {**asked, "inventory": inventory}


def _refusing(do: Callable[[], T]) -> T:
    """Does something with the file; what is wrong with it is told to the page."""
    try:
        return do()
    except EchoesError as error:
        raise Refusal(409, "file", str(error)) from error
    except OSError as error:
        raise Refusal(507, "file", f"What is answered cannot be written ({error.strerror}).") from error


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
