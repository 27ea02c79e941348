"""Who is let in, and what a browser is told."""

import logging
from pathlib import Path

import aiohttp
import pytest

import adapters.web
from adapters.web.adapter import WebAdapter
from tests.web.stage import PEOPLE, TOKEN
from tests.web.test_talk import say, stream

PRIVATE = ("/api/session", "/api/stream", "/api/photos/00000000000000000000000000000000.png")


async def test_without_the_token_there_is_only_the_empty_page(stranger: aiohttp.ClientSession) -> None:
    page = Path(adapters.web.__file__).parent / "page"
    for path in ("/", *(f"/{file.name}" for file in page.iterdir() if file.name != "index.html")):
        async with stranger.get(path) as answer:
            assert answer.status == 200, path
            assert TOKEN not in await answer.text()
    for path in PRIVATE:
        async with stranger.get(path) as answer:
            assert answer.status == 401 and "#token=" in (await answer.json())["sentence"], path
    for path in ("/api/messages", "/api/typing", "/api/photos"):
        async with stranger.post(path, json={}) as answer:
            assert answer.status == 401
    async with stranger.get("/nothing.html") as answer:
        assert answer.status == 404
    async with stranger.get("/../store.py") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "令牌", "x" * 501])
async def test_a_wrong_token_does_not_open_it(stranger: aiohttp.ClientSession, token: str) -> None:
    async with stranger.post("/api/session", json={"token": token}) as answer:
        assert answer.status in (400, 403) and not answer.cookies
    async with stranger.get("/api/session") as answer:
        assert answer.status == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    stranger: aiohttp.ClientSession, web: WebAdapter
) -> None:
    port = web.url.split(":")[2].split("/")[0]
    async with stranger.post("/api/session", json={"token": TOKEN}) as answer:
        cookie = answer.cookies[f"echoes_{port}"]
        assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/"
        assert TOKEN not in cookie.value
    stranger.cookie_jar.clear()
    async with stranger.get("/api/session", cookies={f"echoes_{port}": "0" * 64}) as answer:
        assert answer.status == 401
    async with stranger.get("/api/session", cookies={f"echoes_{port}": TOKEN}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1;x", "a b", ""]
)
async def test_it_does_not_answer_under_a_name_of_somebody_else(client: aiohttp.ClientSession, host: str) -> None:
    async with client.get("/", headers={"Host": host}) as answer:
        assert answer.status == 403 and "does not answer under this name" in await answer.text()
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    for known in ("localhost:1", "192.168.1.5:8642", "[::1]:8642"):
        async with client.get("/api/session", headers={"Host": known}) as answer:
            assert answer.status == 204


async def test_other_sites_can_neither_post_nor_listen(client: aiohttp.ClientSession) -> None:
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        headers = {"Origin": origin}
        async with client.post("/api/messages", json={}, headers=headers) as answer:
            assert answer.status == 403 and (await answer.json())["error"] == "origin"
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await client.ws_connect("/api/stream", origin=origin)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await client.ws_connect("/api/stream")


async def test_the_browser_is_told_to_load_nothing_from_elsewhere(client: aiohttp.ClientSession) -> None:
    for path in ("/", "/api/session", "/missing"):
        async with client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
            assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Referrer-Policy"] == "no-referrer"
    async with client.get("/") as answer:
        page = await answer.text()
        assert "http" not in page.replace("http-equiv", ""), "no address of another place"


async def test_no_token_and_no_text_in_the_log(
    client: aiohttp.ClientSession, web: WebAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await say(client, "nobody may read this")
        async with stream(client) as socket:
            await socket.receive_json()
        async with client.post("/api/session", json={"token": "wrong-token"}) as answer:
            assert answer.status == 403
    assert "nobody may read this" not in caplog.text and "token" not in caplog.text


async def test_any_token_fits_into_the_link(tmp_path: Path) -> None:
    web = WebAdapter("127.0.0.1", 8642, "a#b%c/d e", lambda: PEOPLE, tmp_path)
    assert web.url == "http://127.0.0.1:8642/#token=a%23b%25c%2Fd%20e"
    assert WebAdapter("::1", 1, "t", lambda: PEOPLE, tmp_path).url == "http://[::1]:1/#token=t"
    everywhere = WebAdapter("0.0.0.0", 1, "t", lambda: PEOPLE, tmp_path).url
    assert everywhere.endswith(":1/#token=t") and "0.0.0.0" not in everywhere
