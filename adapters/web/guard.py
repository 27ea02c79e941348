"""Who may open the page: those who have the link with the token. And what a browser may do with it."""

import hashlib
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.serving import answers_to

_NO_SESSION = (
    "Open this page with the link that Echoes shows when it starts; it ends in #token=…  "
    "请用 Echoes 启动时显示的链接打开本页，链接以 #token=… 结尾。"
)
_WRONG_TOKEN = (
    "This link does not fit (any more): use the one that Echoes shows when it starts.  "
    "这个链接无效或已失效，请用 Echoes 启动时显示的链接。"
)
_WRONG_HOST = "This page does not answer under this name: use the address that Echoes shows when it starts."
_WRONG_ORIGIN = "Another web site may not use this page."
_MONTH = 30 * 24 * 3600
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
    "Server": "Echoes",
}


class Refusal(Exception):
    """Ends a request with a sentence. `code` tells the page which of its own sentences to show."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Guard:
    """`cookie` is the name of the session's cookie; `names`: host names the page answers to, beside addresses.

    trust: told of each request that has a session.
    """

    token: str
    cookie: str
    names: Collection[str] = ()
    trust: Callable[[web.Request], None] = lambda request: None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._check(request)
            response = await handler(request)
        except Refusal as refusal:
            response = say(request, refusal)
        except web.HTTPException as error:
            response = say(request, Refusal(error.status, "http", f"{error.status}: {error.reason}."))
        if not response.prepared:
            response.headers.update(_HEADERS)
            known = answers_to(_host(request), self.names)
            response.headers["Content-Security-Policy"] = _policy(_host(request)) if known else "default-src 'none'"
        return response

    def open(self, given: str) -> web.Response:
        """Exchanges the token for a cookie that scripts cannot read and other sites cannot send."""
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise Refusal(403, "token", _WRONG_TOKEN)
        response = web.Response(status=204)
        response.set_cookie(self.cookie, self._session(), max_age=_MONTH, path="/", httponly=True, samesite="Strict")
        return response

    def check_session(self, request: web.Request) -> None:
        given = request.cookies.get(self.cookie, "").encode("utf-8", "surrogateescape")  # a header may hold any byte
        if not hmac.compare_digest(given, self._session().encode()):
            raise Refusal(401, "session", _NO_SESSION)
        self.trust(request)

    def _session(self) -> str:
        return hmac.new(self.token.encode(), b"echoes web session", hashlib.sha256).hexdigest()

    def _check(self, request: web.Request) -> None:
        if not answers_to(_host(request), self.names):
            raise Refusal(403, "host", _WRONG_HOST)
        origin = request.headers.get("Origin")
        if origin is not None and _netloc(origin) != _host(request).lower():
            raise Refusal(403, "origin", _WRONG_ORIGIN)


def say(request: web.Request, refusal: Refusal) -> web.Response:
    """Answers with the refusal: as JSON for the page's script, else as text."""
    if request.path.startswith("/api/"):
        return web.json_response({"error": refusal.code, "sentence": str(refusal)}, status=refusal.status)
    return web.Response(text=f"{refusal}\n", status=refusal.status)


def _host(request: web.Request) -> str:
    return request.headers.get("Host", "")  # where it is missing, aiohttp would ask the name server who we are


def _netloc(origin: str) -> str:
    return origin.partition("://")[2].lower()


def _policy(host: str) -> str:
    """Nothing from anywhere but here. Older Safari needs the socket's address spelled out."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
