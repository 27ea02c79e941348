"""Killed at any point, the daemon answers every private message after its restart, and none twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.chat.prompt.codec import load_tokenizer
from bot.engine.embedded import ensure_embedded
from bot.message import Account
from bot.people import Contact
from tests.daemon.process import EchoesProcess, make_workspace
from tests.standins.openai import Json, ModelServer
from tests.standins.telegram import Phase, TelegramServer, User
from tests.support import picture

REQUESTS: list[tuple[str, Phase, int]] = [
    *[("getUpdates", phase, 1) for phase in ("before", "recorded", "after")],
    *[("sendChatAction", phase, 1) for phase in ("before", "after")],
    *[("getFile", phase, 1) for phase in ("before", "recorded", "after")],
    *[("sendMessage", phase, nth) for nth in (1, 2, 3) for phase in ("before", "recorded", "after")],
]
"""Method, phase, and at which such request after the message. "before": the server never got it."""
MOMENTS = [0.0, 0.01, 0.03, 0.06, 0.1, 0.15]
"""Seconds after the message, at whatever the daemon does then."""
POINTS: list[tuple[str, Phase, int] | float | str] = [*REQUESTS, *MOMENTS, "asked the model", "half a reply"]


@dataclass
class Scene:
    server: TelegramServer
    model: ModelServer
    daemon: EchoesProcess
    anna: User
    asked: list[str] = field(default_factory=list)

    async def ask_and_kill(self, number: int, point: tuple[str, Phase, int] | float | str) -> None:
        """Anna writes, the daemon dies at that point, and is started again; returns when the answer is complete."""
        killed = asyncio.Event()
        seen = 0

        def kill() -> None:
            if not killed.is_set():
                self.daemon.kill()
                killed.set()

        async def hook(method: str, params: Mapping[str, str], phase: Phase) -> None:
            nonlocal seen
            if not isinstance(point, tuple) or (method, phase) != point[:2] or killed.is_set():
                return
            seen += 1
            if seen == point[2]:
                kill()
                if phase == "before":
                    self.server.drop(method, "before")

        def say(body: Json) -> list[str]:
            if point == "asked the model":
                kill()
            return reply_to(body)

        def broken_off(body: Json) -> Iterator[str]:
            yield from reply_to(body)[:2]
            kill()
            yield from reply_to(body)[2:]

        self.model.say = say
        if point == "half a reply":
            self.model.say = broken_off
        self.server.on_request = hook
        question = f"question{number}."
        self.asked.append(question)
        self.server.user_says(self.anna, question, photo=picture())
        if isinstance(point, float):
            await asyncio.sleep(point)
            kill()
        await asyncio.wait_for(killed.wait(), 20)
        await self.daemon.ended()
        self.server.on_request = None
        self.model.say = reply_to
        await self.daemon.start()
        await self.server.wait_until(lambda: f"and also {question}" in self.server.replies(self.anna), 30)


def reply_to(body: Json) -> list[str]:
    """Three bubbles that tell which question they answer."""
    texts = [part["text"] for part in body["messages"][-1]["content"] if part["type"] == "text"]
    question = texts[-1].strip().split("\n")[-1]
    return ["re: ", question, "\n", f"so: {question}", "\n", f"and also {question}"]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    load_tokenizer(ensure_embedded())
    async with TelegramServer() as server, ModelServer() as model:
        anna = server.person("Anna")
        model.pause = 0.03
        people = (Contact("anna", "Anna", "friend", (Account("telegram", str(anna.id)),)),)
        config = {
            "model": {"server": {"url": model.url, "model": "nora"}, "lora": "none"},
            "platforms": {"telegram": {"api_url": server.base_url.removesuffix("/bot")}},
        }
        workspace = make_workspace(tmp_path / "nora", people, config)
        daemon = EchoesProcess(workspace, ECHOES_TELEGRAM_TOKEN=server.token)
        await daemon.start()
        yield Scene(server, model, daemon, anna)
        await daemon.stop()


@pytest.mark.timeout(600)
async def test_killed_at_every_point_each_message_is_answered_once(scene: Scene) -> None:
    assert len(POINTS) >= 20
    for number, point in enumerate(POINTS):
        await scene.ask_and_kill(number, point)
    await asyncio.sleep(0.5)
    replies = [text for text in scene.server.replies(scene.anna) if "I am an AI" not in text]
    expected = [f"{lead}{question}" for question in scene.asked for lead in ("re: ", "so: ", "and also ")]
    assert replies == expected
    assert len(scene.server.replies(scene.anna)) == len(expected) + 1, "one introduction in all"
    log = scene.daemon.logged()
    assert "Traceback" not in log
    assert "question" not in log, "what is said is not logged"
    assert scene.server.token not in log
