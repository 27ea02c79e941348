"""A strict Telegram Bot API server on loopback, with the people who write to the bot.

    async with TelegramServer() as server:
        anna = server.person("Anna", username="anna_k")
        adapter = TelegramAdapter(server.token, server.base_url, server.base_file_url)
        server.user_says(anna, "hi")
        [reply] = await server.wait_for_reply(anna)

It polls, confirms and refuses as the real one does: unconfirmed updates come again, a second poll ends the first with
409, unknown methods are 404, and parameters that the stand-in does not know are 400 (the real one ignores them).
`python -m tests.standins.telegram` opens one private chat in the terminal.
"""

import argparse
import asyncio
import json
import sys
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from aiohttp import web

from tests.standins.telegram_api import ApiError, BotApi, Sent
from tests.standins.telegram_people import People
from tests.standins.telegram_world import Group, Json, User, World

__all__ = ["Call", "Group", "Hook", "Phase", "Sent", "TelegramServer", "User"]

TOKEN = "123456789:AAStandInStandInStandInStandInStandIn"
Phase = Literal["before", "recorded", "after"]
Hook = Callable[[str, Mapping[str, str], Phase], Awaitable[None]]
_METHODS = (
    "getMe", "getUpdates", "getWebhookInfo", "deleteWebhook", "sendMessage", "sendChatAction", "editMessageText",
    "editMessageReplyMarkup", "getFile", "sendSticker", "getStickerSet",
    "sendVoice", "setMessageReaction",
)  # fmt: skip
_NAMES = {name.lower(): name for name in _METHODS}  # case is free


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came in. `at`: seconds of time.monotonic."""

    method: str
    params: Mapping[str, str]
    at: float


@dataclass(slots=True)
class _Fault:
    method: str
    times: int
    status: int = 0  # answer with this error
    retry_after: int = 0
    body: bytes | None = None  # in place of Telegram's own JSON
    drop: Phase | None = None  # close the connection without an answer
    stall: float = 0  # seconds between recording and answering


class TelegramServer(People):
    """`privacy`: the bot sees only commands, mentions and replies in groups, as BotFather sets it up at first.

    `on_request` is awaited with the method, its parameters and the phase of every request: "before" anything was
    recorded, "recorded" but not yet answered, and "after" the answer was written.
    """

    def __init__(self, token: str = TOKEN, *, username: str = "EchoBot", privacy: bool = False, port: int = 0) -> None:
        bot: Json = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Echo", "username": username}
        bot |= {"can_join_groups": True, "can_read_all_group_messages": not privacy, "supports_inline_queries": False}
        super().__init__(World(bot))
        self.token = token
        self.api = BotApi(self.world)
        self.calls: list[Call] = []
        self.on_request: Hook | None = None
        self.downloaded = 0  # bytes of files handed out
        self._port = port
        self._faults: list[_Fault] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.updates.close()
        if self._runner:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/bot"

    @property
    def base_file_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/file/bot"

    # -- what the bot did -----------------------------------------------------------------------------------------

    @property
    def sent(self) -> list[Sent]:
        """Every message of the bot, in order, as it was when it was sent."""
        return self.api.sent

    def sent_to(self, chat: User | Group) -> list[Sent]:
        return [one for one in self.sent if one.chat_id == chat.id]

    def replies(self, chat: User | Group) -> list[str]:
        """The bot's messages in a chat as they stand there now, after any edit."""
        return [one.text for (chat_id, _), one in self.world.messages.items() if one.own and chat_id == chat.id]

    async def wait_for_reply(self, chat: User | Group, n: int = 1, seconds: float = 10) -> list[Sent]:
        """Waits until the bot has sent n messages to a chat since the server started; returns all of them."""
        await self.wait_until(lambda: len(self.sent_to(chat)) >= n, seconds)
        return self.sent_to(chat)

    async def wait_until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Waits for anything that a request or an update can bring about."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self.updates.changed()

    # -- trouble --------------------------------------------------------------------------------------------------

    def fail(
        self, method: str, status: int = 500, *, retry_after: int = 0, times: int = 1, body: bytes | None = None
    ) -> None:
        """The next calls of a method ("file" for downloads, "*" for any method) fail, with nothing recorded.

        With `retry_after` (seconds) it is a 429; `body` is sent in place of Telegram's own JSON, as a gateway would.
        """
        status = 429 if retry_after else status
        self._faults.append(_Fault(method, times, status=status, retry_after=retry_after, body=body))

    def drop(self, method: str, when: Phase = "recorded", times: int = 1) -> None:
        """Closes the connection without an answer, "before" or after ("recorded") doing what was asked."""
        self._faults.append(_Fault(method, times, drop=when))

    def stall(self, method: str, seconds: float, times: int = 1) -> None:
        """Does what was asked, and answers late."""
        self._faults.append(_Fault(method, times, stall=seconds))

    # -- requests -------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = _NAMES.get(request.match_info["method"].lower(), request.match_info["method"])
        try:
            self._check_token(request)
            params = await _params(request)
        except ApiError as error:
            return web.json_response(error.json(), status=error.code)
        self.calls.append(Call(method, params, time.monotonic()))
        await self._tell(method, params, "before")
        fault = self._next_fault(method)
        if fault and fault.drop == "before":
            return _cut(request)
        if fault and fault.body is not None:
            return web.Response(body=fault.body, status=fault.status, content_type="text/html")
        try:
            if fault and fault.status:
                raise _failure(fault)
            status, answer = 200, {"ok": True, "result": await self._answer(method, params)}
        except ApiError as error:
            status, answer = error.code, error.json()
        self.updates.ring()
        await self._tell(method, params, "recorded")
        if fault and fault.drop:
            return _cut(request)
        if fault and fault.stall:
            await asyncio.sleep(fault.stall)
        response = web.json_response(answer, status=status)
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            return response  # who asked is gone
        await self._tell(method, params, "after")
        self.updates.ring()
        return response

    async def _answer(self, method: str, params: Mapping[str, str]) -> object:
        if method != "getUpdates":
            return self.api.answer(method.lower(), params)
        if self.api.webhook_url:
            advice = "use deleteWebhook to delete the webhook first"
            raise ApiError(409, f"Conflict: can't use getUpdates method while webhook is active; {advice}")
        return await self.updates.poll(params)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        fault = self._next_fault("file")
        try:
            self._check_token(request)
            if fault and fault.status:
                raise _failure(fault)
            found = [one for one in self.world.files.values() if one.path == request.match_info["path"]]
            if not found:
                raise ApiError(404, "Not Found")
        except ApiError as error:
            return web.json_response(error.json(), status=error.code)
        response = web.StreamResponse()
        try:
            await response.prepare(request)
            for start in range(0, len(found[0].data), 65536):
                chunk = found[0].data[start : start + 65536]
                await response.write(chunk)
                self.downloaded += len(chunk)
                if fault and fault.drop:
                    return _cut(request)
            await response.write_eof()
        except ConnectionError:
            pass  # who asked has had enough
        return response

    def _check_token(self, request: web.Request) -> None:
        """The real server tells a token of the wrong shape (404) from one that is not valid (401)."""
        token = request.match_info["token"]
        if token != self.token:
            number, _, secret = token.partition(":")
            raise ApiError(401, "Unauthorized") if number.isdigit() and secret else ApiError(404, "Not Found")

    async def _tell(self, method: str, params: Mapping[str, str], phase: Phase) -> None:
        if self.on_request:
            await self.on_request(method, params, phase)

    def _next_fault(self, method: str) -> _Fault | None:
        for fault in self._faults:
            if fault.times > 0 and (fault.method == method or (fault.method == "*" and method != "file")):
                fault.times -= 1
                return fault
        return None


def _failure(fault: _Fault) -> ApiError:
    if fault.retry_after:
        words = f"Too Many Requests: retry after {fault.retry_after}"
        return ApiError(fault.status, words, retry_after=fault.retry_after)
    return ApiError(fault.status, "Internal Server Error")


def _cut(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _params(request: web.Request) -> dict[str, str]:
    """Parameters from the query and the body, of an upload its name; text that is not UTF-8 is refused."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return {key: one.filename if isinstance(one, web.FileField) else str(one) for key, one in form.items()}
    body = await request.read()
    try:
        if request.content_type == "application/json":
            given = json.loads(body)
            return {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise ApiError(400, "Bad Request: strings must be encoded in UTF-8") from None
    return {**request.query, **dict(pairs)}


async def _talk(port: int) -> None:
    """Lines typed are what a person writes to the bot; its messages are shown."""
    async with TelegramServer(port=port) as server:
        print(f"token: {server.token}\nbase_url: {server.base_url}\nbase_file_url: {server.base_file_url}", flush=True)
        person = server.person("Terminal")

        async def show(method: str, params: Mapping[str, str], phase: Phase) -> None:
            if method == "sendMessage" and phase == "recorded":
                print(f"< {params['text']}", flush=True)

        server.on_request = show
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                server.user_says(person, line.strip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Telegram Bot API server to try a bot against, on loopback.")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(_talk(parser.parse_args().port))
