"""The stand-in is at least as strict as the real server: what it lets pass, Telegram would let pass too."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.standins.telegram import TelegramServer

Json = dict[str, Any]


class Client:
    """Talks to the server without a library that would hide mistakes."""

    def __init__(self, server: TelegramServer, session: aiohttp.ClientSession) -> None:
        self.server, self.session = server, session

    async def __call__(self, method: str, **params: object) -> Json:
        form = {key: value if isinstance(value, str) else json.dumps(value) for key, value in params.items()}
        url = f"{self.server.base_url}{self.server.token}/{method}"
        async with self.session.post(url, data=form) as response:
            answer: Json = await response.json()
        assert answer["ok"] == (response.status == 200)
        return answer

    async def ids(self, **params: object) -> list[int]:
        return [update["update_id"] for update in (await self("getUpdates", **params))["result"]]


@pytest.fixture
async def ask(server: TelegramServer) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(server, session)


async def test_updates_come_again_until_they_are_confirmed(server: TelegramServer, ask: Client) -> None:
    anna = server.person("Anna")
    for text in "abc":
        server.user_says(anna, text)
    first = await ask.ids()
    assert len(first) == 3
    assert await ask.ids(offset=first[0]) == first, "an offset confirms what is below it"
    assert await ask.ids(limit=1) == first[:1]
    assert await ask.ids(offset=first[1]) == first[1:]
    assert await ask.ids() == first[1:]
    assert await ask.ids(offset=-1) == first[2:]
    assert await ask.ids() == first[2:], "a negative offset forgets all before it"
    assert await ask.ids(offset=first[2] + 1) == []
    assert server.updates.confirmed == first[2]


async def test_a_poll_is_held_until_something_comes(server: TelegramServer, ask: Client) -> None:
    waiting = asyncio.create_task(ask.ids(timeout=10))
    await server.wait_until(lambda: len(server.calls) == 1)
    await asyncio.sleep(0.05)
    assert not waiting.done()
    server.user_says(server.person("Anna"), "hi")
    assert len(await waiting) == 1


async def test_a_second_poll_ends_the_first(server: TelegramServer, ask: Client) -> None:
    first = asyncio.create_task(ask("getUpdates", timeout=10))
    await server.wait_until(lambda: len(server.calls) == 1)
    second = asyncio.create_task(ask("getUpdates", timeout=10))
    refused = await first
    assert refused["error_code"] == 409 and "terminated by other getUpdates" in refused["description"]
    server.user_says(server.person("Anna"), "hi")
    assert (await second)["ok"]
    server.api.webhook_url = "https://bot.example"
    assert "webhook is active" in (await ask("getUpdates"))["description"]


async def test_kinds_of_updates_are_chosen(server: TelegramServer, ask: Client) -> None:
    anna = server.person("Anna")
    await ask("getUpdates", allowed_updates=["message"])
    number = server.user_says(anna, "hi")
    server.user_edits(anna, number, "hi!")
    assert len(await ask.ids()) == 1
    await ask("getUpdates", allowed_updates=[])
    server.user_edits(anna, number, "hi!!")
    assert len(await ask.ids()) == 2


@pytest.mark.parametrize(
    ("method", "params", "code", "words"),
    [
        ("sendMessage", {"chat_id": 1, "text": "hi"}, 400, "chat not found"),
        ("sendMessage", {"chat_id": "anna", "text": " \n "}, 400, "text is empty"),
        ("sendMessage", {"chat_id": "anna", "text": "😀" * 2049}, 400, "too long"),
        ("sendMessage", {"chat_id": "anna", "text": "hi", "parse_mod": "HTML"}, 400, "parse_mod"),
        ("sendMessage", {"chat_id": "anna", "text": "hi", "message_thread_id": 3}, 400, "thread not found"),
        ("sendChatAction", {"chat_id": "anna", "action": "thinking"}, 400, "action"),
        ("editMessageText", {"chat_id": "anna", "message_id": 1, "text": "x"}, 400, "message can't be edited"),
        ("editMessageText", {"chat_id": "anna", "message_id": 77, "text": "x"}, 400, "message to edit not found"),
        ("getFile", {"file_id": "x"}, 400, "wrong file_id"),
        ("sendTelepathy", {}, 404, "Not Found"),
    ],
)
async def test_what_is_refused(
    server: TelegramServer, ask: Client, method: str, params: Json, code: int, words: str
) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "hi")
    if params.get("chat_id") == "anna":
        params = {**params, "chat_id": anna.id}
    answer = await ask(method, **params)
    assert answer["error_code"] == code and words in answer["description"]
    assert not server.sent


async def test_text_that_is_not_utf8_and_wrong_tokens(server: TelegramServer, ask: Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{server.base_url}{server.token}/sendMessage"
    async with ask.session.post(url, data=b"chat_id=1&text=%ff", headers=headers) as response:
        assert response.status == 400
    for token, status in {"123:wrong": 401, "nonsense": 404}.items():
        async with ask.session.get(f"{server.base_url}{token}/getMe") as response:
            assert response.status == status
            assert not (await response.json())["ok"]


async def test_an_edit_tells_our_own_message_with_that_text(server: TelegramServer, ask: Client) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "hi")
    sent = (await ask("sendMessage", chat_id=anna.id, text="hey"))["result"]
    assert sent["from"]["is_bot"] and sent["date"] < 10**11, "seconds, not milliseconds"
    place = {"chat_id": anna.id, "message_id": sent["message_id"]}
    assert "message is not modified" in (await ask("editMessageText", **place, text="hey"))["description"]
    assert (await ask("editMessageText", **place, text="hey!"))["result"]["text"] == "hey!"
    assert server.replies(anna) == ["hey!"] and [one.text for one in server.sent] == ["hey"]


async def test_ids_are_given_as_telegram_gives_them(server: TelegramServer) -> None:
    anna, ben = server.person("Anna"), server.person("Ben")
    group = server.group("Climbing", anna, ben)
    assert [server.user_says(anna), server.user_says(ben), server.user_says(anna)] == [1, 2, 3]
    assert [server.user_says(anna, "a", chat=group), server.user_says(ben, "b", chat=group)] == [1, 2]
    assert str(group.id).startswith("-100")
    with pytest.raises(ValueError, match="not in"):
        server.user_says(server.person("Cem"), "hi", chat=group)


async def test_hooks_see_every_phase_and_faults_their_place(server: TelegramServer, ask: Client) -> None:
    seen: list[tuple[str, str, int]] = []

    async def watch(method: str, params: Mapping[str, str], phase: str) -> None:
        seen.append((method, phase, len(server.sent)))

    anna = server.person("Anna")
    server.user_says(anna, "hi")
    server.on_request = watch
    await ask("sendMessage", chat_id=anna.id, text="hey")
    assert seen == [("sendMessage", "before", 0), ("sendMessage", "recorded", 1), ("sendMessage", "after", 1)]

    server.drop("sendMessage", "before")
    with pytest.raises(aiohttp.ClientError):
        await ask("sendMessage", chat_id=anna.id, text="lost")
    server.drop("sendMessage", "recorded")
    with pytest.raises(aiohttp.ClientError):
        await ask("sendMessage", chat_id=anna.id, text="there")
    server.fail("*", retry_after=3)
    assert (await ask("getMe"))["parameters"] == {"retry_after": 3}
    server.stall("sendMessage", 0.1)
    late = asyncio.create_task(ask("sendMessage", chat_id=anna.id, text="late"))
    assert [one.text for one in await server.wait_for_reply(anna, 3)] == ["hey", "there", "late"]
    assert not late.done()
    await late


async def test_from_a_terminal() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.standins.telegram", cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin and process.stdout
    told = dict([(await process.stdout.readline()).decode().strip().split(": ", 1) for _ in range(3)])
    process.stdin.write(b"hello there\n")
    await process.stdin.drain()
    async with aiohttp.ClientSession() as session:
        url = f"{told['base_url']}{told['token']}"
        async with session.post(f"{url}/getUpdates", data={"timeout": "10"}) as response:
            [update] = (await response.json())["result"]
        assert update["message"]["text"] == "hello there"
        form = {"chat_id": str(update["message"]["chat"]["id"]), "text": "hi"}
        async with session.post(f"{url}/sendMessage", data=form) as response:
            assert response.status == 200
    assert await process.stdout.readline() == b"< hi\n"
    process.stdin.close()
    assert await process.wait() == 0
