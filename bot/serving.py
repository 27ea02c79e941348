"""Listening for HTTP: under which names Echoes answers, and how long it waits for whom."""

import asyncio
import errno
import ipaddress
import logging
import os
import re
import socket
from collections.abc import Collection

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

IDLE_SECONDS = 15.0
"""After which a connection is closed that does nothing, or has not sent the whole head of a request."""
MOST_STRANGERS = 100
"""Connections that nobody vouched for. One more, and the oldest of them is closed."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")


def answers_to(host: str, names: Collection[str]) -> bool:
    """Whether a Host header is an address as it is, localhost, or one of our names.

    Any other name is somebody else's, who may have made it point here so that a browser asks in the name of his page.
    """
    match = _HOST.fullmatch(host.lower())
    if match is None:
        return False
    try:
        ipaddress.ip_address(match["name"].strip("[]"))
    except ValueError:
        return match["name"] in ("localhost", *names)
    return True


class Listener:
    """Serves one app, and keeps those who connect and say nothing from taking all there is."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._trusted: set[asyncio.BaseProtocol] = set()

    async def start(
        self, app: web.Application, host: str | None = None, port: int = 0, sock: socket.socket | None = None
    ) -> int:
        """Returns the port. Raises OSError where it cannot be listened on."""
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_requests_log(),
            keepalive_timeout=IDLE_SECONDS,
            shutdown_timeout=2.0,
            auto_decompress=False,  # no browser packs what it sends
        )
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        if sock is not None:
            self._server = await loop.create_server(self._accept, sock=sock)
        else:
            self._server = await loop.create_server(self._accept, host, port)
        if not self._server.sockets:  # asyncio passes over a socket that the machine does not give
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def trust(self, request: web.Request) -> None:
        """Notes that the sender of a request is known: the connection does not count as a stranger's."""
        self._trusted.add(request.protocol)

    def _accept(self) -> asyncio.BaseProtocol:
        assert self._runner is not None and self._runner.server is not None
        there = self._runner.server.connections
        self._trusted.intersection_update(there)
        strangers = [one for one in there if one not in self._trusted]
        for one in strangers[: max(0, len(strangers) - MOST_STRANGERS + 1)]:
            one.force_close()
        return self._runner.server()


def routes(*known: web.RouteDef) -> list[web.RouteDef]:
    """These, and 404 for all else. With an answer to any Expect header: aiohttp's own fails where it is no text."""
    every = [*known, web.route("*", "/{rest:.*}", _nothing)]
    for route in every:
        route.kwargs["expect_handler"] = _expected
    return every


async def _nothing(_: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def _expected(request: web.Request) -> None:
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # so that an error may still be answered


def _requests_log() -> logging.Logger:
    log = logging.getLogger(f"{__name__}.requests")
    log.addFilter(_our_fault)
    return log


def _our_fault(record: logging.LogRecord) -> bool:
    """What a client sent wrongly is answered with 400; in the log, aiohttp would quote it."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError)
