"""The far side of the network: just enough of Discord's REST and gateway, strict about what it is sent."""

import asyncio
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

TOKEN = "the.right.token"
ME = {"id": "900", "username": "echo", "discriminator": "0", "global_name": "Echo", "avatar": None, "bot": True}
ANNA = {"id": "100", "username": "anna", "discriminator": "0", "global_name": "Anna", "avatar": None}
EPOCH = 1_420_070_400_000
CONTENT_INTENT = 1 << 15
TYPING_INTENT = 1 << 14  # in direct messages
REACTION_INTENT = 1 << 13  # in direct messages
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@dataclass
class FarSide:
    """Channel 500 is the direct message with Anna."""

    base: str = ""  # its address
    content_intent: bool = True  # switched on in the developer portal
    send_seconds: float = 0.0  # what a message takes, half of it before it is there
    keeps_nonces: bool = True  # Discord does for some minutes
    refuse: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)  # "POST /channels/500/messages"
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"500": []})
    bodies: list[dict[str, Any]] = field(default_factory=list)  # what was posted
    typed: list[str] = field(default_factory=list)
    put: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # by channel and message, the bot's emoji
    intents: int = 0  # what the bot asked to be told
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _nonces: dict[str, dict[str, Any]] = field(default_factory=dict)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_say_why])
        app.add_routes(
            [
                web.get("/users/@me", self._me),
                web.get("/oauth2/applications/@me", self._application),
                web.get("/gateway/", self._gateway),
                web.get("/channels/{channel}", self._channel),
                web.get("/channels/{channel}/messages", self._history),
                web.post("/channels/{channel}/messages", self._post),
                web.post("/channels/{channel}/typing", self._typing),
                web.put("/channels/{channel}/messages/{message}/reactions/{emoji}/@me", self._put),
                web.get("/pictures/{name}", self._picture),
            ]
        )
        return app

    def said(self, text: str, author: Mapping[str, Any] = ANNA, channel: str = "500", **more: Any) -> dict[str, Any]:
        """Keeps a message, as Discord would; `tell` also sends it to those connected."""
        now = datetime.now(UTC)
        number = ((int(now.timestamp() * 1000) - EPOCH) << 22) + next(self._numbers)
        message = {
            "id": str(number),
            "channel_id": channel,
            "author": dict(author),
            "content": text,
            "timestamp": now.isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
            **more,
        }
        self.messages.setdefault(channel, []).append(message)
        return message

    async def tell(self, text: str, **more: Any) -> str:
        message = self.said(text, **more)
        await self.send("MESSAGE_CREATE", message)
        return str(message["id"])

    async def types(self, author: Mapping[str, Any] = ANNA, channel: str = "500") -> None:
        """Somebody begins to type; told only to who asked for it."""
        if self.intents & TYPING_INTENT:
            at = int(datetime.now(UTC).timestamp())
            await self.send("TYPING_START", {"channel_id": channel, "user_id": author["id"], "timestamp": at})

    async def reacts(self, message: str, emoji: Mapping[str, Any], author: Mapping[str, Any] = ANNA, back: bool = False,
                     channel: str = "500") -> None:  # fmt: skip
        """Somebody puts an emoji on a message, or takes it back; told only to who asked for it."""
        if self.intents & REACTION_INTENT:
            event = "MESSAGE_REACTION_REMOVE" if back else "MESSAGE_REACTION_ADD"
            told = {"user_id": author["id"], "channel_id": channel, "message_id": message, "emoji": dict(emoji)}
            await self.send(event, {**told, "burst": False, "type": 0})

    async def send(self, event: str, data: Mapping[str, Any]) -> None:
        """Sends an event to those connected."""
        for socket in self.sockets:
            with suppress(ConnectionError):  # it went away
                await socket.send_json({"op": 0, "t": event, "s": 2, "d": data})

    async def hang_up(self, code: int) -> None:
        for socket in self.sockets:
            await socket.close(code=code)

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            raise _Refused(401, {"code": 0, "message": "401: Unauthorized"})
        status, body = self.refuse.get(f"{request.method} {request.path}", (0, {}))
        if status:
            raise _Refused(status, body)

    async def _me(self, request: web.Request) -> web.Response:
        self._check(request)
        return _json(ME)

    async def _application(self, request: web.Request) -> web.Response:
        self._check(request)
        return _json(
            {
                "id": "900",
                "name": "Echo",
                "description": "",
                "icon": None,
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "",
                "flags": 0,
                "owner": ANNA,
            }
        )

    async def _channel(self, request: web.Request) -> web.Response:
        self._check(request)
        channel = request.match_info["channel"]
        return _json({"id": channel, "type": 1, "recipients": [ANNA], "last_message_id": None})

    async def _history(self, request: web.Request) -> web.Response:
        self._check(request)
        found = self.messages.get(request.match_info["channel"], [])
        if "after" in request.query:  # the oldest of those after it, but newest first, as Discord does
            found = [one for one in found if int(one["id"]) > int(request.query["after"])]
            found = found[: int(request.query["limit"])]
        if "before" in request.query:
            found = [one for one in found if int(one["id"]) < int(request.query["before"])]
        return _json(found[::-1][: int(request.query["limit"])])

    async def _post(self, request: web.Request) -> web.Response:
        channel, names = request.match_info["channel"], []
        if request.content_type == "multipart/form-data":
            form = await request.post()
            body = json.loads(str(form["payload_json"]))
            names = [one.filename for one in form.values() if isinstance(one, web.FileField)]
        else:
            body = await request.json()
        self.bodies.append(body)
        self._check(request)
        text = (body.get("content") or "").strip()
        if not (text or names) or len(text) > 2000:
            raise _Refused(400, {"code": 50035, "message": "Invalid Form Body"})
        await asyncio.sleep(self.send_seconds / 2)
        known = self._nonces.get(body["nonce"]) if body.get("enforce_nonce") and self.keeps_nonces else None
        pictures = [{"id": "1", "filename": name, "size": 9, "url": "", "proxy_url": ""} for name in names]
        message = known or self.said(text, ME, channel, attachments=pictures, **self._replied(body, channel))
        self._nonces[body["nonce"]] = message
        await asyncio.sleep(self.send_seconds / 2)
        return _json({**message, "nonce": body["nonce"]})

    def _replied(self, body: Mapping[str, Any], channel: str) -> dict[str, Any]:
        reference = body.get("message_reference")
        if reference is None:
            return {}
        if any(one["id"] == str(reference["message_id"]) for one in self.messages[channel]):
            return {
                "type": 19,
                "message_reference": {"message_id": str(reference["message_id"]), "channel_id": channel},
            }
        if reference.get("fail_if_not_exists", True):
            raise _Refused(400, {"code": 50035, "message": "Unknown message"})
        return {}

    async def _typing(self, request: web.Request) -> web.Response:
        self._check(request)
        self.typed.append(request.match_info["channel"])
        return web.Response(status=204)

    async def _put(self, request: web.Request) -> web.Response:
        self._check(request)
        channel, number, emoji = (request.match_info[key] for key in ("channel", "message", "emoji"))
        if not any(one["id"] == number for one in self.messages.get(channel, [])):
            raise _Refused(404, {"code": 10008, "message": "Unknown Message"})
        if emoji not in ("❤️", "👍"):
            raise _Refused(400, {"code": 10014, "message": "Unknown Emoji"})
        there = self.put.setdefault((channel, number), [])
        there += [emoji] if emoji not in there else []
        return web.Response(status=204)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name == "elsewhere.png":
            raise web.HTTPFound("http://127.0.0.1:9/secret")
        if name == "endless.png":  # does not say how long it is
            response = web.StreamResponse()
            response.enable_chunked_encoding()
            await response.prepare(request)
            try:
                for _ in range(10_000):
                    await response.write(bytes(64 * 1024))
            except ConnectionError:
                pass
            return response
        if name != "cat.png":
            raise web.HTTPNotFound
        return web.Response(body=PNG, content_type="image/png")

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}})
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            packet = json.loads(frame.data)
            if packet["op"] == 2:
                if packet["d"]["intents"] & CONTENT_INTENT and not self.content_intent:
                    await socket.close(code=4014, message=b"Disallowed intent(s).")
                    break
                self.intents = packet["d"]["intents"]
                self.sockets = [socket]
                ready = {"v": 10, "user": ME, "guilds": [], "application": {"id": "900", "flags": 0}}
                session = {"session_id": "s", "resume_gateway_url": self.base.replace("http", "ws", 1) + "/gateway/"}
                await socket.send_json({"op": 0, "t": "READY", "s": 1, "d": {**ready, **session}})
                self.connected.set()
            elif packet["op"] == 6:
                self.sockets = [socket]
                await socket.send_json({"op": 0, "t": "RESUMED", "s": 2, "d": {}})
                self.connected.set()
            elif packet["op"] == 1:
                await socket.send_json({"op": 11})
        return socket


def _json(body: Any) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


@dataclass
class _Refused(Exception):
    status: int
    body: Mapping[str, Any]


@web.middleware
async def _say_why(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except _Refused as refusal:
        response = _json(refusal.body)
        response.set_status(refusal.status)
        response.headers["Via"] = "1.1 test"  # without it, a 429 means a ban
        return response
