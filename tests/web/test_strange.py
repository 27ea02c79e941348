"""What no browser sends, and too much of what one does: the web chat stays, and answers the next good message."""

import asyncio
import logging
import random
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.web.adapter import WebAdapter
from bot.serving import MOST_STRANGERS
from tests.web.fuzz_requests import NO_ANSWER, Client, statuses
from tests.web.stage import TOKEN, Avatar, photo, serving
from tests.web.test_talk import Page, say, stream, upload


@pytest.fixture
async def raw(web: WebAdapter) -> Client:
    client = Client(web, random.Random(3))
    await client.open()
    return client


async def test_strange_requests_bring_neither_an_error_nor_a_traceback(
    raw: Client, avatar: Avatar, caplog: pytest.LogCaptureFixture
) -> None:
    found = await statuses(raw, 800)
    assert set(found) <= {NO_ANSWER, "100", "101", "200", "204", *(str(status) for status in range(400, 432))}
    assert len(found) > 6 and found["400"] > 50 and found["200"] > 50
    assert not [one.getMessage() for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]
    assert b" 200 OK" in await raw.say("still there?")
    assert avatar.texts[-1] == "still there?"


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"text":' * 8_000, b"9" * 5_000, b"\xff\xfe", b"NaN", b""])
async def test_json_that_is_none_is_a_sentence(client: aiohttp.ClientSession, body: bytes) -> None:
    for path in ("/api/session", "/api/messages"):
        async with client.post(path, data=body, headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 400 and "JSON" in (await answer.json())["sentence"]


async def test_any_byte_in_a_cookie_is_no_session(raw: Client, web: WebAdapter) -> None:
    name = raw.cookie.partition(b"=")[0]
    host = f"{raw.host}:{raw.port}".encode()
    answer = await raw.send(b"GET /api/session HTTP/1.1\r\nHost: %s\r\nCookie: %s=\xff\r\n\r\n" % (host, name))
    assert answer.startswith(b"HTTP/1.1 401 ") and b"#token=" in answer


@pytest.mark.parametrize("path", [b"/", b"/api/session", b"/nothing/here"])
async def test_any_byte_in_what_is_expected_is_refused(raw: Client, path: bytes) -> None:
    answer = await raw.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\nExpect: \xff\r\n\r\n" % path)
    assert answer.startswith(b"HTTP/1.1 417 ")


async def test_a_malformed_request_is_not_quoted_in_the_log(raw: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await raw.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie\x00: " + raw.cookie + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert raw.cookie.partition(b"=")[2].decode() not in caplog.text


async def test_a_damaged_photo_is_a_sentence(client: aiohttp.ClientSession) -> None:
    good = photo()
    for data in (good[: len(good) // 2], b"\xff\xd8\xff\xe1" + bytes(500), b"\xff\xd8\xff\xe0DDS " + bytes(120)):
        async with client.post("/api/photos", data=data) as answer:
            assert answer.status == 415 and "could not be read" in (await answer.json())["sentence"]


async def test_uploads_are_not_gathered_in_memory(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty photos half sent: what came so far is in files without a name, of this user alone."""
    files: list[Any] = []
    real = tempfile.TemporaryFile

    def noted(**where: Any) -> Any:
        files.append(real(**where))
        return files[-1]

    monkeypatch.setattr("tempfile.TemporaryFile", noted)
    data, more = photo(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:1000]
        await more.wait()
        yield data[1000:]

    async def put() -> int:
        async with client.post("/api/photos", data=slowly()) as answer:
            return answer.status

    uploads = [asyncio.create_task(put()) for _ in range(20)]
    async with asyncio.timeout(10):
        while len(files) < 20 or not all(file.tell() == 1000 for file in files):
            assert not any(upload.done() for upload in uploads)
            await asyncio.sleep(0.01)
    await upload(client, photo(seed=2))  # waits for none of them
    more.set()
    assert await asyncio.gather(*uploads) == [200] * 20
    assert all(file.closed for file in files)


async def test_who_sends_half_a_request_is_not_waited_for(
    raw: Client, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.web.server._SILENCE_SECONDS", 0.1)
    host = f"{raw.host}:{raw.port}".encode()
    for path, kind in ((b"session", b"json"), (b"messages", b"json"), (b"photos", b"octet-stream")):
        head = b"POST /api/%s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: application/%s\r\nContent-Length: 99"
        said = await raw.send(head % (path, host, raw.cookie, kind) + b"\r\n\r\n{")
        assert said.startswith(b"HTTP/1.1 408 ") and b"too slowly" in said
    monkeypatch.undo()
    monkeypatch.setattr("adapters.web.server._MESSAGE_SECONDS", 0.3)

    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" "
            await asyncio.sleep(0.02)

    async with client.post("/api/session", data=trickle(), headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 408


async def closes(reader: asyncio.StreamReader, seconds: float = 10) -> bytes:
    """What comes until the far side closes the connection."""
    async with asyncio.timeout(seconds):
        return await reader.read()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: ", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
async def test_a_connection_that_does_nothing_is_closed(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("bot.serving.IDLE_SECONDS", 0.2)
    async with serving(tmp_path, Avatar()) as web:
        raw = Client(web, random.Random(1))
        reader, writer = await asyncio.open_connection(raw.host, raw.port)
        writer.write(sent)
        answer = await closes(reader)
        assert answer.startswith(b"HTTP/1.1 200 OK") or not sent.endswith(b"\r\n\r\n")
        writer.close()


async def test_a_page_is_heard_though_strangers_take_every_connection(
    raw: Client, client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar
) -> None:
    avatar.says = lambda message: ["yes"]
    async with stream(client) as socket:
        page = Page(socket)
        await page.lines()
        strangers = [await asyncio.open_connection(raw.host, raw.port) for _ in range(3 * MOST_STRANGERS)]
        closed = [asyncio.create_task(closes(reader)) for reader, _ in strangers[:MOST_STRANGERS]]
        await asyncio.gather(*closed)  # the oldest had to go
        await say(client, "are you there?")
        assert (await page.next("line"))["line"]["text"] == "are you there?"
        assert (await page.next("line"))["line"]["text"] == "yes"
        async with (
            aiohttp.ClientSession(str(client._base_url)) as other,
            other.post("/api/session", json={"token": TOKEN}) as answer,
        ):
            assert answer.status == 204, "and who has the link comes in"
        for _, writer in strangers:
            writer.close()
