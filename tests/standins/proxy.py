"""An HTTP proxy on loopback that counts what passes: plain requests and WebSockets, no CONNECT."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import WSMsgType, web
from yarl import URL

_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding", "host"}
_HANDSHAKE = {"upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"}


class HttpProxy:
    """`url` holds the user and password that it asks for; `passed` is the address of each request, in order.

    known: the real address behind a name that nobody else knows, so that nothing can go around the proxy.
    """

    def __init__(self, known: Mapping[str, str], user: str = "mei", password: str = "open-sesame") -> None:
        self._known = {name: URL(address) for name, address in known.items()}
        self._signed_in = f"{user}:{password}"
        self.passed: list[str] = []
        self.refused = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.url = f"http://{self._signed_in}@127.0.0.1:{port}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Proxy-Authorization") != f"Basic {b64encode(self._signed_in.encode()).decode()}":
            self.refused += 1
            return web.Response(status=407, headers={"Proxy-Authenticate": "Basic"})
        self.passed.append(str(request.url))
        behind = self._known[str(request.url.host)]
        url = request.url.with_scheme(behind.scheme).with_host(str(behind.host)).with_port(behind.port)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._bridge(request, url, headers)
        body = await request.read()
        async with self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    async def _bridge(self, request: web.BaseRequest, url: URL, headers: dict[str, str]) -> web.WebSocketResponse:
        near = web.WebSocketResponse()
        await near.prepare(request)
        kept = {name: value for name, value in headers.items() if name.lower() not in _HANDSHAKE}
        async with self._session.ws_connect(url, headers=kept) as far:

            async def carry(source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse) -> None:
                target = far if source is near else near
                async for frame in source:
                    if frame.type is WSMsgType.TEXT:
                        await target.send_str(frame.data)
                    elif frame.type is WSMsgType.BINARY:
                        await target.send_bytes(frame.data)

            ways = [asyncio.create_task(carry(near)), asyncio.create_task(carry(far))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                await near.close(code=far.close_code or 1000)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        return near
